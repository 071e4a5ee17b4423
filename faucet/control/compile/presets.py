"""`set` of grants: values that every write carries, typed by their columns. Pure."""

from faucet.control.compile.exposure import Exposed
from faucet.control.compile.fields import Faults, generated_fault
from faucet.control.compile.findings import BAD_PRESET, Fault
from faucet.diagnostics import Address
from faucet.model.catalog import EQUATABLE, Column, Kind
from faucet.model.filters.condition import Claim, PrincipalField, Value
from faucet.model.filters.predicate import ClaimReference, PrincipalReference
from faucet.model.request import JsonNumber, JsonValue
from faucet.model.settings import CHANGES, GrantSettings, PresetValue, ValueOptions
from faucet.model.surface import Preset, accepts, takes
from faucet.model.values.canonical import from_json
from faucet.model.values.fault import ValueFault


class PresetError(ValueError):
    """A preset that does not fit its column; the message says why."""


def presets(
    grant: GrantSettings, exposed: Exposed, options: ValueOptions, address: Address, faults: Faults
) -> tuple[Preset, ...]:
    """Return the presets of the columns that this relation has, in order of name."""
    made: list[Preset] = []
    for name, preset in sorted(grant.presets.items()):
        column = exposed.columns.get(name)
        if column is None:
            continue
        fault = None
        if not _is_accepted(grant, exposed, column):
            fault = generated_fault(column, (*address, name), at_key=True)
        if fault is None:
            try:
                made.append(Preset(column=name, operand=_operand(preset, column, options)))
            except (PresetError, ValueFault) as reason:
                fault = Fault(
                    code=BAD_PRESET,
                    message=f'"{name}" of {{tables}}: {reason}',
                    address=(*address, name),
                )
        if fault is not None:
            faults.setdefault(fault, []).append(exposed.relation.name)
    return tuple(made)


def _is_accepted(grant: GrantSettings, exposed: Exposed, column: Column) -> bool:
    """Return whether every write of *grant* that the relation supports can set *column*."""
    written = (
        verb
        for verb in CHANGES
        if verb in grant.verbs and takes(verb, exposed.relation, exposed.key)
    )
    return not column.generated and all(accepts(verb, column) for verb in written)


def _operand(
    preset: PresetValue, column: Column, options: ValueOptions
) -> Value | Claim | PrincipalField:
    match preset:
        case ClaimReference(name=name):
            if column.type.kind not in EQUATABLE:
                raise PresetError(f"a claim cannot fill {column.type.db_type}")
            return Claim(name=name)
        case PrincipalReference(field=field):
            if column.type.kind is not Kind.TEXT:
                kind = column.type.kind
                raise PresetError(f"{{principal.{field}}} is a string, and the column is {kind}")
            return PrincipalField(field=field)
        case None:
            if not column.nullable:
                raise PresetError("the column does not allow null")
            return Value(value=None)
        case bool() | str():
            json: JsonValue = preset
        case _:
            json = JsonNumber(text=repr(preset))
    return Value(value=from_json(json, column.type, options))
