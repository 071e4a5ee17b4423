"""Percent-encoded text, decoded once and strictly. Pure."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def is_plain(text: str) -> bool:
    """Return whether decoding *text* would change nothing."""
    return "%" not in text and "\0" not in text and text.isascii()


def decode(text: str, *, form: bool = False) -> str:
    """
    Return *text* with its escapes decoded as UTF-8; with *form* a `+` is a space.

    *text* contains the bytes of the request one by one (latin-1), so unescaped UTF-8 is also
    decoded. Raises ValueError, whose message may be shown to the caller, for a bad `%`, bad UTF-8
    and a NUL.
    """
    if is_plain(text):
        return text.replace("+", " ") if form else text
    if bad := _BAD_PERCENT.search(text):
        raise ValueError(f'"%" is not followed by two hex digits at position {bad.start()}')
    if form:
        text = text.replace("+", " ")
    try:
        decoded = unquote_to_bytes(text.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise ValueError("it is not UTF-8") from None
    if "\0" in decoded:
        raise ValueError("it contains a NUL")
    return decoded
