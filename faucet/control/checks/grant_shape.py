"""FCT1205: a grant that is neither one on tables nor one on the system. Pure."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from faucet.control.checks.subject import Subject, grants
from faucet.diagnostics import Diagnostic
from faucet.model.manifest.sections import Grant

CODE = "FCT1205"

_NEEDED: Final = ("service", "tables", "verbs")
_OF_TABLES: Final = (*_NEEDED, "fields", "rows", "check", "write", "presets", "mask")
_WRITING: Final = frozenset({"POST", "PUT", "PATCH", "*"})
_CHANGING: Final = ("check", "write", "presets")
_SPELLED: Final = {"presets": "set"}


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each grant that lacks a part, or mixes two kinds."""
    for placed in grants(subject.manifest):
        for message, hint, key in _faults(placed.grant):
            address = (*placed.address, key) if key else placed.address
            yield Diagnostic(code=CODE, message=message, hint=hint, address=address, at_key=True)


def _faults(grant: Grant) -> Iterator[tuple[str, str, str]]:
    if grant.system is not UNSET:
        for spelled in _said_of(grant, _OF_TABLES):
            message = f'a grant on the system takes no "{spelled}"'
            yield message, "make it two grants", spelled
        return
    missing = [key for key in _NEEDED if not _said_of(grant, (key,))]
    if len(missing) == len(_NEEDED):
        yield "the grant grants nothing", "add service, tables and verbs, or system", ""
    elif missing:
        hint = f"add {', '.join(missing)}"
        yield (
            f"a grant on tables needs service, tables and verbs; {missing[0]} is missing",
            hint,
            "",
        )
    elif not _WRITING.intersection(grant.verbs or ()):
        for spelled in _said_of(grant, _CHANGING):
            message = f'"{spelled}" has no effect without POST, PUT or PATCH'
            yield message, "add the verb, or remove the key", spelled


def _said_of(grant: Grant, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of *keys* the grant has, as the manifest spells them."""
    return tuple(_SPELLED.get(key, key) for key in keys if getattr(grant, key) is not UNSET)
