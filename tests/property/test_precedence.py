"""Random role graphs against a short reference of security rule 13."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.model.surface import Verb
from tests.factories import catalog, compiled, grant, relation, settings

_TABLES = ("a", "ab", "abc", "b", "ba")
_CATALOG = catalog(*(relation(name, "id int pk") for name in _TABLES))
_PATTERNS = ("*", "a*", "ab*", "a", "ab", "b", "b*", "?", "*a", "!a", "!ab*")
_NAMES = ("r0", "r1", "r2", "r3", "r4")

_grants = st.lists(
    st.builds(
        lambda patterns, verbs: (tuple(patterns), tuple(verbs)),
        st.lists(st.sampled_from(_PATTERNS), min_size=1, max_size=2, unique=True).filter(
            lambda patterns: any(not pattern.startswith("!") for pattern in patterns)
        ),
        st.lists(st.sampled_from(["GET", "POST"]), min_size=1, max_size=2, unique=True),
    ),
    max_size=2,
)


@st.composite
def _graphs(draw):
    """Roles whose parents come later in the list, so that there is no circle."""
    return {
        name: (
            draw(st.lists(st.sampled_from(_NAMES[place + 1 :]), max_size=2, unique=True))
            if place + 1 < len(_NAMES)
            else [],
            draw(_grants),
        )
        for place, name in enumerate(_NAMES)
    }


def _closeness(patterns, table):
    if any(p[0] == "!" and fnmatchcase(table, p[1:]) for p in patterns):
        return None
    fits = [p for p in patterns if p[0] != "!" and fnmatchcase(table, p)]
    ranks = [
        (2, 0) if p == table else (0, 0) if p == "*" else (1, len(p.split("*")[0].split("?")[0]))
        for p in fits
    ]
    return max(ranks, default=None)


def _reference(roles, name, verb, table):
    """The one deciding grant, None, or "tie"."""
    level, seen = [name], {name}
    while level:
        best = []
        for role in level:
            ranked = [
                (rank, (role, index))
                for index, (patterns, verbs) in enumerate(roles[role][1])
                if verb in verbs and (rank := _closeness(patterns, table)) is not None
            ]
            best += [place for rank, place in ranked if rank == max(ranked)[0]]
        if best:
            return best[0] if len(best) == 1 else "tie"
        parents = dict.fromkeys(parent for role in level for parent in roles[role][0])
        level = [parent for parent in parents if parent not in seen]
        seen.update(level)
    return None


@pytest.mark.promise("sec-13")
@given(_graphs())
def test_one_grant_decides_as_the_reference_says_and_ties_are_errors(roles):
    written = {
        name: {
            **({"extends": parents} if parents else {}),
            "grants": [grant(" ".join(patterns), " ".join(verbs)) for patterns, verbs in grants],
        }
        for name, (parents, grants) in roles.items()
    }
    expected = {
        (name, verb, table): _reference(roles, name, verb, table)
        for name in roles
        for verb in ("GET", "POST")
        for table in _TABLES
    }

    surface, diagnostics = compiled(settings(written), _CATALOG)

    tied = {name for (name, _, _), decided in expected.items() if decided == "tie"}
    faults = {each for each in diagnostics if each.code == "FCT1504"}
    assert {each.address[1] for each in faults} <= tied
    assert bool(faults) is bool(tied)
    if surface is not None:
        for (name, verb, table), decided in expected.items():
            view = surface.roles[name].services.get("shop")
            resource = view.resources.get(table) if view else None
            found = resource.grants.get(Verb(verb)) if resource else None
            assert (found and (found.address[1], found.address[3])) == decided
