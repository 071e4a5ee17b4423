"""Whether two grants speak of the same table, as far as their patterns show. Pure."""

from fnmatch import fnmatchcase

from faucet.control.checks.subject import Placed

_GLOB = frozenset("*?[")


def shared_table(first: Placed, second: Placed) -> str | None:
    """Return a pattern that stands in both grants, or a name in one that the other takes."""
    if first.grant.service != second.grant.service:
        return None
    for pattern in first.patterns:
        if pattern in second.patterns or (_is_name(pattern) and _takes(second, pattern)):
            return pattern
    return next((p for p in second.patterns if _is_name(p) and _takes(first, p)), None)


def _is_name(pattern: str) -> bool:
    return not _GLOB.intersection(pattern)


def _takes(placed: Placed, name: str) -> bool:
    removed = (p[1:] for p in placed.grant.tables or () if p.startswith("!"))
    return any(fnmatchcase(name, p) for p in placed.patterns) and not any(
        fnmatchcase(name, p) for p in removed
    )
