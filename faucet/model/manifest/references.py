"""References ``${scheme:name}`` in strings: their positions and names. Pure."""

import re
from typing import Final

import msgspec

_OPENING: Final = re.compile(r"\$?\$\{")
_REFERENCE: Final = re.compile(
    r"\$\{(?P<scheme>[a-z][a-z0-9_]*):(?P<name>(?:(?!:-)[^}\n])+)(?::-(?P<default>[^}\n]*))?\}"
)


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """One reference as written; *position* is the index of its ``$``."""

    scheme: str
    name: str
    default: str | None
    position: int


class ReferenceSyntaxError(ValueError):
    """A ``${`` that does not start a reference; *position* is its index."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def parse_references(text: str) -> tuple[str | Reference, ...]:
    """
    Return *text* split into literal strings and references, in order.

    ``$${`` is a literal ``${``. Raises `ReferenceSyntaxError` for a ``${`` that starts none.
    """
    parts: list[str | Reference] = []
    literal, at = "", 0
    while opening := _OPENING.search(text, at):
        literal += text[at : opening.start()]
        if opening[0] == "$${":
            literal, at = literal + "${", opening.end()
            continue
        found = _REFERENCE.match(text, opening.start())
        if found is None:
            raise ReferenceSyntaxError(_advice(text[opening.start() :]), opening.start())
        if literal:
            parts.append(literal)
        parts.append(_reference(found))
        literal, at = "", found.end()
    literal += text[at:]
    return (*parts, literal) if literal else tuple(parts)


def has_reference(text: str) -> bool:
    """Return whether *text* contains a reference, or a ``${`` that starts none."""
    return any(opening[0] == "${" for opening in _OPENING.finditer(text))


def _reference(found: re.Match[str]) -> Reference:
    return Reference(
        scheme=found["scheme"],
        name=found["name"],
        default=found["default"],
        position=found.start(),
    )


def _advice(text: str) -> str:
    end = text.find("}")
    if end < 0:
        return "the reference has no closing }"
    return "a reference must be ${env:NAME}, ${env:NAME:-default} or ${file:PATH}"
