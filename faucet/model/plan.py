"""A request ready to become SQL: tables, conditions, values, limits; everything but SQL text."""

import msgspec

from faucet.errors import FaucetError
from faucet.model.filters.condition import Condition, Scalar
from faucet.model.filters.lift import Origin, StatementValue
from faucet.model.statement import Count, OrderTerm, Output, RelationName, Select, Typed
from faucet.model.surface import Constraints, Target
from faucet.names import ClosedSet


class ReadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """
    One page, or with *single* one row. *values* are of *select*, *count_values* of *count*; their
    sources are *origins* and *count_origins*, () if not traced. *runs_code* as in `Relation`.
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
    runs_code: bool = True


class ParentReference(msgspec.Struct, frozen=True, kw_only=True):
    """
    A foreign key whose written values must reference a row of *parent* that meets *seen*. A
    *deferred* one is checked when everything is written, as in the database. *collations* and
    *spans* as in `ForeignKey`.
    """

    columns: tuple[str, ...]
    parent: RelationName
    parent_columns: tuple[Typed, ...]
    referenced: tuple[str, ...]
    seen: Condition
    deferred: bool = False
    collations: tuple[str | None, ...] = ()
    spans: bool = False


class ChangeKind(ClosedSet):
    """What a change does to the rows that it is about."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """
    The change of one record, or of all rows of a selector.

    *where* is None for an insert. *defaults* are columns that take their default, *default_sql* the
    catalog's expressions for them. With *must_match*, no matching row is an error. *fault* is the
    planning error of this record, raised when its turn comes. With *kept* it is raised only if a
    matching row does not meet that condition: it has the values that cannot be written already.
    """

    kind: ChangeKind
    assign: tuple[str, ...] = ()
    values: tuple[Scalar, ...] = ()
    defaults: tuple[str, ...] = ()
    default_sql: tuple[str | None, ...] = ()
    where: Condition | None = None
    must_match: bool = False
    fault: FaucetError | None = None
    kept: Condition | None = None


class WritePlan(msgspec.Struct, frozen=True, kw_only=True):
    """
    One write, of one transaction.

    *outputs* is None if no row may be returned (no GET grant, or DELETE without `fields`);
    otherwise rows that meet *visible* are returned, at most *shown* of them. *key* is the public
    key for ``Location``, () if there is none to reveal. *order* is that of returned rows.
    *deletes* means that nothing is left of the rows. *continued* means to continue after a record
    fails.
    """

    target: Target
    changes: tuple[Change, ...]
    outputs: tuple[Output, ...] | None
    visible: Condition
    check: Condition | None
    parents: tuple[ParentReference, ...]
    shown: int
    key: tuple[str, ...] = ()
    deletes: bool = False
    continued: bool = False
    bare: bool = False
    order: tuple[OrderTerm, ...] = ()
    constraints: Constraints = Constraints()
    time_limit: float = 30.0


Plan = ReadPlan | WritePlan
