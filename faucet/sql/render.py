"""Statement shapes to compiled SQL. Pure; the only place that writes statements."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from faucet.extension.sql_forms import DeletedRows, Expression, LooseColumn, SqlForms
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
from faucet.sql.output_texts import OutputTexts

_INTEGER = ColumnType(kind=Kind.INTEGER, db_type="bigint", bits=64)


class RenderContext(msgspec.Struct, frozen=True, kw_only=True):
    """
    The context for rendering statements of one service.

    *mask_key* is for keyed transforms, *max_bytes* bounds the rows that a statement returns,
    *output_texts* are those written before.
    """

    forms: SqlForms
    options: ValueOptions
    transforms: Mapping[str, Transform]
    mask_key: bytes
    max_bytes: int
    output_texts: OutputTexts = msgspec.field(default_factory=OutputTexts)


def render(statement: Statement, render_context: RenderContext) -> Compiled:
    """Return *statement* as SQL of the context's dialect."""
    return _Rendering(render_context).render(statement)


class _Source:
    """A relation in a statement: its columns as expressions, with their types."""

    def __init__(
        self, name: RelationName, columns: Iterable[Typed], keys: Iterable[str], forms: SqlForms
    ) -> None:
        self.name: RelationName | None = name
        self.types = {column.name: column.type for column in columns}
        for key in keys:
            self.types.setdefault(key, forms.locator_type())
        self.table = sa.table(
            quoted_name(name.name, quote=True),
            *(
                sa.column(quoted_name(column, quote=True), forms.operand_type(of))
                for column, of in self.types.items()
            ),
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
            read=reader(statement, self._forms, self._context.options, self._context.max_bytes),
            # Only outputs are returned to the caller; keys are needed whatever they take.
            max_bytes=self._context.max_bytes if getattr(statement, "outputs", ()) else None,
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
            query = query.group_by(*(self._group_key(source, name) for name in statement.group))
        query = query.order_by(*(self._ordered(source, term) for term in statement.order))
        limit, offset = self._number(statement.limit), self._number(statement.offset)
        query = self._forms.paged(query, limit, offset)
        labels = _labels(statement.outputs)
        if form.layout is Layout.PAGE:
            return self._forms.page(query, labels, self._context.max_bytes)
        keys = self._keys(source, form.keys)
        return self._forms.rows(query, keys, labels, self._context.max_bytes)

    def _loose(self, source: "_Source", name: str) -> LooseColumn:
        options = self._context.options
        return LooseColumn(cell=source.column(name), type=source.types[name], options=options)

    def _group_key(self, source: "_Source", name: str) -> Expression:
        if not source.types[name].loose:
            return source.column(name)
        return self._forms.group_key(self._loose(source, name))

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
            argument = self._argument(source, output.column, output.function)
            column = self._forms.aggregate(output.function, argument, raw)
        return self._wire(source, output, column).label(label)

    def _wire(self, source: _Source, output: Output, column: Expression) -> Expression:
        def write() -> Expression:
            return self._forms.wire(column, output.type, self._context.options)

        if source.name is None or output.column is None or output.function is not None:
            return write()
        key = (source.name, output.column, output.type)
        return self._context.output_texts.output(key, write, self._forms)

    def _argument(self, source: _Source, name: str, function: Function) -> Expression:
        if source.types[name].loose and function in (Function.MIN, Function.MAX):
            return self._forms.extreme_key(self._loose(source, name))
        return source.column(name)

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
        column, of = source.column(term.column), source.types[term.column]
        if term.function is None:
            by_value = of.loose and not term.stored
            return self._forms.order_key(self._loose(source, term.column)) if by_value else column
        if term.function is Function.COUNT:
            return sa.func.count(column)
        argument = self._argument(source, term.column, term.function)
        return self._forms.aggregate_order(term.function, argument, of)

    def _count(self, statement: Count) -> sa.sql.ClauseElement:
        source = self._source(statement)
        where = self._where(source, statement.where)
        if not statement.group:
            query = sa.select(sa.func.count()).select_from(source.table).where(where)
            return query if statement.spans else self._forms.own_rows(query, source.table)
        grouped = [self._group_key(source, name) for name in statement.group]
        groups = sa.select(sa.literal(1).label("one")).select_from(source.table).where(where)
        return sa.select(sa.func.count()).select_from(groups.group_by(*grouped).subquery("groups"))

    def _locate(self, statement: Locate) -> sa.sql.ClauseElement:
        source = self._source(statement, statement.keys)
        query = sa.select(*self._keys(source, statement.keys)).select_from(source.table)
        query = query.where(self._where(source, statement.where))
        return query.with_for_update() if statement.lock else query

    def _insert(self, statement: Insert) -> sa.sql.ClauseElement:
        source = self._source(statement, statement.keys)
        target = _writable(source, statement.assign)
        values = {name: self._assigned(source, name, i) for i, name in enumerate(statement.assign)}
        return self._write(statement, sa.insert(target).values(values), source)

    def _write(
        self, statement: Insert | Update, write: sa.Insert | sa.Update, source: _Source
    ) -> sa.sql.ClauseElement:
        if not statement.keeps_conflicts:
            write = self._forms.refuse_conflicts(write)
        if not statement.keys:
            return write
        return self._forms.returning(write, self._keys(source, statement.keys))

    def _assigned(self, source: _Source, name: str, index: int) -> Expression:
        return self._parameters.value(Slot(index=index), source.types[name])

    def _kept_or_assigned(self, source: _Source, name: str, index: int) -> Expression:
        value = self._assigned(source, name, index)
        if not source.types[name].loose:
            return value
        return self._forms.assigned(self._loose(source, name), value)

    def _update(self, statement: Update) -> sa.sql.ClauseElement:
        source = self._source(statement, statement.keys)
        values: dict[Any, Any] = {
            source.column(name): self._kept_or_assigned(source, name, index)
            for index, name in enumerate(statement.assign)
        }
        for name, expression in zip(statement.defaults, statement.default_sql, strict=True):
            values[source.column(name)] = self._forms.default(expression)
        query = sa.update(source.table).values(values)
        query = query.where(self._where(source, statement.where))
        return self._write(statement, query, source)

    def _delete(self, statement: Delete) -> sa.sql.ClauseElement:
        source = self._source(statement)
        query = sa.delete(source.table).where(self._where(source, statement.where))
        if not statement.outputs:
            return query

        def select(table: sa.FromClause) -> sa.Select[Any]:
            source = _Source(statement.relation, statement.columns, (), self._forms)
            source.name = None
            source.table = table  # type: ignore[assignment]  # it has the columns of a table
            order = (self._ordered(source, term) for term in statement.order)
            return self._query(source, statement.outputs).order_by(*order)

        ordering = tuple(term.column for term in statement.order if term.column is not None)
        deleted = DeletedRows(
            select=select,
            columns=[source.column(column.name) for column in statement.columns],
            keys=self._keys(source, ordering),
        )
        labels = _labels(statement.outputs)
        return self._forms.deleted_rows(query, deleted, labels, self._context.max_bytes)

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
        collations = statement.collations or (None,) * len(pairs)
        linked = [
            alias.c[far] == self._forms.reference(child.column(near), collation)
            for (near, far), collation in zip(pairs, collations, strict=True)
        ]
        parents = sa.select(sa.literal(1)).select_from(alias).where(*linked, seen)
        found = sa.exists(parents if statement.spans else self._forms.own_rows(parents, alias))
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
