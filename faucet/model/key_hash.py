"""Hashes of API keys. Pure."""

import re
from typing import Final

_HASH: Final = re.compile(r"sha256:([0-9a-fA-F]{64})").fullmatch


def read_hash(text: str) -> str | None:
    """Return the lower-case hex digest of `sha256:` and 64 hexadecimal digits, or None."""
    found = _HASH(text)
    return found[1].lower() if found else None
