"""A request ready to become SQL: tables, conditions, values, limits; everything but SQL text."""

import msgspec

from faucet.errors import FaucetError
from faucet.model.filters.condition import Condition, Scalar
from faucet.model.filters.lift import Origin, StatementValue
from faucet.model.statement import Count, OrderTerm, Output, RelationName, Select, Typed
from faucet.model.surface import Constraints, Target, Verb


class ReadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """
    One page, or with *single* one row. *values* are of *select*, *count_values* of *count*; where
    they come from is in *origins* and *count_origins*, () where nobody will ask.
    """

    select: Select
    values: tuple[StatementValue, ...]
    limit: int
    offset: int
    origins: tuple[Origin, ...] = ()
    count: Count | None = None
    count_values: tuple[StatementValue, ...] = ()
    count_origins: tuple[Origin, ...] = ()
    single: bool = False
    time_limit: float = 30.0


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
