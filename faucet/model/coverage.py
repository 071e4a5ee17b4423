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


def covers(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether *patterns* name *name* and take it not away again, in whatever order."""
    named = any(matches(pattern, name) for pattern in patterns if not pattern.startswith("!"))
    return named and not removes(patterns, name)


def removes(patterns: tuple[str, ...], name: str) -> bool:
    """Return whether a ``!`` of *patterns* takes *name* away."""
    return any(matches(pattern[1:], name) for pattern in patterns if pattern.startswith("!"))


def covered(patterns: tuple[tuple[str, ...], ...], name: str) -> bool:
    """Return whether one of several grants' *patterns* covers *name*, which need not exist."""
    return any(covers(of_one, name) for of_one in patterns)


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(fnmatch.translate(pattern)).match
