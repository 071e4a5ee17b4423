"""The list parameters: fields, group, order, ids. Pure; every scan is linear in its text."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import Final, TypeVar

from faucet.errors import FILTER_TOO_LARGE, INVALID_PARAMETER, RequestError
from faucet.model.filters.grammar import parse_column
from faucet.model.filters.predicate import ColumnName
from faucet.model.filters.tokens import FilterError
from faucet.model.request import FieldItem, OrderItem
from faucet.model.statement import Function
from faucet.names import did_you_mean, is_alias

MAX_IDS: Final = 1000
_LONGEST_KEPT: Final = 256

_PART: Final = r'(?:"(?:[^"]|"")*"|[^\s"\'(),.]+)'
_COLUMN: Final = rf"{_PART}(?:\.{_PART})*"
_FIELD: Final = re.compile(
    rf"(?:(?P<function>\w+)\s*\(\s*(?P<argument>\*|{_COLUMN})\s*\)|(?P<column>\*|{_COLUMN}))"
    r"(?:\s+AS\s+(?P<alias>[^\s,]+))?",
    re.IGNORECASE,
)
_DISTINCT: Final = re.compile(r"\w+\s*\(\s*DISTINCT\s", re.IGNORECASE)
_ORDER: Final = re.compile(
    rf"(?P<minus>-?)(?P<column>{_COLUMN})(?:\s+(?P<way>ASC|DESC))?"
    r"(?:\s+NULLS\s+(?P<nulls>FIRST|LAST))?",
    re.IGNORECASE,
)
_GROUP: Final = re.compile(rf"(?P<column>{_COLUMN})")
_QUOTED: Final = r"'(?:[^']|'')*'"
# A bare key includes the blanks after it, so that no two repetitions can match them.
_KEY_PART: Final = rf"(?:{_QUOTED}\s*|[^,()'\s][^,()]*)"
_KEY: Final = re.compile(
    rf"(?P<composite>\(\s*{_KEY_PART}(?:,\s*{_KEY_PART})*\))|(?P<quoted>{_QUOTED})|(?P<bare>[^,'(\s][^,]*)"
)
_BLANKS: Final = re.compile(r"\s*")
_PARTS: Final = re.compile(_KEY_PART)


T = TypeVar("T")


def _kept(read: Callable[[str], T]) -> Callable[[str], T]:
    """Remember what short texts were read as: most requests repeat the lists of others."""
    remembered = lru_cache(maxsize=512)(read)

    @wraps(read)
    def kept(text: str) -> T:
        return remembered(text) if len(text) <= _LONGEST_KEPT else read(text)

    return kept


@_kept
def read_fields(text: str) -> tuple[FieldItem, ...] | None:
    """Return the items of `fields` without duplicates; None if all are blank."""
    found: dict[tuple[object, ...], FieldItem] = {}
    for match in _items(text, "fields", _FIELD):
        item = _field(match)
        parts = None if item.column is None else item.column.parts
        found.setdefault((parts, item.function, item.alias, item.everything), item)
    return tuple(found.values()) or None


def _field(match: re.Match[str]) -> FieldItem:
    alias, name = match["alias"], match["function"]
    if alias is not None and is_alias(alias) is None:
        message = (
            f'the alias "{alias[:80]}" must be a letter or _, then up to 62 letters, digits and _'
        )
        raise _fault("fields", message, match.start("alias"))
    if name is None:
        if match["column"] != "*":
            return FieldItem(column=_column("fields", match, "column"), alias=alias)
        if alias is not None:
            raise _fault("fields", '"*" cannot have an alias', match.start("alias"))
        return FieldItem(column=None, everything=True)
    function = _function(name, match.start())
    if match["argument"] != "*":
        column = _column("fields", match, "argument")
        return FieldItem(column=column, function=function, alias=alias)
    if function is not Function.COUNT:
        raise _fault(
            "fields", f"{function.value} requires a column, not *", match.start("argument")
        )
    return FieldItem(column=None, function=function, alias=alias)


def _function(name: str, position: int) -> Function:
    try:
        return Function(name.upper())
    except ValueError:
        hint = did_you_mean(name, list(Function))
        message = f'there is no function "{name[:80]}"' + (f"; {hint}" if hint else "")
        raise _fault("fields", message, position) from None


@_kept
def read_group(text: str) -> tuple[ColumnName, ...]:
    """Return the columns of `group` without duplicates."""
    found: dict[tuple[str, ...], ColumnName] = {}
    for match in _items(text, "group", _GROUP):
        column = _column("group", match, "column")
        found.setdefault(column.parts, column)
    return tuple(found.values())


@_kept
def read_order(text: str) -> tuple[OrderItem, ...]:
    """Return the items of `order`; the first item of each column decides."""
    found: dict[tuple[str, ...], OrderItem] = {}
    for match in _items(text, "order", _ORDER):
        way, nulls = match["way"], match["nulls"]
        if match["minus"] and way:
            raise _fault("order", f'"-" and {way.upper()} contradict', match.start("way"))
        column = _column("order", match, "column")
        item = OrderItem(
            column=column,
            descending=bool(match["minus"]) or (way is not None and way.upper() == "DESC"),
            nulls_first=None if nulls is None else nulls.upper() == "FIRST",
        )
        found.setdefault(column.parts, item)
    return tuple(found.values())


def read_ids(text: str) -> tuple[tuple[str, ...], ...] | None:
    """
    Return the keys of `ids` as tuples of strings; None if all are blank.

    Raises `RequestError` FILTER_TOO_LARGE for more than `MAX_IDS`.
    """
    keys = tuple(_key(match) for match in _items(text, "ids", _KEY))
    if len(keys) > MAX_IDS:
        message = f"ids accepts at most {MAX_IDS} keys"
        raise RequestError(FILTER_TOO_LARGE, message, parameter="ids")
    return keys or None


def _key(match: re.Match[str]) -> tuple[str, ...]:
    composite = match["composite"]
    if composite is None:
        return (_unquoted(match[0]),)
    return tuple(_unquoted(part) for part in _PARTS.findall(composite[1:-1]))


def _unquoted(part: str) -> str:
    part = part.strip()
    return part[1:-1].replace("''", "'") if part.startswith("'") else part


def _items(text: str, parameter: str, item: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the match of each item of a comma list; blank ones are skipped."""
    position = 0
    while text:
        position = _after_blanks(text, position)
        if position == len(text):
            return
        if text[position] == ",":
            position += 1
            continue
        match = item.match(text, position)
        if match is None:
            raise _unreadable(text, parameter, position)
        end = _after_blanks(text, match.end())
        if end < len(text) and text[end] != ",":
            raise _unreadable(text, parameter, position, end)
        yield match
        position = end


def _after_blanks(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return position if found is None else found.end()


_FORMS: Final = {
    "fields": (
        "write column, FUNCTION(column), COUNT(*) or *, the first three also with AS alias; "
        'a name with other characters than letters, digits and _ is quoted: "Display Name"'
    ),
    "group": "write column, column, …",
    "order": "write column [ASC|DESC] [NULLS FIRST|LAST] or -column",
    "ids": "write 1,2 or 'a','b'; a composite key is (a,b)",
}


def _unreadable(text: str, parameter: str, start: int, at: int | None = None) -> RequestError:
    if _DISTINCT.match(text, start):
        return _fault(parameter, "functions of DISTINCT values are not supported", start)
    return _fault(parameter, f"{parameter} is invalid; {_FORMS[parameter]}", at or start)


def _fault(parameter: str, message: str, position: int) -> RequestError:
    return RequestError(INVALID_PARAMETER, message, parameter=parameter, position=position)


def _column(parameter: str, match: re.Match[str], group: str) -> ColumnName:
    start = match.start(group)
    try:
        column = parse_column(match[group])
    except FilterError as fault:
        raise _fault(parameter, fault.message, start + fault.position) from None
    return ColumnName(parts=column.parts, position=start)
