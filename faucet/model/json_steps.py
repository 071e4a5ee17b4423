"""JSON decoded in steps: the decoder of C lets no other thread run while it reads. Pure."""

import json
import re
from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Any, Final

from faucet.model.json_fault import (
    MAX_DEPTH,
    MOST_CONTAINERS,
    JsonFault,
    JsonProblem,
    syntax_fault,
)

_WINDOW: Final = 16 * 1024
"""Characters that take a few milliseconds."""
_LEVELS: Final = 3
_FREED: Final = 4096
_SPACE: Final = r"[ \t\n\r]*+"
_STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _container(levels: int) -> str:
    """Return the pattern of an array or object that contains at most *levels* more of them."""
    inner = f"|{_container(levels - 1)}" if levels else ""
    content = rf'(?:[^][{{}}"]++|{_STRING}{inner})*+'
    return rf"\[{content}\]|\{{{content}\}}"


_ITEM: Final = rf'(?:[^][{{}}",]++|{_STRING}{_SPACE}|(?:{_container(_LEVELS)}){_SPACE}),'
_RUNS: Final = {
    "[": rf"(?:{_SPACE}{_ITEM})++",
    "{": rf"(?:{_SPACE}{_STRING}{_SPACE}:{_SPACE}{_ITEM})++",
}
_CLOSING: Final = {"[": "]", "{": "}"}
_blanks: Final = re.compile(_SPACE).match
_without_strings: Final = re.compile(_STRING, re.DOTALL).sub


@cache
def _run(opening: str) -> re.Pattern[str]:
    """
    Return the pattern of items after *opening*, each with the comma behind it.

    What the decoder accepts of these between brackets is complete: a comma outside of all strings
    and containers ends it. Compiled when it is first used: it takes a twentieth of `faucet check`.
    """
    return re.compile(_RUNS[opening], re.DOTALL)


def free(value: Any) -> None:
    """
    Empty *value* and what it contains, in steps: to free a long container lets nothing else run.
    """
    items = value.values() if isinstance(value, dict) else value
    for item in items:
        if item and isinstance(item, list | dict):
            free(item)
    while len(value) > _FREED:
        if isinstance(value, dict):
            for name in list(islice(value, _FREED)):
                del value[name]
        else:
            del value[-_FREED:]


class StepDecoder:
    """
    Decodes as *decoder* does, at most *window* characters at once, except for longer strings.

    Raises `JsonFault` for what is not JSON, has too many levels, or too many arrays and objects.
    """

    def __init__(self, decoder: json.JSONDecoder, window: int = _WINDOW) -> None:
        self._decode = decoder.decode
        self._scan = decoder.scan_once  # type: ignore[attr-defined]  # decodes one value
        self._window = window
        self._left = MOST_CONTAINERS

    def decode(self, text: str) -> Any:
        """Return the value of *text*."""
        value, end = self._value(text, _skip(text, 0), 1)
        end = _skip(text, end)
        if end != len(text):
            raise syntax_fault("Extra data", end)
        return value

    def _value(self, text: str, at: int, depth: int) -> tuple[Any, int]:
        """Return the value that begins at *at*, and where it ends."""
        opening = text[at : at + 1]
        if opening not in _RUNS:
            return self._scalar(text, at)
        if depth > MAX_DEPTH:
            raise JsonFault(JsonProblem.DEPTH)
        self._count(1)
        made: Any = [] if opening == "[" else {}
        try:
            return made, self._fill(made, text, at, depth)
        except JsonFault:
            free(made)
            raise

    def _scalar(self, text: str, at: int) -> tuple[Any, int]:
        try:
            value, end = self._scan(text, at)
        except StopIteration as stop:
            raise syntax_fault("Expecting value", stop.value) from None
        except json.JSONDecodeError as fault:
            raise syntax_fault(fault.msg, fault.pos) from None
        return value, end

    def _fill(self, made: Any, text: str, at: int, depth: int) -> int:
        """Add to *made* what the container that begins at *at* contains; return where it ends."""
        opening = text[at]
        add: Callable[[Any, Any], None] = _merge if isinstance(made, dict) else _extend
        closing, at = _CLOSING[opening], at + 1
        if text[(end := _skip(text, at)) : end + 1] == closing:
            return end + 1
        one = self._member if isinstance(made, dict) else self._item
        while True:
            if run := _run(opening).match(text, at, at + self._window):
                add(made, self._run(opening, run[0], at))
                at = run.end()
                continue
            part, end = one(text, _skip(text, at), depth + 1)
            add(made, part)
            at = _skip(text, end) + 1
            if (found := text[at - 1 : at]) == closing:
                return at
            if found != ",":
                raise syntax_fault("Expecting ',' delimiter", at - 1)

    def _run(self, opening: str, run: str, at: int) -> Any:
        """Return the items or members of *run*, each followed by a comma; it begins at *at*."""
        self._count(run.count("[") + run.count("{"), run)
        try:
            return self._decode(f"{opening}{run[:-1]}{_CLOSING[opening]}")
        except json.JSONDecodeError as fault:
            raise syntax_fault(fault.msg, at + fault.pos - 1) from None

    def _item(self, text: str, at: int, depth: int) -> tuple[list[Any], int]:
        value, end = self._value(text, at, depth)
        return [value], end

    def _member(self, text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
        if text[at : at + 1] != '"':
            raise syntax_fault("Expecting property name enclosed in double quotes", at)
        name, end = self._scalar(text, at)
        colon = _skip(text, end)
        if text[colon : colon + 1] != ":":
            raise syntax_fault("Expecting ':' delimiter", colon)
        value, end = self._value(text, _skip(text, colon + 1), depth)
        return {name: value}, end

    def _count(self, most: int, text: str | None = None) -> None:
        """Count the containers of *text*, which are *most* with what is in strings."""
        if most > self._left and text is not None:
            text = _without_strings("", text)
            most = text.count("[") + text.count("{")
        self._left -= most
        if self._left < 0:
            raise JsonFault(JsonProblem.CONTAINERS)


def _skip(text: str, at: int) -> int:
    """Return where the blanks at *at* end."""
    found = _blanks(text, at)
    return at if found is None else found.end()


def _extend(made: list[Any], part: list[Any]) -> None:
    made += part


def _merge(made: dict[str, Any], part: dict[str, Any]) -> None:
    for name, value in part.items():
        if name in made:
            raise JsonFault(JsonProblem.REPEATED_NAME, name)
        made[name] = value
