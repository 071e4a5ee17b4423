"""A request ready to become SQL: tables, conditions, values, limits; everything but SQL text."""

from collections.abc import Mapping

import msgspec

from faucet.errors import FaucetError
from faucet.model.filters.condition import Condition, Scalar
from faucet.model.filters.lift import StatementValue
from faucet.model.statement import Count, OrderTerm, Output, RelationName, Select, Typed
from faucet.model.surface import Verb


class ReadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One page, or with *single* one row. *values* are of *select*, *count_values* of *count*."""

    select: Select
    values: tuple[StatementValue, ...]
    limit: int
    offset: int
    count: Count | None = None
    count_values: tuple[StatementValue, ...] = ()
    single: bool = False
    time_limit: float = 30.0


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """
    The relation that a write touches.

    *keys* identify a row inside the transaction: the primary key, else the row locator, else
    nothing can (). *arrays* as in `Lifter`. *defaults* are what absent columns become: the
    catalog's constant, or None for NULL; a column whose value is only known later is not in it.
    """

    relation: RelationName
    columns: tuple[Typed, ...]
    keys: tuple[str, ...]
    arrays: bool
    defaults: Mapping[str, str | None] = {}


class Constraints(msgspec.Struct, frozen=True, kw_only=True):
    """
    What may be wrong with a write, for the error's words.

    *known* are the columns that the caller may know; *required* take no NULL and have no default;
    *unique* and *references* are the columns of keys, *referenced* those that others may point at.
    """

    known: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[tuple[str, ...], ...] = ()
    referenced: frozenset[str] = frozenset()


class ParentReference(msgspec.Struct, frozen=True, kw_only=True):
    """
    A foreign key whose written values must point at a row of *parent* that meets *seen*. A
    *deferred* one is only held so when all is written, as the database does.
    """

    columns: tuple[str, ...]
    parent: RelationName
    parent_columns: tuple[Typed, ...]
    referenced: tuple[str, ...]
    seen: Condition
    deferred: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """
    What happens to one record, or to all rows of a selector.

    *where* is None for an insert. *defaults* are columns that take their default, *default_sql* the
    catalog's expressions for them. *must_match* makes no row a 404. *fault* is what planning found
    wrong with this record, to be raised in its turn.
    """

    assign: tuple[str, ...] = ()
    values: tuple[Scalar, ...] = ()
    defaults: tuple[str, ...] = ()
    default_sql: tuple[str | None, ...] = ()
    where: Condition | None = None
    must_match: bool = False
    fault: FaucetError | None = None


class WritePlan(msgspec.Struct, frozen=True, kw_only=True):
    """
    One write, of one transaction.

    *outputs* is None where the caller may be shown no row (no GET grant, or DELETE without
    `fields`); otherwise rows that meet *visible* are shown, *shown* of them at the most. *key* is
    the public key for ``Location``, () where there is none to tell. *order* is that of shown rows.
    *continued* keeps going after a record fails.
    """

    verb: Verb
    target: Target
    changes: tuple[Change, ...]
    outputs: tuple[Output, ...] | None
    visible: Condition
    check: Condition | None
    parents: tuple[ParentReference, ...]
    shown: int
    key: tuple[str, ...] = ()
    continued: bool = False
    bare: bool = False
    order: tuple[OrderTerm, ...] = ()
    constraints: Constraints = Constraints()
    time_limit: float = 30.0


Plan = ReadPlan | WritePlan
