"""The input of checks, and ways to walk it. Pure."""

from collections.abc import Iterator, Mapping

import msgspec

from faucet.control.precedence import Decisions, RankedGrant, closest_grants, decide
from faucet.control.texts import Text
from faucet.diagnostics import Address
from faucet.model.facts import Facts
from faucet.model.manifest.patterns import example, ranked
from faucet.model.manifest.sections import Grant, Manifest
from faucet.model.settings import GrantSettings, Levels, RoleSettings, Verb

Roles = Mapping[str, RoleSettings]


class NamedTables(msgspec.Struct, frozen=True, kw_only=True):
    """
    One service as the grants that a role has or inherits name it, and the grants that decide.

    There is a table for each name in the *grants*, and an example of each glob; *patterns* are
    these tables as the manifest spells them.
    """

    patterns: Mapping[str, str]
    grants: tuple[RankedGrant, ...]
    decided: Mapping[Verb, Decisions[RankedGrant]]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """
    A manifest to be checked.

    *roles* are its roles as resolved, *texts* all of its texts; *now* is in seconds since 1970,
    None where no clock is used.
    """

    manifest: Manifest
    roles: Roles
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

    def named_tables(self, role: str) -> Iterator[NamedTables]:
        """Yield what decides for *role*, by service, as far as the names in its grants show."""
        by_service: dict[str, list[GrantSettings]] = {}
        for name in self.lineage(role):
            for grant in self.roles[name].grants:
                by_service.setdefault(grant.service, []).append(grant)
        for grants in by_service.values():
            yield _named_tables(self.roles[role].levels, grants)

    def filters(self, role: str) -> bool:
        """Return whether a grant that *role* has or inherits has a row filter."""
        roles = (self.roles[name] for name in self.lineage(role))
        return any(grant.filtered for each in roles for grant in each.grants)


def _named_tables(levels: Levels, grants: list[GrantSettings]) -> NamedTables:
    written = (pattern.removeprefix("!") for grant in grants for pattern in grant.tables)
    patterns = {example(pattern): pattern for pattern in written}
    tables = dict.fromkeys(patterns, False)
    found = tuple(
        RankedGrant(settings=grant, ranks=ranked(grant.tables, tables)) for grant in grants
    )
    decided = decide(levels, closest_grants(found))
    return NamedTables(patterns=patterns, grants=found, decided=decided)


def written_grants(manifest: Manifest) -> Iterator[tuple[Grant, Address]]:
    """Yield every grant as written, and its place."""
    for name, role in manifest.roles.items():
        for index, grant in enumerate(role.grants):
            yield grant, ("roles", name, "grants", index)
