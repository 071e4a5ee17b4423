"""Statement shapes to compiled SQL. Pure; the only place that writes statements."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from faucet.extension.sql_forms import DeletedRows, Expression, SqlForms
from faucet.extension.transform import Transform
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import Slot
from faucet.model.settings import ValueOptions
from faucet.model.statement import (
    Count,
    CountCheckFailures,
    CountCheckPasses,
    CountMissingParents,
    Delete,
    EvaluateCheck,
    Function,
    Insert,
    Layout,
    Locate,
    OrderTerm,
    Output,
    RelationName,
    Select,
    Statement,
    Typed,
    Update,
)
from faucet.sql.answers import reader
from faucet.sql.compiled import Compiled, Placeholder
from faucet.sql.conditions import Conditions, Parameters
from faucet.sql.defaults import default_expression

_INTEGER = ColumnType(kind=Kind.INTEGER, db_type="bigint", bits=64)


class RenderContext(msgspec.Struct, frozen=True, kw_only=True):
    """The context for rendering statements of one service. *mask_key* is for keyed transforms."""

    forms: SqlForms
    options: ValueOptions
    transforms: Mapping[str, Transform]
    mask_key: bytes


def render(statement: Statement, render_context: RenderContext) -> Compiled:
    """Return *statement* as SQL of the context's dialect."""
    return _Rendering(render_context).render(statement)


class _Source:
    """A relation in a statement: its columns as expressions, with their types."""

    def __init__(
        self, name: RelationName, columns: Iterable[Typed], keys: Iterable[str], forms: SqlForms
    ) -> None:
        self.types = {column.name: column.type for column in columns}
        for key in keys:
            self.types.setdefault(key, forms.locator_type())
        self.table = sa.table(
            quoted_name(name.name, quote=True),
            *(sa.column(quoted_name(column, quote=True)) for column in self.types),
            schema=None if name.schema is None else quoted_name(name.schema, quote=True),
        )

    def column(self, name: str) -> Expression:
        return self.table.c[name]


class _Rendering:
    def __init__(self, render_context: RenderContext) -> None:
        self._context = render_context
        self._forms = render_context.forms
        self._parameters = Parameters(render_context.forms, render_context.options)
        self._renderers: Mapping[type, Callable[[Any], sa.sql.ClauseElement]] = {
            Select: self._select,
            Count: self._count,
            Locate: self._locate,
            Insert: self._insert,
            Update: self._update,
            Delete: self._delete,
            CountCheckPasses: self._count_check_passes,
            EvaluateCheck: self._evaluate_check,
            CountCheckFailures: self._count_check_failures,
            CountMissingParents: self._count_missing_parents,
        }

    def render(self, statement: Statement) -> Compiled:
        text = self._forms.compile(self._renderers[type(statement)](statement))
        values, constants = self._parameters.placeholders, []
        placeholders = []
        for name in text.names:
            if name in values:
                placeholders.append(values[name])
            else:
                constants.append(text.constants[name])
                placeholders.append(Placeholder(-len(constants), _unchanged))
        return Compiled(
            sql=text.sql,
            placeholders=tuple(placeholders),
            constants=tuple(reversed(constants)),
            read=reader(statement, self._forms, self._context.options),
        )

    def _source(self, statement: Any, keys: tuple[str, ...] = ()) -> _Source:
        return _Source(statement.relation, statement.columns, keys, self._forms)

    def _where(self, source: _Source, condition: Any) -> Expression:
        return Conditions(source.column, source.types, self._parameters).write(condition)

    def _keys(self, source: _Source, names: tuple[str, ...]) -> list[Expression]:
        return [self._forms.key(source.column(name), source.types[name]) for name in names]

    def _select(self, statement: Select) -> sa.sql.ClauseElement:
        form = statement.form
        source = self._source(statement, form.keys)
        query = self._query(source, statement.outputs).where(self._where(source, statement.where))
        if statement.group:
            query = query.group_by(*(source.column(name) for name in statement.group))
        query = query.order_by(*(self._ordered(source, term) for term in statement.order))
        limit, offset = self._number(statement.limit), self._number(statement.offset)
        query = self._forms.paged(query, limit, offset)
        labels = _labels(statement.outputs)
        if form.layout is Layout.PAGE:
            return self._forms.page(query, labels)
        return self._forms.rows(query, self._keys(source, form.keys), labels)

    def _query(self, source: "_Source", outputs: tuple[Output, ...]) -> sa.Select[Any]:
        written = [self._output(source, output) for output in outputs]
        return sa.select(*written).select_from(source.table)

    def _number(self, slot: Slot | None) -> Expression | None:
        return None if slot is None else self._parameters.value(slot, _INTEGER)

    def _output(self, source: _Source, output: Output) -> Expression:
        label = quoted_name(output.label, quote=True)
        if output.column is None:
            return sa.func.count().label(label)
        column = source.column(output.column)
        raw = source.types[output.column]
        if output.mask is not None:
            transform = self._context.transforms[output.mask]
            key = self._context.mask_key if transform.facts.keyed else b""
            return transform.expression(column, raw, self._forms, key).label(label)
        if output.function is Function.COUNT:
            return sa.func.count(column).label(label)
        if output.function is not None:
            column = self._forms.aggregate(output.function, column, raw)
        return self._forms.wire(column, output.type, self._context.options).label(label)

    def _ordered(self, source: _Source, term: OrderTerm) -> sa.ColumnElement[Any]:
        first = term.descending if term.nulls_first is None else term.nulls_first
        return self._forms.ordered(
            self._order_key(source, term),
            descending=term.descending,
            nulls_first=first if term.nullable else None,
        )

    def _order_key(self, source: _Source, term: OrderTerm) -> Expression:
        if term.column is None:
            return sa.func.count()
        column = source.column(term.column)
        if term.function is None:
            return column
        if term.function is Function.COUNT:
            return sa.func.count(column)
        return self._forms.aggregate_order(term.function, column, source.types[term.column])

    def _count(self, statement: Count) -> sa.sql.ClauseElement:
        source = self._source(statement)
        where = self._where(source, statement.where)
        if not statement.group:
            return sa.select(sa.func.count()).select_from(source.table).where(where)
        grouped = [source.column(name) for name in statement.group]
        groups = sa.select(sa.literal(1).label("one")).select_from(source.table).where(where)
        return sa.select(sa.func.count()).select_from(groups.group_by(*grouped).subquery("groups"))

    def _locate(self, statement: Locate) -> sa.sql.ClauseElement:
        source = self._source(statement, statement.keys)
        query = sa.select(*self._keys(source, statement.keys)).select_from(source.table)
        return query.where(self._where(source, statement.where))

    def _insert(self, statement: Insert) -> sa.sql.ClauseElement:
        source = self._source(statement, statement.keys)
        target = _writable(source, statement.assign)
        values = {name: self._assigned(source, name, i) for i, name in enumerate(statement.assign)}
        return self._returning(sa.insert(target).values(values), source, statement.keys)

    def _returning(
        self, write: sa.Insert | sa.Update, source: _Source, keys: tuple[str, ...]
    ) -> sa.sql.ClauseElement:
        return self._forms.returning(write, self._keys(source, keys)) if keys else write

    def _assigned(self, source: _Source, name: str, index: int) -> Expression:
        return self._parameters.value(Slot(index=index), source.types[name])

    def _update(self, statement: Update) -> sa.sql.ClauseElement:
        source = self._source(statement, statement.keys)
        values: dict[Any, Any] = {
            source.column(name): self._assigned(source, name, index)
            for index, name in enumerate(statement.assign)
        }
        for name, expression in zip(statement.defaults, statement.default_sql, strict=True):
            values[source.column(name)] = self._forms.default(expression)
        query = sa.update(source.table).values(values)
        query = query.where(self._where(source, statement.where))
        return self._returning(query, source, statement.keys)

    def _delete(self, statement: Delete) -> sa.sql.ClauseElement:
        source = self._source(statement)
        query = sa.delete(source.table).where(self._where(source, statement.where))
        if not statement.outputs:
            return query

        def select(table: sa.FromClause) -> sa.Select[Any]:
            source = _Source(statement.relation, statement.columns, (), self._forms)
            source.table = table  # type: ignore[assignment]  # it has the columns of a table
            order = (self._ordered(source, term) for term in statement.order)
            return self._query(source, statement.outputs).order_by(*order)

        ordering = tuple(term.column for term in statement.order if term.column is not None)
        deleted = DeletedRows(
            select=select,
            columns=[source.column(column.name) for column in statement.columns],
            keys=self._keys(source, ordering),
        )
        return self._forms.deleted_rows(query, deleted, _labels(statement.outputs))

    def _count_check_passes(self, statement: CountCheckPasses) -> sa.sql.ClauseElement:
        source = self._source(statement, _key_names(statement.where))
        where = self._where(source, statement.where)
        check = self._forms.is_true(self._where(source, statement.check))
        return sa.select(sa.func.count()).select_from(source.table).where(where, check)

    def _evaluate_check(self, statement: EvaluateCheck) -> sa.sql.ClauseElement:
        types = {column.name: column.type for column in statement.columns}
        values = [
            self._parameters.value(Slot(index=index), types[name]).label(_quoted(name))
            for index, name in enumerate(statement.given)
        ]
        values += [default_expression(text).label(_quoted(n)) for n, text in statement.defaults]
        given = sa.select(*values).subquery("given")
        check = Conditions(given.c.__getitem__, types, self._parameters).write(statement.check)
        return sa.select(sa.func.count()).select_from(given).where(self._forms.is_true(check))

    def _count_check_failures(self, statement: CountCheckFailures) -> sa.sql.ClauseElement:
        source = self._source(statement)
        after = {
            name: self._assigned(source, name, index) for index, name in enumerate(statement.assign)
        }
        for name, text in zip(statement.defaults, statement.default_sql, strict=True):
            after[name] = default_expression(text)

        def column(name: str) -> Expression:
            return after[name] if name in after else source.column(name)

        check = Conditions(column, source.types, self._parameters).write(statement.check)
        query = sa.select(sa.func.count()).select_from(source.table)
        return query.where(
            self._where(source, statement.where), sa.not_(self._forms.is_true(check))
        )

    def _count_missing_parents(self, statement: CountMissingParents) -> sa.sql.ClauseElement:
        child = self._source(statement, _key_names(statement.where))
        parent = _Source(statement.parent, statement.parent_columns, (), self._forms)
        alias = parent.table.alias(_free_name("parent", child.table.name))
        seen = Conditions(alias.c.__getitem__, parent.types, self._parameters).write(statement.seen)
        pairs = list(zip(statement.references, statement.referenced, strict=True))
        linked = [alias.c[far] == child.column(near) for near, far in pairs]
        found = sa.exists(sa.select(sa.literal(1)).select_from(alias).where(*linked, seen))
        present = [child.column(near).is_not(None) for near, _far in pairs]
        where = self._where(child, statement.where)
        query = sa.select(sa.func.count()).select_from(child.table)
        return query.where(where, *present, sa.not_(found))


def _free_name(name: str, taken: str) -> str:
    """Return *name*, made longer where *taken* is the same: it would hide that table's columns."""
    # Databases differ in whether quoted names fold case, so it counts as the same either way.
    return f"{name}_" if name.casefold() == taken.casefold() else name


def _labels(outputs: tuple[Output, ...]) -> tuple[str, ...]:
    return tuple(output.label for output in outputs)


def _quoted(name: str) -> quoted_name:
    return quoted_name(name, quote=True)


def _key_names(where: Any) -> tuple[str, ...]:
    return getattr(where, "columns", ())


def _writable(source: _Source, names: tuple[str, ...]) -> sa.TableClause:
    table = source.table
    return sa.table(
        table.name, *(sa.column(quoted_name(n, quote=True)) for n in names), schema=table.schema
    )


def _unchanged(value: object) -> object:
    return value
