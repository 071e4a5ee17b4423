"""The headers of a request: looked up by name, kept in order."""

from collections.abc import Iterable, Iterator


class Headers:
    """
    Header fields as received: lower-case names, values in order, duplicates kept. Immutable.

    Built once per request, so that no stage searches the pairs.
    """

    __slots__ = ("_first", "_pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple(pairs)
        # A dict keeps the last of several pairs with one name, so the pairs are inserted in
        # reverse.
        self._first = dict(reversed(self._pairs))

    def get(self, name: str) -> str | None:
        """Return the first value of *name*, or None."""
        return self._first.get(name)

    def get_all(self, name: str) -> tuple[str, ...]:
        """Return every value of *name*, in order."""
        if name not in self._first:
            return ()
        if len(self._first) == len(self._pairs):
            return (self._first[name],)
        return tuple(value for known, value in self._pairs if known == name)

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._pairs == other._pairs

    def __hash__(self) -> int:
        return hash(self._pairs)
