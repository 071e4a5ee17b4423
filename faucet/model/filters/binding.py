"""Binds the references of a policy to its caller: claims, name and role, the clock. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from faucet.model.catalog import Column
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
    ReferenceOrigin,
    Scalar,
    Slot,
    Value,
)
from faucet.model.request import Caller, ClaimValue
from faucet.model.settings import ValueOptions
from faucet.model.values.canonical import ValueFault, from_claim, instant

_NAME: Final = "principal.name"


class MissingClaimError(Exception):
    """A claim that a rule needs is absent or not of its column's type: the request is denied."""

    def __init__(self, claim: str) -> None:
        super().__init__(claim)
        self.claim = claim


class Binder(msgspec.Struct, frozen=True, kw_only=True):
    """
    Replaces references by the values of *caller*.

    Every method raises `MissingClaimError` for a reference without a value of the right type,
    wherever it is: no part of a rule is ever left out. With *traced*, values record the reference
    that they were bound to.
    """

    caller: Caller
    options: ValueOptions
    traced: bool = False

    def bind(self, condition: Condition, columns: Mapping[str, Column]) -> Condition:
        """Return *condition* with a `Value`, typed by *columns*, for every reference."""
        if type(condition) is Comparison:
            return self._bind_comparison(condition, columns)
        match condition:
            case AllOf(of=parts):
                return AllOf(of=tuple([self.bind(part, columns) for part in parts]))
            case AnyOf(of=parts):
                return AnyOf(of=tuple([self.bind(part, columns) for part in parts]))
            case Negation(of=part):
                return Negation(of=self.bind(part, columns))
            case Membership(column=name, operands=Claim() as claim):
                column = columns[name]
                values = self.values(claim, column)
                traced = tuple([self._traced(value, claim, column) for value in values])
                return msgspec.structs.replace(condition, operands=traced)
            case _:
                return condition

    def _bind_comparison(self, one: Comparison, columns: Mapping[str, Column]) -> Comparison:
        operand = one.operand
        if type(operand) is Value or type(operand) is Slot:
            return one
        column = columns[one.column]
        value = self._traced(self.value(operand, column), operand, column)
        return Comparison(column=one.column, operator=one.operator, operand=value, exact=one.exact)

    def value(self, operand: Operand, of: Column) -> Scalar:
        """Return the value of one operand for the column *of*."""
        principal = self.caller.principal
        if type(operand) is Claim and not operand.many:
            return self._claim(operand.name, principal.claims.get(operand.name), of)
        match operand:
            case Value(value=value):
                return value
            case PrincipalField(field="name"):
                return self._claim(_NAME, principal.name, of)
            case PrincipalField(field="role"):
                return self._claim("principal.role", principal.role, of)
            case Now():
                return instant(self.caller.now, of.type, self.options)
            case _:
                raise AssertionError(operand)

    def values(self, claim: Claim, of: Column) -> tuple[Scalar, ...]:
        """Return the members of a claim that is a list."""
        found = self.caller.principal.claims.get(claim.name)
        if not isinstance(found, tuple) or not found:
            raise MissingClaimError(claim.name)
        return tuple([self._claim(claim.name, each, of) for each in found])

    def _traced(
        self, value: Scalar, operand: Claim | PrincipalField | Now, column: Column
    ) -> Value:
        if not self.traced:
            return Value(value=value)
        return Value(value=value, origin=ReferenceOrigin(operand=operand, column=column))

    def _claim(self, name: str, value: ClaimValue, of: Column) -> Scalar:
        try:
            return from_claim(value, of.type, self.options)
        except ValueFault:
            raise MissingClaimError(name) from None
