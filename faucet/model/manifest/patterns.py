"""Which names the patterns of a grant cover: names, globs, and `!` in front to take away. Pure."""

import fnmatch
import re
from collections.abc import Callable
from functools import lru_cache


def is_glob(pattern: str) -> bool:
    """Return whether *pattern* (without its ``!``) holds a wildcard: ``*``, ``?`` or ``[``."""
    return any(mark in pattern for mark in "*?[")


def matches(pattern: str, name: str) -> bool:
    """Return whether *pattern* (without its ``!``) is, or as a glob fits, *name*."""
    return pattern == name or (is_glob(pattern) and _matcher(pattern)(name) is not None)


def any_matches(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether one of *patterns*, to none of which ``!`` is special, matches *name*."""
    return _selector(patterns)(name)


def covers(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether *patterns* name *name* and take it not away again, in whatever order."""
    return any_matches(_named(patterns), name) and not removes(patterns, name)


def removes(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether a ``!`` of *patterns* takes *name* away."""
    return any_matches(_removed(patterns), name)


def covered(patterns: tuple[tuple[str, ...], ...], name: str) -> bool:
    """Return whether one of several grants' *patterns* covers *name*, which need not exist."""
    return any(covers(of_one, name) for of_one in patterns)


@lru_cache(maxsize=4096)
def _named(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern for pattern in patterns if not pattern.startswith("!"))


@lru_cache(maxsize=4096)
def _removed(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern[1:] for pattern in patterns if pattern.startswith("!"))


@lru_cache(maxsize=4096)
def _selector(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Return the test of a name against any of *patterns*, none of which has a ``!``."""
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
