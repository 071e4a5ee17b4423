"""Comma lists of parameters: their items, with quotes and parentheses respected. Pure."""

import re
from typing import Final

from faucet.errors import INVALID_PARAMETER
from faucet.model.tokens import FilterError

# A quote opens only where an item can begin, so that a bare O'Brien is a key like any other.
_PIECE: Final = re.compile(
    r"""
      (?P<quoted>(?<![\w"'])(?:"[^"]*+(?:""[^"]*+)*+"|'[^']*+(?:''[^']*+)*+'))
    | (?P<open>\()
    | (?P<close>\))
    | (?P<comma>,)
    | (?P<unclosed>(?<![\w"'])["'])
    | (?P<other>[^"'(),]++|["'])
    """,
    re.VERBOSE,
)


def split_list(text: str) -> tuple[str, ...]:
    """
    Return the items of a comma list, stripped and as written; blank ones are left out.

    A comma in quotes or parentheses parts nothing. Raises `FilterError` INVALID_PARAMETER where a
    quote or a parenthesis has no partner.
    """
    items: list[str] = []
    start = 0
    opened: list[int] = []
    for piece in _PIECE.finditer(text):
        match piece.lastgroup:
            case "open":
                opened.append(piece.start())
            case "close" if not opened:
                raise FilterError(INVALID_PARAMETER, "this ')' has no '('", piece.start())
            case "close":
                opened.pop()
            case "unclosed":
                raise FilterError(INVALID_PARAMETER, "this quote is not closed", piece.start())
            case "comma" if not opened:
                items.append(text[start : piece.start()].strip())
                start = piece.end()
    if opened:
        raise FilterError(INVALID_PARAMETER, "this '(' has no ')'", opened[-1])
    items.append(text[start:].strip())
    return tuple(item for item in items if item)


def unquote(item: str) -> str:
    """Return a key of `ids` without its single quotes, if it stands in some."""
    if len(item) > 1 and item[0] == item[-1] == "'":
        return item[1:-1].replace("''", "'")
    return item
