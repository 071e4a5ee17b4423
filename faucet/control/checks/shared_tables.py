"""Which grants speak of the same table, as far as their patterns show. Pure."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from faucet.control.checks.subject import Placed

_GLOB = frozenset("*?[")


class TableIndex:
    """
    Grants by the tables they name.

    A manifest may have a thousand grants in each of its roles: not every one is held against every
    other.
    """

    def __init__(self, grants: Sequence[Placed]) -> None:
        self._grants = grants
        self._by_pattern: dict[str, list[int]] = {}
        for position, placed in enumerate(grants):
            for pattern in placed.patterns:
                self._by_pattern.setdefault(pattern, []).append(position)
        self._names = tuple(filter(_is_name, self._by_pattern))
        self._globs = tuple(pattern for pattern in self._by_pattern if not _is_name(pattern))

    def beside(self, placed: Placed) -> Iterator[tuple[int, Placed, str]]:
        """Yield the grants that share a table with *placed*: position, grant, and the pattern."""
        near: dict[int, None] = {}
        for pattern in placed.patterns:
            met = [pattern]
            if _is_name(pattern):
                met += [glob for glob in self._globs if fnmatchcase(pattern, glob)]
            else:
                met += [name for name in self._names if fnmatchcase(name, pattern)]
            near.update(dict.fromkeys(p for one in met for p in self._by_pattern.get(one, ())))
        for position in sorted(near):
            other = self._grants[position]
            table = _shared(placed, other) if other is not placed else None
            if table is not None:
                yield position, other, table


def _shared(first: Placed, second: Placed) -> str | None:
    """A pattern that stands in both grants, or a name in one that the other takes."""
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
