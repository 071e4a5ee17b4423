"""Laws of percent-encoding."""

import string
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.request.percent import decode

_GOOD = (
    "a",
    "=",
    "==",
    "=3D",
    "=\n",
    "\r\n",
    "\t",
    " ",
    "_",
    "%3D",
    "%3d%41",
    "%25",
    "%C3%A9",
    "%0A",
)
_HEX = {*string.hexdigits}
_BAD = ("%C3", "\xc3", "\xa9", "%00", "\0", "%", "%4", "%g1", "%=41", "%\n")
_PIECES = st.sampled_from((*_GOOD, *_BAD))


def _plainly(text: str) -> str:
    """Decode *text* as Python's library does, once it is known to have no bad escape."""
    for position, character in enumerate(text):
        digits = text[position + 1 : position + 3]
        if character == "%" and (len(digits) < 2 or not set(digits) <= _HEX):
            raise ValueError(text)
    decoded = unquote_to_bytes(text.encode("latin-1")).decode()
    if "\0" in decoded:
        raise ValueError(decoded)
    return decoded


@given(pieces=st.lists(_PIECES, max_size=8))
def test_escapes_mean_what_they_mean_to_others(pieces: list[str]):
    text = "".join(pieces)

    try:
        expected = _plainly(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"%|UTF-8|NUL"):
            decode(text)
    else:
        assert decode(text) == expected
