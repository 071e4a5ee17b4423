"""Claims of keys that can never fit the columns that rules compare them with. Pure."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from faucet.control.compile.fields import Faults
from faucet.control.compile.findings import KEY_CLAIM, Fault, merge
from faucet.diagnostics import Diagnostic
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import (
    AllOf,
    AnyOf,
    Claim,
    Comparison,
    Condition,
    Membership,
    Negation,
)
from faucet.model.request import ClaimValue
from faucet.model.settings import ApiKey, ServiceSettings, ValueOptions
from faucet.model.surface import Permission, RoleView
from faucet.model.values.canonical import from_claim
from faucet.model.values.fault import ValueFault

_UNQUOTED = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN})


class _Demand(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that a rule or preset uses for *column*; a list of values where *many*."""

    claim: Claim
    column: str
    of: ColumnType
    options: ValueOptions


def key_claims(
    keys: Iterable[ApiKey],
    roles: Mapping[str, RoleView],
    services: Mapping[str, ServiceSettings],
) -> tuple[Diagnostic, ...]:
    """Return a warning for each claim of a key that makes every request under some rule fail."""
    faults: Faults = {}
    demands: dict[str, dict[_Demand, list[str]]] = {}
    for key in keys:
        view = roles.get(key.role)
        if view is None or not key.claims:
            continue
        if key.role not in demands:
            demands[key.role] = _demands(view, services)
        for demand, tables in demands[key.role].items():
            if demand.claim.name in key.claims and _misfits(key.claims[demand.claim.name], demand):
                faults.setdefault(_found(key, demand), []).extend(tables)
    return merge(faults)


def _demands(view: RoleView, services: Mapping[str, ServiceSettings]) -> dict[_Demand, list[str]]:
    found: dict[_Demand, list[str]] = {}
    for service in view.services.values():
        options = services[service.name].values
        for name, resource in service.resources.items():
            for grant in resource.grants.values():
                for claim, column_name in _claims_of(grant):
                    column = resource.relation.column(column_name)
                    if column is not None:
                        demand = _Demand(
                            claim=claim, column=column_name, of=column.type, options=options
                        )
                        found.setdefault(demand, []).append(name)
    return found


def _claims_of(grant: Permission) -> Iterator[tuple[Claim, str]]:
    for rule in (grant.row_filter, grant.row_check):
        if rule is not None:
            yield from _claims_in(rule)
    for preset in grant.presets:
        if isinstance(preset.operand, Claim):
            yield preset.operand, preset.column


def _claims_in(condition: Condition) -> Iterator[tuple[Claim, str]]:
    match condition:
        case AllOf(of=parts) | AnyOf(of=parts):
            for part in parts:
                yield from _claims_in(part)
        case Negation(of=part):
            yield from _claims_in(part)
        case Comparison(operand=Claim() as claim) | Membership(operands=Claim() as claim):
            yield claim, condition.column


def _misfits(value: ClaimValue, demand: _Demand) -> bool:
    if demand.claim.many != isinstance(value, tuple):
        return True
    values = value if isinstance(value, tuple) else (value,)
    try:
        for each in values:
            from_claim(each, demand.of, demand.options)
    except ValueFault:
        return True
    return not values


def _found(key: ApiKey, demand: _Demand) -> Fault:
    name = demand.claim.name
    value = key.claims[name]
    wanted = f"a list of {demand.of.kind}" if demand.claim.many else f"{demand.of.kind}"
    return Fault(
        code=KEY_CLAIM,
        message=(
            f'the claim "{name}" of the key "{key.name}" is {_kind(value)} and does not fit '
            f'"{demand.column}" of {{tables}} ({wanted}), with which a rule compares it'
        ),
        address=("keys", key.name, "claims", name),
        hint=_hint(value, demand),
    )


def _hint(value: ClaimValue, demand: _Demand) -> str:
    if demand.claim.many and not isinstance(value, tuple):
        return "write a list: [ … ]"
    if isinstance(value, tuple) and not demand.claim.many:
        return "write a single value, or use IN in the rule"
    if isinstance(value, str) and demand.of.kind in _UNQUOTED:
        return "write it without quotes"
    if isinstance(value, bool | int | float) and demand.of.kind not in _UNQUOTED:
        return "write it in quotes"
    return "write a value that the column can hold"


def _kind(value: ClaimValue) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "a string"
        case tuple():
            return "a list"
        case _:
            return "a number"
