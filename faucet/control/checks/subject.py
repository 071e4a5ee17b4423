"""What a check looks at, and ways to walk it. Pure."""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET

from faucet.control.texts import Text
from faucet.diagnostics import Address
from faucet.model.facts import Facts
from faucet.model.filters.grammar import FilterError, parse_filter
from faucet.model.filters.predicate import Predicate
from faucet.model.manifest.scalars import VERBS
from faucet.model.manifest.sections import Grant, Manifest

ALL_ROWS = "all"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """
    A manifest under review.

    *texts* are all of its texts; *now* is in seconds since 1970, None where no clock is asked.
    """

    manifest: Manifest
    texts: tuple[Text, ...]
    facts: Facts
    now: float | None


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A grant and where it stands."""

    role: str
    grant: Grant
    address: Address

    @property
    def verbs(self) -> frozenset[str]:
        """The verbs on tables, `*` spelled out."""
        verbs = self.grant.verbs or ()
        return frozenset(VERBS if "*" in verbs else verbs)

    @property
    def patterns(self) -> tuple[str, ...]:
        """The table patterns that add, not those that take away."""
        return tuple(p for p in self.grant.tables or () if not p.startswith("!"))

    @property
    def filtered(self) -> bool:
        """Whether the grant has a row filter that is not `all`."""
        return self.grant.rows is not UNSET and self.grant.rows.strip() != ALL_ROWS


def grants(manifest: Manifest) -> Iterator[Placed]:
    """Yield every grant of every role."""
    for name, role in manifest.roles.items():
        for index, grant in enumerate(role.grants):
            yield Placed(role=name, grant=grant, address=("roles", name, "grants", index))


def lineage(manifest: Manifest, role: str) -> tuple[str, ...]:
    """Return *role* and its ancestors, the nearer first; unknown roles and cycles end quietly."""
    found: dict[str, None] = {}
    waiting = [role]
    while waiting:
        name = waiting.pop(0)
        if name not in found and name in manifest.roles:
            found[name] = None
            waiting.extend(manifest.roles[name].extends or ())
    return tuple(found)


def rules(placed: Placed) -> Iterator[tuple[str, str]]:
    """Yield the key and text of the rules of a grant, `all` left out."""
    for key, text in (("rows", placed.grant.rows), ("check", placed.grant.check)):
        if text is not UNSET and text.strip() != ALL_ROWS:
            yield key, text


def read_rule(text: str) -> Predicate | None:
    """Return the predicate of a rule, None where there is none or it cannot be read."""
    try:
        return parse_filter(text, policy=True)
    except FilterError:
        return None
