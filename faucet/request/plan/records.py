"""Records of a body as assignments: values typed by their columns, presets on top. Pure."""

from collections.abc import Mapping

import msgspec

from faucet.errors import KEY_MISMATCH, NO_KEY, PlanError
from faucet.model.catalog import Column
from faucet.model.filters.condition import Comparison, Condition, Scalar, all_of
from faucet.model.filters.predicate import Operator
from faucet.model.request import AuthorizedRequest, JsonRecord, JsonValue
from faucet.model.values.canonical import ValueFault, from_json
from faucet.request.plan.columns import usable_key
from faucet.request.plan.selection import equal_value, is_same_key


class RecordShape(msgspec.Struct, frozen=True, kw_only=True):
    """
    What records with the same set of names write: *columns* in table order, named by *assign*.

    *defaults* are the writable columns that a PUT does not fill, *default_sql* the catalog's
    default of each.
    """

    columns: tuple[Column, ...]
    assign: tuple[str, ...]
    defaults: tuple[str, ...]
    default_sql: tuple[str | None, ...]


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """
    The values of one record for the columns *assign*.

    What a loose column cannot be given is left out: *kept* is the condition that it is there
    already, *fault* the error if it is not.
    """

    assign: tuple[str, ...]
    values: tuple[Scalar, ...]
    kept: Condition | None = None
    fault: PlanError | None = None


class Records:
    """
    Turns the records of one request into assignments; each shape is computed once.

    With *keyed*, key columns only select and are not written.
    """

    def __init__(self, authorized: AuthorizedRequest, *, keyed: bool) -> None:
        self._authorized = authorized
        self._options = authorized.service.values
        self._presets = authorized.presets
        self._selecting = frozenset(authorized.resource.key if keyed else ())
        self._shapes: dict[tuple[str, ...], RecordShape] = {}

    def shape(self, record: JsonRecord) -> RecordShape:
        """Return the shape of *record*, in table order, including presets."""
        names = tuple(record)
        if (found := self._shapes.get(names)) is None:
            found = self._shapes[names] = self._make(frozenset(names) - self._selecting)
        return found

    def values(self, record: JsonRecord, shape: RecordShape) -> tuple[Scalar, ...]:
        """Return the values of *shape*; presets overwrite what the caller sent."""
        presets = self._presets
        return tuple(
            presets[column.name] if column.name in presets else self._typed_value(column, record)
            for column in shape.columns
        )

    def assignment(self, record: JsonRecord, shape: RecordShape) -> Assignment:
        """Return what an update assigns; a value that was read can always be sent back."""
        try:
            return Assignment(assign=shape.assign, values=self.values(record, shape))
        except PlanError as fault:
            return self._without_kept(record, shape, fault)

    def _without_kept(self, record: JsonRecord, shape: RecordShape, fault: PlanError) -> Assignment:
        written, kept = {}, []
        for column in shape.columns:
            try:
                (written[column.name],) = self.values(record, _only(column))
            except PlanError as misfit:
                kept.append(self._kept(column, record[column.name], misfit))
        return Assignment(
            assign=tuple(written), values=tuple(written.values()), kept=all_of(*kept), fault=fault
        )

    def _kept(self, column: Column, value: JsonValue, misfit: PlanError) -> Condition:
        view = self._authorized.resource
        readable = view.read is not None and column.name in view.outputs
        if not (column.type.loose and readable) or column.name in view.masks:
            raise misfit
        try:
            equal = equal_value(value, column, self._options)
        except (ValueFault, ValueError):
            raise misfit from None
        return Comparison(column=column.name, operator=Operator.EQ, operand=equal)

    def _make(self, sent: frozenset[str]) -> RecordShape:
        columns = tuple(
            column
            for name, column in self._authorized.resource.columns.items()
            if name in self._presets or name in sent
        )
        assign = tuple(column.name for column in columns)
        left = self._left(frozenset(assign))
        return RecordShape(
            columns=columns,
            assign=assign,
            defaults=tuple(column.name for column in left),
            default_sql=tuple(column.default for column in left),
        )

    def _left(self, filled: frozenset[str]) -> tuple[Column, ...]:
        taken = filled.union(self._authorized.resource.key)
        return tuple(
            column
            for name, column in self._authorized.resource.columns.items()
            if name in self._authorized.grant.writable
            and name not in taken
            and not column.generated
            and not column.auto_increment
        )

    def _typed_value(self, column: Column, record: JsonRecord) -> Scalar:
        value = record[column.name]
        if value is None:
            return None
        try:
            return from_json(value, column.type, self._options)
        except ValueFault as fault:
            message = f'the value for "{column.name}" does not fit: {fault.message}'
            raise PlanError(fault.kind, message, column=column.name) from None


def _only(column: Column) -> RecordShape:
    return RecordShape(columns=(column,), assign=(column.name,), defaults=(), default_sql=())


def key_of(authorized: AuthorizedRequest, record: JsonRecord) -> tuple[JsonValue, ...]:
    """Return the key in *record*, or raise `no_key`."""
    key = usable_key(authorized.resource)
    missing = [name for name in key if record.get(name) is None]
    if missing:
        message = f'every record of this write must carry its key; "{missing[0]}" is missing'
        raise PlanError(NO_KEY, message, column=missing[0])
    return tuple(record[name] for name in key)


def check_path_key(
    authorized: AuthorizedRequest, record: Mapping[str, JsonValue], path: tuple[JsonValue, ...]
) -> None:
    """
    Raise `key_mismatch` if the key in *record* differs from the one in *path*, compared by value.
    """
    for index, name in enumerate(usable_key(authorized.resource)):
        if name not in record:
            continue
        sent = tuple(record[name] if i == index else part for i, part in enumerate(path))
        if record[name] is None or not is_same_key(authorized, sent, path):
            message = f'"{name}" in the body differs from the key in the path'
            raise PlanError(KEY_MISMATCH, message, column=name)
