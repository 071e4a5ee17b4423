"""The verdicts of checks, without a database, against those of the compile stage."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.control.load import SourceText
from faucet.control.pipeline import check_manifest
from faucet.diagnostics import Diagnostic
from faucet.model.catalog import Catalog
from faucet.model.filters.condition import Claim, Comparison
from faucet.model.surface import Surface
from faucet.standard import standard_registry
from tests.databases import key_of
from tests.factories import catalog, compiled, grant, relation, settings

_FACTS = standard_registry().facts()
_NAMES = ("r0", "r1", "r2", "r3")
_PATTERNS = ("*", "a*", "ab*", "a", "ab", "b", "b*", "a?", "[ab]c", "!a", "!ab*")
_EXAMPLES = hypothesis.settings(max_examples=50)
_RULES = (None, None, "all", "own")

Roles = Mapping[str, Any]


@st.composite
def _grants(draw: st.DrawFn, place: str) -> dict[str, Any]:
    patterns = draw(
        st.lists(st.sampled_from(_PATTERNS), min_size=1, max_size=2, unique=True).filter(
            lambda found: any(not pattern.startswith("!") for pattern in found)
        )
    )
    verbs = draw(st.lists(st.sampled_from(("GET", "POST", "PATCH")), min_size=1, unique=True))
    rules = {"rows": draw(st.sampled_from(_RULES))}
    if verbs != ["GET"]:
        rules["check"] = draw(st.sampled_from((None, "own")))
    written = {
        key: f"n = {{claims.{place}_{key}}}" if rule == "own" else rule
        for key, rule in rules.items()
        if rule is not None
    }
    return grant(" ".join(patterns), " ".join(verbs), **written)


@st.composite
def _roles(draw: st.DrawFn) -> Roles:
    """Roles whose parents come later in the list, so that there is no circle."""
    roles: dict[str, Any] = {}
    for place, name in enumerate(_NAMES):
        count = draw(st.integers(0, 2))
        roles[name] = {"grants": [draw(_grants(f"{name}_{index}")) for index in range(count)]}
        later = _NAMES[place + 1 :]
        if later and (parents := draw(st.lists(st.sampled_from(later), max_size=2, unique=True))):
            roles[name]["extends"] = parents
    return roles


def _catalog(roles: Roles) -> Catalog:
    """Return a table for each name in the grants, and one more that each glob matches."""
    written = {
        pattern.removeprefix("!")
        for role in roles.values()
        for each in role["grants"]
        for pattern in each["tables"]
    }
    names = (
        pattern.replace("[ab]", "a").replace("?", "\ue000").replace("*", "\ue000" * 32)
        for pattern in sorted(written)
    )
    return catalog(*(relation(name, "id int pk", "n int") for name in dict.fromkeys(names)))


def _offline(roles: Roles) -> tuple[Diagnostic, ...]:
    manifest = {
        "version": 1,
        "services": {"shop": {"driver": "sqlite", "dsn": "shop.db"}},
        "roles": roles,
        "keys": {name: key_of(name) for name in roles},
    }
    source = SourceText(name="faucet.yaml", text=json.dumps(manifest))
    return check_manifest((source,), _FACTS, None).diagnostics


def _needed(surface: Surface, role: str) -> Iterator[str]:
    for service in surface.roles[role].services.values():
        for resource in service.resources.values():
            for permission in resource.grants.values():
                for rule in (permission.row_filter, permission.row_check):
                    if isinstance(rule, Comparison) and isinstance(rule.operand, Claim):
                        yield rule.operand.name


def _lineage(roles: Roles, name: str) -> Roles:
    """Return the roles that *name* is made of."""
    parents = roles[name].get("extends", ())
    own = {name: roles[name]}
    for parent in parents:
        own |= _lineage(roles, parent)
    return own


@pytest.mark.promise("sec-04")
@_EXAMPLES
@given(_roles())
def test_the_checks_ask_for_rows_only_where_the_compile_stage_does(roles: Roles):
    offline = {found.address for found in _offline(roles) if found.code == "FCT1213"}

    _, diagnostics = compiled(settings(roles), _catalog(roles))

    assert offline <= {found.address for found in diagnostics if found.code == "FCT1515"}


@pytest.mark.promise("sec-04")
@_EXAMPLES
@given(_roles())
def test_the_checks_ask_for_rows_wherever_the_names_in_a_roles_grants_show_it(roles: Roles):
    offline = {found.address for found in _offline(roles) if found.code == "FCT1213"}

    for name in roles:
        _, diagnostics = compiled(settings(roles), _catalog(_lineage(roles, name)))
        assert offline >= {
            found.address
            for found in diagnostics
            if found.code == "FCT1515" and found.message.startswith(f'role "{name}"')
        }


@_EXAMPLES
@given(_roles())
def test_the_checks_miss_exactly_the_claims_that_the_compiled_rules_need(roles: Roles):
    missing: dict[str, set[str]] = {name: set() for name in roles}
    for found in _offline(roles):
        if found.code == "FCT1219" and found.address[0] == "keys":
            missing[str(found.address[1])].add(found.message.split('"')[3])

    for name in roles:
        surface, _ = compiled(settings(roles), _catalog(_lineage(roles, name)))
        if surface is not None:
            assert missing[name] == set(_needed(surface, name))
