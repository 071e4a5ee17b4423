"""Which grants of its ancestors a role still uses, as far as their patterns show. Pure."""

from collections.abc import Iterable, Iterator

from faucet.control.checks.subject import Placed
from faucet.model.manifest.patterns import covers, is_glob


def in_force(lineage: tuple[str, ...], placed: Iterable[Placed]) -> Iterator[Placed]:
    """
    Yield those of *placed* that decide something for the first role of *lineage*, nearer first.

    A grant whose every table and verb a nearer role grants itself decides nothing.
    """
    by_role: dict[str, list[Placed]] = {role: [] for role in lineage}
    for one in placed:
        if one.role in by_role:
            by_role[one.role].append(one)
    nearer = _Taken()
    for found in by_role.values():
        yield from (one for one in found if not nearer.all_of(one))
        for one in found:
            nearer.add(one)


class _Taken:
    """What the roles so far grant; names apart from globs, since there may be thousands."""

    def __init__(self) -> None:
        self._names: set[tuple[object, str, str]] = set()
        self._globs: dict[tuple[object, str], list[tuple[str, ...]]] = {}

    def add(self, placed: Placed) -> None:
        tables = placed.grant.tables or ()
        for verb in placed.verbs:
            if any(map(is_glob, tables)) or len(placed.patterns) < len(tables):
                self._globs.setdefault((placed.grant.service, verb), []).append(tables)
            else:
                self._names.update((placed.grant.service, verb, name) for name in tables)

    def all_of(self, placed: Placed) -> bool:
        """Return whether a nearer role grants whatever *placed* does; what may remain counts."""
        pairs = [(verb, pattern) for verb in placed.verbs for pattern in placed.patterns]
        return bool(pairs) and all(self._has(placed, *pair) for pair in pairs)

    def _has(self, placed: Placed, verb: str, pattern: str) -> bool:
        service = placed.grant.service
        if (service, verb, pattern) in self._names:
            return True
        return any(
            covers(tables, pattern)
            for tables in self._globs.get((service, verb), ())
            # What a `!` takes out of a glob is left to the farther grant.
            if not is_glob(pattern) or not any(table.startswith("!") for table in tables)
        )
