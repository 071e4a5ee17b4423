"""A filter typed against a catalog: columns by name, values in the column's type. Pure.

One family of nodes in three phases. A policy holds `Claim`, `PrincipalField` and `Now` operands;
`bind` replaces them by `Value`; `lift` replaces each `Value` by a numbered `Slot`, so that the
result is a shape: equal for requests that differ only in their values.
"""

from decimal import Decimal
from typing import final

import msgspec

from faucet.model.catalog import Column, ColumnType
from faucet.model.filters.predicate import LiteralKind, Operator, PatternKind

Plain = None | bool | int | float | str | bytes | Decimal


class Spelling(msgspec.Struct, frozen=True, kw_only=True):
    """
    A literal compared with a loose column: it equals a cell that is returned as *value* or, where
    the cell does not fit its type, as *written*. Both are the same for a literal that does not fit.
    """

    value: Plain
    written: str | int | float


Scalar = Plain | Spelling


class LiteralOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """
    The literal of a filter that a value was parsed from: as *kind* for a column of *type*, or as
    the text of a *pattern*. *position* counts characters; -1, -2, … are parts of a path key.
    *equal* means that it was read to be tested for equality.
    """

    kind: LiteralKind
    type: ColumnType
    position: int
    pattern: PatternKind | None = None
    equal: bool = False


class ReferenceOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """The reference of a row rule that a value was bound to, for a column of *column*'s type."""

    operand: "Claim | PrincipalField | Now"
    column: Column


@final
class Value(msgspec.Struct, frozen=True, kw_only=True, tag="value"):
    """
    A value of the column's kind, in canonical form (`model/values/canonical.py`).

    *origin* is its source, None if it is constant or not traced.
    """

    value: Scalar
    origin: LiteralOrigin | ReferenceOrigin | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True, tag="claim"):
    """A claim of the principal; *many* after IN, where it must be a list."""

    name: str
    many: bool = False


class PrincipalField(msgspec.Struct, frozen=True, kw_only=True, tag="principal"):
    """``name`` or ``role`` of the principal."""

    field: str


class Now(msgspec.Struct, frozen=True, kw_only=True, tag="now"):
    """The instant of the request, in the column's own type."""


@final
class Slot(msgspec.Struct, frozen=True, kw_only=True, tag="slot"):
    """The *index*-th value of the statement; *spelled* if it is a `Spelling`."""

    index: int
    spelled: bool = False


class Slots(msgspec.Struct, frozen=True, kw_only=True, tag="slots"):
    """
    *count* values of the statement from *first* on; padded by repetition to a power of two.
    *spelled* if they are of `Spelling`.
    """

    first: int
    count: int
    spelled: bool = False


Operand = Value | Claim | PrincipalField | Now | Slot


class Comparison(msgspec.Struct, frozen=True, kw_only=True, tag="comparison"):
    """
    ``column operator operand``.

    *exact* compares text by code points and instants by value, whatever the column's collation
    (row rules); otherwise the column's own collation decides.
    """

    column: str
    operator: Operator
    operand: Operand
    exact: bool = False


class Membership(msgspec.Struct, frozen=True, kw_only=True, tag="membership"):
    """
    ``column IN operands``, never empty; *exact* as in `Comparison`. Negation is a `Negation` around
    it.
    """

    column: str
    operands: tuple[Value, ...] | Claim | Slots
    exact: bool = False


class Pattern(msgspec.Struct, frozen=True, kw_only=True, tag="pattern"):
    """LIKE with `\\` as its escape, case-sensitive; *fold* lowers both sides first (ILIKE)."""

    column: str
    operand: Operand
    fold: bool = False


class NullTest(msgspec.Struct, frozen=True, kw_only=True, tag="null_test"):
    """``column IS NULL``."""

    column: str


class Known(msgspec.Struct, frozen=True, kw_only=True, tag="known"):
    """
    *holds* where the column is not null, else unknown: a comparison that the type alone decides.
    """

    column: str
    holds: bool


class KeySet(msgspec.Struct, frozen=True, kw_only=True, tag="key_set"):
    """``(columns) IN (tuples of values)``; the rows with one of these keys."""

    columns: tuple[str, ...]
    keys: tuple[tuple[Value, ...], ...] | Slots


class Negation(msgspec.Struct, frozen=True, kw_only=True, tag="negation"):
    """NOT."""

    of: "Condition"


class AllOf(msgspec.Struct, frozen=True, kw_only=True, tag="all"):
    """AND; without parts, true."""

    of: tuple["Condition", ...]


class AnyOf(msgspec.Struct, frozen=True, kw_only=True, tag="any"):
    """OR; without parts, false."""

    of: tuple["Condition", ...]


class Guarded(msgspec.Struct, frozen=True, kw_only=True, tag="guarded"):
    """
    ``policy AND test``, where the database evaluates *test* only for rows that meet *policy*.

    Without this, it may evaluate the two in any order, and the time that *test* takes on a row that
    the caller does not see would tell the caller of it.
    """

    policy: "Condition"
    test: "Condition"


Condition = (
    Comparison
    | Membership
    | Pattern
    | NullTest
    | Known
    | KeySet
    | Negation
    | AllOf
    | AnyOf
    | Guarded
)

EVERY_ROW = AllOf(of=())


def all_of(*conditions: Condition | None) -> Condition:
    """Return the conjunction of *conditions*, leaving out None and what is trivially true."""
    parts = tuple([c for c in conditions if c is not None and c != EVERY_ROW])
    return parts[0] if len(parts) == 1 else AllOf(of=parts)


def columns_of(condition: Condition) -> frozenset[str]:
    """Return every column that *condition* reads."""
    match condition:
        case AllOf(of=parts) | AnyOf(of=parts):
            return frozenset().union(*(columns_of(part) for part in parts))
        case Negation(of=part):
            return columns_of(part)
        case Guarded(policy=policy, test=test):
            return columns_of(policy) | columns_of(test)
        case KeySet(columns=columns):
            return frozenset(columns)
        case _:
            return frozenset({condition.column})
