"""Which names patterns cover, and how closely: names, globs, and `!` to exclude. Pure."""

import fnmatch
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

Rank = tuple[int, int]
"""How closely a pattern names a table: exact, then literal prefix by length, then ``*``."""

EXACT: Final[Rank] = (2, 0)
_STAR: Final[Rank] = (0, 0)
_WILDCARD: Final = re.compile(r"\*|\?|\[!?[^\]]+\]")
_FILLER: Final = "\ue000"


def is_glob(pattern: str) -> bool:
    """Return whether *pattern* (without its ``!``) contains a wildcard: ``*``, ``?`` or ``[``."""
    return any(mark in pattern for mark in "*?[")


def matches(pattern: str, name: str) -> bool:
    """Return whether *pattern* (without its ``!``) equals *name* or matches it as a glob."""
    return pattern == name or (is_glob(pattern) and _matcher(pattern)(name) is not None)


def any_matches(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether one of *patterns*, none of which may start with ``!``, matches *name*."""
    return _selector(patterns)(name)


def covers(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether *patterns* include *name* and do not exclude it, in any order."""
    return any_matches(_named(patterns), name) and not removes(patterns, name)


def removes(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether a ``!`` pattern of *patterns* excludes *name*."""
    return any_matches(_removed(patterns), name)


def closest(patterns: tuple[str, ...], name: str, *, exact_only: bool = False) -> Rank | None:
    """Return the rank of the closest of *patterns* that covers *name*, or None."""
    ranks = [
        rank
        for pattern in _named(patterns)
        if (rank := _rank(pattern, name, exact_only=exact_only)) is not None
    ]
    return max(ranks) if ranks and not removes(patterns, name) else None


def _rank(pattern: str, name: str, *, exact_only: bool) -> Rank | None:
    if pattern == "*":
        return None if exact_only else _STAR
    if pattern == name:
        return EXACT
    if exact_only or not matches(pattern, name):
        return None
    return (1, min(pattern.find(mark) for mark in "*?[" if mark in pattern))


def ranked(patterns: tuple[str, ...], exact_only: Mapping[str, bool]) -> Mapping[str, Rank]:
    """Return the ranks of the names that *patterns* cover; *exact_only* names need an exact one."""
    if patterns == ("*",):
        return {name: _STAR for name, exact in exact_only.items() if not exact}
    if not any(map(is_glob, named := frozenset(_named(patterns)))):
        names = named.intersection(exact_only)
        ordered = names if len(names) < 2 else filter(names.__contains__, exact_only)  # noqa: PLR2004
        return {name: EXACT for name in ordered if not removes(patterns, name)}
    found: dict[str, Rank] = {}
    for name, exact in exact_only.items():
        rank = closest(patterns, name, exact_only=exact)
        if rank is not None:
            found[name] = rank
    return found


def example(pattern: str) -> str:
    """Return *pattern* if it is a name, else an unlikely name that it matches."""
    return _WILDCARD.sub(_filling, pattern) if is_glob(pattern) else pattern


def _filling(found: re.Match[str]) -> str:
    if found[0] == "*":
        return _FILLER * 32
    return _FILLER if found[0] == "?" or found[0][1] == "!" else found[0][1]


def covered(patterns: tuple[tuple[str, ...], ...], name: str) -> bool:
    """Return whether the *patterns* of any of several grants cover *name*, which need not exist."""
    return any(covers(of_one, name) for of_one in patterns)


@lru_cache(maxsize=4096)
def _named(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern for pattern in patterns if not pattern.startswith("!"))


@lru_cache(maxsize=4096)
def _removed(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern[1:] for pattern in patterns if pattern.startswith("!"))


@lru_cache(maxsize=4096)
def _selector(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Return a function that tests a name against *patterns*, none of which has a ``!``."""
    names = frozenset(patterns)
    globs = tuple(_matcher(pattern) for pattern in patterns if is_glob(pattern))
    if "*" in names:
        return lambda _name: True
    if not globs:
        return names.__contains__
    return lambda name: name in names or any(glob(name) is not None for glob in globs)


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(fnmatch.translate(pattern)).match
