"""Plan a GET: outputs, grouping, ordering, page. Pure."""

from faucet.errors import DUPLICATE_ALIAS, INVALID_PARAMETER, MASKED_COLUMN, WRONG_TYPE, PlanError
from faucet.model.catalog import EQUATABLE, EXTREMAL, NUMBERS, ColumnType, Kind
from faucet.model.facts import Facts
from faucet.model.filters.condition import columns_of
from faucet.model.filters.lift import Lifter
from faucet.model.plan import ReadPlan
from faucet.model.request import AuthorizedRequest, FieldItem, OrderItem
from faucet.model.statement import Count, Function, OrderTerm, Output, Select
from faucet.request.plan.columns import (
    column_output,
    plain_name,
    relation_name,
    typed,
)
from faucet.request.plan.selection import selection

_INTEGER = ColumnType(kind=Kind.INTEGER, db_type="bigint", bits=64)
# Below what PostgreSQL (1,664) and SQLite (2,000) take of a result.
_MOST_OUTPUTS = 1600
_DOUBLE = ColumnType(kind=Kind.FLOAT, db_type="double precision", bits=64)


def plan_read(authorized: AuthorizedRequest, facts: Facts) -> ReadPlan:
    """Return the plan of a GET on a collection or a record."""
    request, relation = authorized.request, authorized.resource.relation
    outputs = outputs_of(authorized)
    group = tuple(dict.fromkeys(plain_name(column) for column in request.group))
    _check_group(authorized, outputs, group)
    single = request.selector.single
    order = () if single else _order(authorized, outputs, group)
    limit = 1 if single else _limit(authorized)
    offset = request.page.offset

    arrays = facts.dialects[authorized.service.dialect].array_parameters
    lifter, counter = Lifter(arrays=arrays), Lifter(arrays=arrays)
    where = selection(authorized)
    named = columns_of(where) | {*group, *(t.column for t in order if t.column is not None)}
    columns = typed(relation, named | {o.column for o in outputs if o.column is not None})
    select = Select(
        relation=relation_name(relation),
        columns=columns,
        outputs=outputs,
        where=lifter.lift(where),
        group=group,
        order=order,
        limit=lifter.slot(limit),
        offset=lifter.slot(offset),
    )
    count = None
    if request.page.count and not single:
        count = Count(
            relation=select.relation,
            columns=typed(relation, columns_of(where) | {*group}),
            where=counter.lift(where),
            group=group,
        )
    return ReadPlan(
        select=select,
        values=lifter.values,
        limit=limit,
        offset=offset,
        count=count,
        count_values=counter.values,
        single=single,
        time_limit=authorized.limits.statement_timeout,
    )


def _limit(authorized: AuthorizedRequest) -> int:
    asked, limits = authorized.request.page.limit, authorized.limits
    if asked is None:
        return min(limits.page_default, limits.page_max)
    return limits.page_max if asked == 0 else min(asked, limits.page_max)


def outputs_of(authorized: AuthorizedRequest) -> tuple[Output, ...]:
    """Return the outputs that *authorized* asks for; all readable columns unless it says."""
    request, read = authorized.request, authorized.resource.read
    readable = () if read is None else read.readable
    items = request.fields
    if items is None:
        names = tuple(dict.fromkeys(plain_name(c) for c in request.group)) or readable
        return tuple(column_output(authorized, name) for name in names)
    outputs: dict[str, Output] = {}
    for item in items:
        wanted = (
            [column_output(authorized, name) for name in readable]
            if item.everything
            else [_output(authorized, item)]
        )
        for output in wanted:
            if len(outputs) == _MOST_OUTPUTS:
                message = f"fields takes at most {_MOST_OUTPUTS} columns"
                raise PlanError(INVALID_PARAMETER, message, parameter="fields")
            if outputs.setdefault(output.label, output) != output:
                message = f'two different outputs are named "{output.label}"; give one an alias'
                raise PlanError(DUPLICATE_ALIAS, message, parameter="fields", column=output.label)
    return tuple(outputs.values())


def _output(authorized: AuthorizedRequest, item: FieldItem) -> Output:
    if item.column is None:
        return Output(label=item.label, column=None, type=_INTEGER, function=Function.COUNT)
    name = plain_name(item.column)
    output = column_output(authorized, name, item.label)
    if item.function is None:
        return output
    return Output(
        label=item.label,
        column=name,
        type=_result(item.function, output.type, name),
        function=item.function,
    )


def _result(function: Function, of: ColumnType, name: str) -> ColumnType:
    if function is Function.COUNT:
        return _INTEGER
    takes = NUMBERS if function in (Function.SUM, Function.AVG) else EXTREMAL
    if of.kind not in takes:
        message = f'{function.value} does not take "{name}", which is {of.kind.value}'
        raise PlanError(WRONG_TYPE, message, parameter="fields", column=name)
    if function is Function.AVG or (function is Function.SUM and of.kind is Kind.FLOAT):
        return _DOUBLE
    return _INTEGER if function is Function.SUM and of.kind is Kind.INTEGER else of


def _check_group(
    authorized: AuthorizedRequest, outputs: tuple[Output, ...], group: tuple[str, ...]
) -> None:
    for name in group:
        column = authorized.resource.relation.column(name)
        if column is not None and column.type.kind not in EQUATABLE:
            message = f'"{name}" is {column.type.kind.value} and cannot be grouped by'
            raise PlanError(WRONG_TYPE, message, parameter="group", column=name)
    if not group and not any(output.function for output in outputs):
        return
    for output in outputs:
        if output.function is None and output.column not in group:
            message = f'"{output.column}" must be in group, since other outputs are functions'
            message = message if not group else f'"{output.column}" is selected but not in group'
            raise PlanError(INVALID_PARAMETER, message, parameter="fields", column=output.column)


def _order(
    authorized: AuthorizedRequest, outputs: tuple[Output, ...], group: tuple[str, ...]
) -> tuple[OrderTerm, ...]:
    aggregated = bool(group) or any(output.function for output in outputs)
    by_label = {output.label: output for output in outputs}
    terms = [
        _term(
            authorized, item, by_label.get(plain_name(item.column)), group if aggregated else None
        )
        for item in authorized.request.order
    ]
    rest = group if aggregated else _default_order(authorized)
    named = {term.column for term in terms if term.function is None}
    terms += [_column_term(authorized, name) for name in rest if name not in named]
    return tuple(dict.fromkeys(terms))


def _term(
    authorized: AuthorizedRequest,
    item: OrderItem,
    output: Output | None,
    group: tuple[str, ...] | None,
) -> OrderTerm:
    """Order by what a label stands for, never by the label itself; a plain name is its column."""
    name = plain_name(item.column)
    function = None
    if output is not None:
        if output.mask is not None:
            message = f'"{output.column}" is masked for this role: it cannot be ordered by'
            raise PlanError(MASKED_COLUMN, message, parameter="order", column=name)
        if output.function is not None:
            function = output.function
        name = output.column if output.column is not None else name
        column = output.column
    else:
        column = name
    if group is not None and function is None and column not in group:
        message = f'"{name}" is neither grouped nor a selected function; it cannot be ordered by'
        raise PlanError(INVALID_PARAMETER, message, parameter="order", column=name)
    term = _column_term(authorized, column, function)
    return OrderTerm(
        column=term.column,
        function=term.function,
        descending=item.descending,
        nulls_first=item.nulls_first,
        nullable=term.nullable,
    )


def _column_term(
    authorized: AuthorizedRequest, name: str | None, function: Function | None = None
) -> OrderTerm:
    if name is None:
        return OrderTerm(column=None, function=function, nullable=False)
    column = authorized.resource.relation.column(name)
    if column is None:
        raise AssertionError(name)
    if column.type.kind not in EQUATABLE and function is None:
        message = f'"{name}" is {column.type.kind.value} and cannot be ordered by'
        raise PlanError(WRONG_TYPE, message, parameter="order", column=name)
    return OrderTerm(
        column=name,
        function=function,
        nullable=column.nullable or function not in (None, Function.COUNT),
    )


def table_order(authorized: AuthorizedRequest) -> tuple[OrderTerm, ...]:
    """Return the order in which rows come unless the caller says another."""
    return tuple(_column_term(authorized, name) for name in _default_order(authorized))


def _default_order(authorized: AuthorizedRequest) -> tuple[str, ...]:
    read = authorized.resource.read
    if read is None:
        return ()
    if key := authorized.resource.public_key:
        sortable = (authorized.resource.relation.column(name) for name in key)
        if all(column is not None and column.type.kind in EQUATABLE for column in sortable):
            return key
    return tuple(
        column.name
        for column in authorized.resource.relation.columns
        if column.name in read.readable
        and column.name not in read.masks
        and column.type.kind in EQUATABLE
    )
