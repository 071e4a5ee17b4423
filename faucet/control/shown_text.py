"""Finds passwords and secrets in what messages show, so that none shows them. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from faucet.control.schema import manifest_schema

HIDDEN: Final = "****"
_EXAMPLE: Final = "password"  # of a DSN in a hint

Range = tuple[int, int]
"""Start and end of a part of a line."""

# Only the text counts: a line is also shown if the manifest cannot be parsed. What is not clearly
# harmless is hidden.
_REFERENCE: Final = r"\$\{[a-z]+:(?:(?!:-)[^}])*\}"
_KEY: Final = re.compile(r"(?P<secret>faucet_[A-Za-z0-9]{12,}[\w-]*)")  # unlikely as a name
_IN_TEXTS: Final = (
    _KEY,
    re.compile(r"//[^\s/:@]*:(?P<secret>.+)@"),  # of a URL, perhaps without its colon
    # A URL whose user is followed by @: what follows a host is a port.
    re.compile(r"//[^\s/:@]*@(?P<secret>[^\s/:@\[\]]+):(?!\d{1,5}(?:\W|$)|\$\{|[/\"'])"),
    # A URL that ends before its host; what follows a host is a port.
    re.compile(r"://[^\s/:@]*:(?!\d{1,5}(?:\W|$))(?P<secret>[^@]+)$"),
)
_PATTERNS: Final = (
    *_IN_TEXTS,
    re.compile(r"(?<![\w/{])[\w.%+-]+:(?!//)(?P<secret>[^\s@]+)@"),  # user:password@tcp(host)
    re.compile(  # password=... of libpq, and of the query of a URL
        r"(?i)(?:pass?-?_?w\w*|passphrase|pass|pwd|pw)\s*=\s*"
        r"(?P<secret>'(?:[^'\\]|\\.)*'?|[^\s&'\"]+)"
    ),
    re.compile(  # a key of the manifest, unless its value is a mask of a column with this name
        r"(?i)(?<![\w-])[\"']?(?:\w*password|passwd|pwd|passphrase|secret)[\"']?\s*:\s+"
        r"(?!(?:null|redact|hash|last4)\b)(?P<secret>\S.*)"
    ),
)
_HARMLESS: Final = re.compile(
    rf"(?:{_REFERENCE})+(?:[/?].*)?|[\"']?{_REFERENCE}[\"']?\s*(?:[,}}#].*)?"
)


# Sections whose values are shown only if they are of options without secrets, or of none at all.
_OPEN_SECTION: Final = re.compile(r"[\"']?(?!keys\b|auth\b)\w+[\"']?\s*:")
_SECTION: Final = re.compile(r"[^\s#\]}-]")
_OPTION: Final = re.compile(
    r"(?P<name>[\w.-]+)[\"']?\s*:\s+"
    r"(?P<secret>\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|\[[^\]{]+|[^\s{}\[\],#][^,}\]#]*)"
)
_HASHED: Final = re.compile(r"[\[\"'\s]*(?:$|sha256:[0-9a-f]|\$\{)")
_WITHHELD: Final = frozenset({"dsn", "secret"})


def is_withheld(lines: Sequence[str], number: int) -> bool:
    """Return whether line *number* (from 1) is of keys or providers, as far as the text tells."""
    for line in reversed(lines[:number]):
        if _SECTION.match(line):
            return not _OPEN_SECTION.match(line)
    return True


def secret_ranges(line: str, *, withheld: bool = False) -> tuple[Range, ...]:
    """
    Return the parts of *line* that may be a password or secret, sorted, not overlapping.

    If *withheld*, these are all values but those of the known options that are no secrets.
    """
    return _merge(sorted((*_found(line, _PATTERNS), *(_unknown_values(line) if withheld else ()))))


def masked(text: str) -> str:
    """Return *text*, part of a message, with keys and passwords of URLs `HIDDEN`."""
    # Most texts have neither.
    if "faucet_" not in text and "//" not in text:
        return text
    return hide(text, _merge(sorted(_found(text, _IN_TEXTS))), 0, len(text))


def _found(text: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[Range]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            if match["secret"] != _EXAMPLE and not _HARMLESS.fullmatch(match["secret"]):
                yield match.span("secret")


def _unknown_values(line: str) -> Iterator[Range]:
    for match in _OPTION.finditer(line):
        name, value = match["name"], match["secret"]
        plain = _HASHED.match(value) if name == "hash" else name in _plain_options()
        if not plain and not _HARMLESS.fullmatch(value.rstrip()):
            yield match.span("secret")


@cache
def _plain_options() -> frozenset[str]:
    return frozenset(_names(manifest_schema(()))) - _WITHHELD


def _names(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        yield from schema.get("properties", ())
        schema = tuple(schema.values())
    if isinstance(schema, list | tuple):
        for inner in schema:
            yield from _names(inner)


def _merge(found: list[Range]) -> tuple[Range, ...]:
    merged: list[Range] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def hide(line: str, ranges: tuple[Range, ...], start: int, end: int) -> str:
    """Return *line* from *start* to *end*; each of *ranges* that begins there is `HIDDEN`."""
    text, position = "", start
    for first, last in ranges:
        if last <= start or first >= end:
            continue
        text += line[position : max(first, position)]
        text += HIDDEN if first >= start else ""
        position = min(last, end)
    return text + line[position:end]
