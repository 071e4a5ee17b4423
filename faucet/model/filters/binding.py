"""What a policy asks of its caller, put in: claims, name and role, the clock. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.model.catalog import ColumnType
from faucet.model.filters.condition import (
    AllOf,
    AnyOf,
    Claim,
    Comparison,
    Condition,
    Membership,
    Negation,
    Now,
    Operand,
    PrincipalField,
    Scalar,
    Slot,
    Value,
)
from faucet.model.request import ClaimValue
from faucet.model.settings import ValueOptions
from faucet.model.values.canonical import ValueFault, from_claim, instant

_NAME: Final = "principal.name"


class MissingClaimError(Exception):
    """A claim that a rule needs is absent or not of its column's type: the request is denied."""

    def __init__(self, claim: str) -> None:
        super().__init__(claim)
        self.claim = claim


def bind(  # noqa: PLR0913 - all that a policy may ask of a request
    condition: Condition,
    columns: Mapping[str, ColumnType],
    *,
    claims: Mapping[str, ClaimValue],
    name: str | None,
    role: str,
    now: float,
    options: ValueOptions,
) -> Condition:
    """
    Return *condition* with a `Value` for every reference; *columns* are the types of what it reads.

    Raises `MissingClaimError` for any reference without a value of the right type, wherever it
    stands: a rule is never bent by leaving a part of it out.
    """
    caller = _Caller(claims=claims, name=name, role=role, now=now, options=options)
    return _bound(condition, columns, caller)


def bind_operand(  # noqa: PLR0913 - as above
    operand: Operand,
    of: ColumnType,
    *,
    claims: Mapping[str, ClaimValue],
    name: str | None,
    role: str,
    now: float,
    options: ValueOptions,
) -> Scalar:
    """Return the value of one *operand* for a column of type *of*; raises `MissingClaimError`."""
    caller = _Caller(claims=claims, name=name, role=role, now=now, options=options)
    return caller.value(operand, of).value


class _Caller(msgspec.Struct, frozen=True, kw_only=True):
    claims: Mapping[str, ClaimValue]
    name: str | None
    role: str
    now: float
    options: ValueOptions

    def value(self, operand: Operand, of: ColumnType) -> Value:
        match operand:
            case Value():
                return operand
            case Claim(name=claim, many=False):
                return self._claim(claim, self.claims.get(claim), of)
            case PrincipalField(field="name"):
                return self._claim(_NAME, self.name, of)
            case PrincipalField(field="role"):
                return self._claim("principal.role", self.role, of)
            case Now():
                return Value(value=instant(self.now, of, self.options))
            case _:
                raise AssertionError(operand)

    def values(self, claim: str, of: ColumnType) -> tuple[Value, ...]:
        found = self.claims.get(claim)
        if not isinstance(found, tuple) or not found:
            raise MissingClaimError(claim)
        return tuple(self._claim(claim, each, of) for each in found)

    def _claim(self, claim: str, value: ClaimValue, of: ColumnType) -> Value:
        try:
            return Value(value=from_claim(value, of, self.options))
        except ValueFault:
            raise MissingClaimError(claim) from None


def _bound(condition: Condition, columns: Mapping[str, ColumnType], caller: _Caller) -> Condition:
    match condition:
        case AllOf(of=parts):
            return AllOf(of=tuple(_bound(part, columns, caller) for part in parts))
        case AnyOf(of=parts):
            return AnyOf(of=tuple(_bound(part, columns, caller) for part in parts))
        case Negation(of=part):
            return Negation(of=_bound(part, columns, caller))
        case Comparison(column=column, operand=operand) if not isinstance(operand, Slot):
            value = caller.value(operand, columns[column])
            return msgspec.structs.replace(condition, operand=value)
        case Membership(column=column, operands=Claim(name=claim)):
            values = caller.values(claim, columns[column])
            return msgspec.structs.replace(condition, operands=values)
        case _:
            return condition
