"""What a check looks at, and ways to walk it. Pure."""

from collections.abc import Iterator, Mapping

import msgspec

from faucet.control.precedence import Closest, Decisions, RankedGrant, closest_grants, decide
from faucet.control.texts import Text
from faucet.diagnostics import Address
from faucet.model.facts import Facts
from faucet.model.manifest.patterns import example, ranked
from faucet.model.manifest.sections import Grant, Manifest
from faucet.model.settings import GrantSettings, RoleSettings, Verb

Roles = Mapping[str, RoleSettings]


class NamedTables(msgspec.Struct, frozen=True, kw_only=True):
    """
    One service as its grants name it: a table for each name in them, and an example of each glob.

    *patterns* are the tables as the manifest spells them.
    """

    patterns: Mapping[str, str]
    grants: tuple[RankedGrant, ...]
    closest: Closest[RankedGrant]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """
    A manifest under review.

    *roles* are its roles as resolved, *named* the tables that grants name, by service, *texts* all
    of its texts; *now* is in seconds since 1970, None where no clock is asked.
    """

    manifest: Manifest
    roles: Roles
    named: Mapping[str, NamedTables]
    texts: tuple[Text, ...]
    facts: Facts
    now: float | None

    @property
    def grants(self) -> Iterator[GrantSettings]:
        """Every grant of every role."""
        return (grant for role in self.roles.values() for grant in role.grants)

    def lineage(self, role: str) -> tuple[str, ...]:
        """Return *role* and its ancestors, the nearer first; nothing for an unknown one."""
        return self.roles[role].lineage if role in self.roles else ()

    def decisions(
        self, role: str
    ) -> Iterator[tuple[NamedTables, Mapping[Verb, Decisions[RankedGrant]]]]:
        """Yield what decides for *role* on each service, as far as the names in grants show."""
        for named in self.named.values():
            yield named, decide(self.roles[role].levels, named.closest)

    def filters(self, role: str) -> bool:
        """Return whether a grant that *role* has or inherits has a row filter."""
        roles = (self.roles[name] for name in self.lineage(role))
        return any(grant.filtered for each in roles for grant in each.grants)


def named_tables(roles: Roles) -> Mapping[str, NamedTables]:
    """Return the tables that the grants of *roles* name, by service."""
    by_service: dict[str, list[GrantSettings]] = {}
    for role in roles.values():
        for grant in role.grants:
            by_service.setdefault(grant.service, []).append(grant)
    return {service: _named(grants) for service, grants in by_service.items()}


def _named(grants: list[GrantSettings]) -> NamedTables:
    written = (pattern.removeprefix("!") for grant in grants for pattern in grant.tables)
    patterns = {example(pattern): pattern for pattern in written}
    tables = dict.fromkeys(patterns, False)
    ranks = tuple(
        RankedGrant(settings=grant, ranks=ranked(grant.tables, tables)) for grant in grants
    )
    return NamedTables(patterns=patterns, grants=ranks, closest=closest_grants(ranks))


def written_grants(manifest: Manifest) -> Iterator[tuple[Grant, Address]]:
    """Yield every grant as written, and its place."""
    for name, role in manifest.roles.items():
        for index, grant in enumerate(role.grants):
            yield grant, ("roles", name, "grants", index)
