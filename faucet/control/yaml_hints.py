"""Hints for text that is not YAML, or not what its author meant. Pure."""

import re
import unicodedata
from typing import Final

CURLY: Final = "“”„‟«»\u2018\u2019\u201a\u201b"
"""Quotes that YAML takes for letters."""

_MARKER: Final = re.compile(r"(?m)^(?:<{7}|>{7}|={7}|\|{7})(?: .*)?$")
_CONFLICT: Final = "keep one side of the merge, and remove the lines of <, =, > and |"
_ODD: Final = re.compile("[\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff\uff1a\uff0c]")
_QUOTED_START: Final = re.compile(r"""(?:[:,]|-) +(?:'[^']*'|"[^"]*") *[^\s,}\]#].*""")
_BRACED_START: Final = re.compile(r"[:,-] +\{[\w.-]*\} *[^\s,}\]#].*")
_REFERENCE: Final = re.compile(r"\{(?:claims|principal)\.|\{now\}|\$\{")
_CLOSE_COLON: Final = re.compile(r"\s*(?:- )?[A-Za-z_]\w*:(?![\s/]|$)")
_SYNTAX_HINTS: Final = {
    "mapping values are not allowed": (
        "put a string that contains ': ' in quotes, or check the indentation"
    ),
    "cannot start any token": "put the string in quotes",
    "did not find expected '-' indicator": (
        "check the indentation: the keys of a list item are aligned with its first key"
    ),
    "did not find expected key": (
        "check the indentation: this line is aligned with none of those above"
    ),
}
_UNQUOTED: Final = frozenset({"while scanning an alias", "while scanning a tag"})


def conflict_line(text: str) -> int | None:
    """Return the number of the first line that a merge has left in *text*, from 0."""
    found = _MARKER.search(text)
    return None if found is None else text.count("\n", 0, found.start())


def conflict_hint() -> str:
    """Return how to resolve such a line."""
    return _CONFLICT


def odd_character(text: str) -> str:
    """Return what to do about a character in *text* that looks like another one, or ""."""
    found = _ODD.search(text)
    if found is None:
        return ""
    name = unicodedata.name(found[0], "invisible")
    return f"replace the character U+{ord(found[0]):04X} ({name.lower()}), which looks like another"


def syntax_hint(problem: str, context: str, text: str, position: int) -> str:
    """Return what to write where the parser of YAML stopped in *text*, at *position*."""
    at = text[position : position + 1]
    if context in _UNQUOTED:
        return 'put a string that starts with * or ! in quotes: "*", "!name"'
    if at == "\t":
        return "indent with spaces; YAML does not allow tabs"
    if at and at in "]}":
        return f"remove the {at}, or add the opening bracket"
    return (
        _by_line(text, position)
        or _by_context(problem, context, text, position)
        or next((hint for words, hint in _SYNTAX_HINTS.items() if words in problem), "")
        or "check indentation, quotes and brackets from here upwards"
    )


def _by_line(text: str, position: int) -> str:
    """Return the hint for what is wrong in the line of *position*, or in the one before it."""
    upto = text.count("\n", 0, position)
    lines = text.split("\n")[max(upto - 1, 0) : upto + 1]
    for line in reversed(lines):
        if odd := odd_character(line):
            return odd
        if line.lstrip().startswith(("//", "/*")):
            return "a comment starts with #"
        if _BRACED_START.search(line):
            return 'put a value that starts with { in quotes: "{claims.NAME} = column"'
        if _QUOTED_START.search(line):
            return "put the whole value in quotes of the other kind: it only starts with a string"
        if _CLOSE_COLON.match(line):
            return "write a space after the colon"
    return ""


def _by_context(problem: str, context: str, text: str, position: int) -> str:
    if "end of stream" in problem and "quoted" in context:
        return "close the quote that opens here; one inside the value is written twice: ''"
    if "a flow" not in context:
        return ""
    start = text.rfind("\n", 0, position) + 1
    if _REFERENCE.search(text, start, (text + "\n").index("\n", position)):
        return 'put the value with { in quotes: "column = {claims.NAME}"'
    bracket = "]" if "sequence" in context else "}"
    return f"separate items by commas, and close the bracket above with {bracket}"
