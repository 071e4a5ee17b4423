"""The tokenizer of filters: one token at a time, in linear time. Pure."""

import re
from typing import Final

import msgspec

from faucet.errors import FILTER_SYNTAX, FILTER_TOO_LARGE, ErrorKind
from faucet.model.values.numbers import BOUNDS, is_bounded
from faucet.names import ClosedSet


class FilterError(Exception):
    """A text that is not a filter (or a column list); *position* counts characters from 0."""

    def __init__(self, kind: ErrorKind, message: str, position: int) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.position = position


class TokenKind(ClosedSet):
    """What a token is."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"
    REFERENCE = "reference"
    END = "end"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """
    One token. *text* is without its quotes or braces; *keyword* is an unquoted ASCII word in upper
    case, a symbol as it is, and "" for any other token.
    """

    kind: TokenKind
    text: str
    keyword: str
    position: int


# Possessive quantifiers: a mismatch fails at once, so no input is read twice.
_WORD: Final = r"[^\W\d]\w*+(?:[^\x00-\x7f\s]\w*+)*+"
_QUOTED: Final = r'"[^"]*+(?:""[^"]*+)*+"'
_STRING: Final = r"'[^']*+(?:''[^']*+)*+'"
_NUMBER: Final = r"-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_REFERENCE: Final = r"\{[^{}]*+\}"
_TOKEN: Final = re.compile(
    rf"""
      (?P<word>{_WORD})
    | (?P<quoted>{_QUOTED})
    | (?P<string>{_STRING})
    | (?P<number>{_NUMBER})
    | (?P<symbol><=|>=|<>|!=|&&|\|\||[=<>(),.])
    | (?P<reference>{_REFERENCE})
    """,
    re.VERBOSE,
)
# All up to a literal, with the literal: one search in C instead of one step for each token.
_UP_TO_LITERAL: Final = re.compile(
    rf"""
    ((?: [^'"{{0-9\w-]++ | {_WORD} | {_QUOTED} | {_REFERENCE} | -(?![0-9]) | [^\D0-9] )*+)
    (?: ({_STRING}) | ({_NUMBER}) | (['"{{]) | \Z )
    """,
    re.VERBOSE,
)
_LITERALS: Final = frozenset({2, 3})
"""The groups of string and number literals."""
_KINDS: Final = {kind.value: kind for kind in TokenKind}
_BLANKS: Final = re.compile(r"\s*+")
_RUNS_ON: Final = re.compile(r"[\w.]")
_UNCLOSED: Final = {
    "'": "the string has no closing '",
    '"': 'the name has no closing "',
    "{": "the reference has no closing }",
    **dict.fromkeys("“”\u2018\u2019", "strings are written in straight quotes: 'text'"),
}


def split_literals(text: str) -> tuple[str, list[str]]:
    """
    Return *text* with a mark in place of each string and number literal, and their texts.

    A text that is a filter and one that has the same marked text have the same tokens except for
    the literals: the marks contain a NUL, which no filter contains, and the text between them is
    equal.
    """
    parts: list[str] = []
    texts: list[str] = []
    for between, string, number, unclosed in _UP_TO_LITERAL.findall(text):
        if string:
            parts += (between, "\0string")
            texts.append(string[1:-1].replace("''", "'"))
        elif number:
            parts += (between, "\0number")
            texts.append(number)
        else:
            parts += (between, unclosed)
    return "".join(parts), texts


def literal_positions(text: str) -> list[int]:
    """Return where in *text* each string and number literal begins."""
    return [found.end(1) for found in _UP_TO_LITERAL.finditer(text) if found.lastindex in _LITERALS]


class Tokens:
    """The tokens of a text; *current* is the next one, `take` consumes it."""

    def __init__(self, text: str) -> None:
        _check_characters(text)
        self._text = text
        self._end = 0
        self._found = _TOKEN.finditer(text)
        self.current = self._read()

    @property
    def at_end(self) -> bool:
        """Whether there is no token left."""
        return self.current.kind is TokenKind.END

    def take(self) -> Token:
        """Return the current token and move to the next."""
        token, self.current = self.current, self._read()
        return token

    def accept(self, keyword: str) -> bool:
        """Take the current token if it is *keyword*, and say so."""
        if self.current.keyword != keyword:
            return False
        self.current = self._read()
        return True

    def expected(self, wanted: str) -> FilterError:
        """Return the error that says what was expected instead of the current token."""
        return FilterError(FILTER_SYNTAX, f"expected {wanted}", self.current.position)

    def _read(self) -> Token:
        found = next(self._found, None)
        if found is None or found.lastgroup is None:
            return self._last()
        group, text, start = found.lastgroup, found[0], found.start()
        # The search passes over what cannot be read: only blanks may be.
        if start > self._end and not self._text[self._end : start].isspace():
            return self._last()
        self._end = found.end()
        if group == "word":
            # Beyond ASCII, letters exist that only upper() makes a keyword of.
            keyword = text.upper() if text.isascii() else ""
            return Token(kind=TokenKind.WORD, text=text, keyword=keyword, position=start)
        if group == "symbol":
            return Token(kind=TokenKind.SYMBOL, text=text, keyword=text, position=start)
        if group == "number":
            self._check_number(text, start)
        elif group == "reference":
            text = text[1:-1].strip()
        else:
            quote = text[0]
            text = text[1:-1].replace(quote * 2, quote)
        return Token(kind=_KINDS[group], text=text, keyword="", position=start)

    def _last(self) -> Token:
        """Return the end, or raise `FilterError` where something cannot be read."""
        start = _BLANKS.match(self._text, self._end).end()  # type: ignore[union-attr]
        if start < len(self._text):
            raise _unreadable(self._text[start], start)
        return Token(kind=TokenKind.END, text="", keyword="", position=start)

    def _check_number(self, text: str, start: int) -> None:
        if _RUNS_ON.match(self._text, self._end):
            raise FilterError(FILTER_SYNTAX, "invalid number; put strings in single quotes", start)
        if not is_bounded(text):
            message = BOUNDS
            raise FilterError(FILTER_TOO_LARGE, message, start)


def _check_characters(text: str) -> None:
    if (found := text.find("\0")) >= 0:
        raise FilterError(FILTER_SYNTAX, "the character U+0000 is not allowed here", found)
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = "an unpaired surrogate is not allowed here"
        raise FilterError(FILTER_SYNTAX, message, error.start) from None


def _unreadable(character: str, position: int) -> FilterError:
    message = _UNCLOSED.get(character) or f"unexpected character {character!r}"
    return FilterError(FILTER_SYNTAX, message, position)
