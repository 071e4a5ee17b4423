"""The rules for names, and similar names for hints."""

import difflib
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

# Names of services, roles and keys appear in URLs, logs and headers; the database names tables and
# columns.
NAME_PATTERN: Final = r"^[a-z][a-z0-9_-]{0,62}$"
ALIAS_PATTERN: Final = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
RESERVED_NAMES: Final = frozenset({"system", "setup"})


class ClosedSet(StrEnum):
    """
    A closed set of strings, whose members hash as the strings that they are.

    `Enum` hashes in Python, which every lookup by a member pays for.
    """

    __hash__ = str.__hash__


is_name = re.compile(NAME_PATTERN).fullmatch
is_alias = re.compile(ALIAS_PATTERN).fullmatch

_is_header = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+").fullmatch
_TAKEN_HEADERS: Final = frozenset(
    {"accept", "authorization", "connection", "content-length", "content-type", "cookie", "host"}
    | {"origin", "transfer-encoding", "x-forwarded-for"}
)


def is_key_header(name: str) -> bool:
    """Return whether *name* can be the header of API keys: a token without another meaning."""
    return _is_header(name) is not None and name.lower() not in _TAKEN_HEADERS


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that the author of *name* most likely meant, or None."""
    # The ratio is quadratic in the length of the caller's input.
    if len(name) > 256:  # noqa: PLR2004
        return None
    folded = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return ``did you mean "x"?`` for the nearest candidate, or an empty string."""
    found = nearest(name, candidates)
    return f'did you mean "{found}"?' if found else ""
