"""`set` of grants: values that every write carries, typed by their columns. Pure."""

import re
from typing import Final

from msgspec import UNSET

from faucet.control.compile.exposure import Exposed
from faucet.control.compile.fields import Faults, generated
from faucet.control.compile.findings import BAD_PRESET, Found
from faucet.diagnostics import Address
from faucet.model.catalog import EQUATABLE, Column, Kind
from faucet.model.filters.condition import Claim, PrincipalField, Value
from faucet.model.manifest.sections import Grant
from faucet.model.request import JsonNumber, JsonValue
from faucet.model.settings import ValueOptions
from faucet.model.surface import Preset
from faucet.model.values.canonical import from_json
from faucet.model.values.fault import ValueFault

Literal = None | bool | int | float | str

_REFERENCE: Final = re.compile(r"\{(claims|principal)\.([^{}]*)\}")
_FIELDS: Final = frozenset({"name", "role"})
_CLAIM_NAME: Final = re.compile(r"\w+", re.ASCII)


class PresetError(ValueError):
    """A preset that its column does not take; the message says why."""


def presets(
    grant: Grant, exposed: Exposed, options: ValueOptions, address: Address, faults: Faults
) -> tuple[Preset, ...]:
    """Return the presets of the columns that this relation has, in order of name."""
    if grant.presets is UNSET:
        return ()
    made: list[Preset] = []
    for name, literal in sorted(grant.presets.items()):
        column = exposed.columns.get(name)
        if column is None:
            continue
        fault = generated(column, (*address, name), at_key=True) if column.generated else None
        if fault is None:
            try:
                made.append(Preset(column=name, operand=_operand(literal, column, options)))
            except (PresetError, ValueFault) as reason:
                fault = Found(
                    code=BAD_PRESET,
                    message=f'"{name}" of {{tables}}: {reason}',
                    address=(*address, name),
                )
        if fault is not None:
            faults.setdefault(fault, []).append(exposed.relation.name)
    return tuple(made)


def _operand(
    literal: Literal, column: Column, options: ValueOptions
) -> Value | Claim | PrincipalField:
    if isinstance(literal, str) and (found := _REFERENCE.search(literal)):
        if found.group() != literal:
            raise PresetError("a preset is one whole reference or a literal, not a mixture")
        return _reference(found.group(1), found.group(2), column)
    if literal is None:
        if not column.nullable:
            raise PresetError("the column takes no null")
        return Value(value=None)
    return Value(value=from_json(_json(literal), column.type, options))


def _reference(of: str, name: str, column: Column) -> Claim | PrincipalField:
    if of == "claims":
        if _CLAIM_NAME.fullmatch(name) is None:
            raise PresetError("the name of a claim is of letters, digits and _")
        if column.type.kind not in EQUATABLE:
            raise PresetError(f"a claim cannot fill {column.type.db_type}")
        return Claim(name=name)
    if name not in _FIELDS:
        raise PresetError("a principal has a name and a role: {principal.name}, {principal.role}")
    if column.type.kind is not Kind.TEXT:
        raise PresetError(f"{{principal.{name}}} is a text, and the column is {column.type.kind}")
    return PrincipalField(field=name)


def _json(literal: Literal) -> JsonValue:
    if literal is None or isinstance(literal, bool | str):
        return literal
    return JsonNumber(text=repr(literal))
