"""Plans a GET: outputs, grouping, ordering, page. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

from faucet.errors import DUPLICATE_ALIAS, INVALID_PARAMETER, MASKED_COLUMN, WRONG_TYPE, PlanError
from faucet.model.catalog import EQUATABLE, EXTREMAL, NUMBERS, Column, ColumnType, Kind
from faucet.model.filters.condition import Condition
from faucet.model.filters.lift import Lifter, PageOrigin
from faucet.model.limits import LimitSettings
from faucet.model.plan import ReadPlan
from faucet.model.request import AuthorizedField, AuthorizedOrder, AuthorizedRequest
from faucet.model.statement import Count, Function, OrderTerm, Output, Select
from faucet.model.surface import ResourceView
from faucet.request.plan.selection import selection

_INTEGER: Final = ColumnType(kind=Kind.INTEGER, db_type="bigint", bits=64)
# Below the maximum of PostgreSQL (1,664) and SQLite (2,000).
_MOST_OUTPUTS: Final = 1600
_DOUBLE: Final = ColumnType(kind=Kind.FLOAT, db_type="double precision", bits=64)


def plan_read(authorized: AuthorizedRequest) -> ReadPlan:
    """Return the plan of a GET on a collection or a record."""
    request, target = authorized.request, authorized.resource.target
    outputs = outputs_of(authorized)
    aggregated = bool(authorized.group) or _aggregates(authorized)
    if aggregated:
        _check_group(authorized, outputs)
    single, paging = request.selector.single, request.page
    order = () if single else _order(authorized, outputs, aggregated=aggregated)
    limit = 1 if single else page_limit(paging.limit, authorized.limits)
    group = tuple(_names(authorized.group)) if authorized.group else ()

    lifter = Lifter(arrays=target.arrays)
    where = selection(authorized)
    select = Select(
        relation=target.relation,
        columns=target.columns,
        outputs=outputs,
        where=lifter.lift(where),
        group=group,
        order=order,
        limit=lifter.slot(limit, PageOrigin.LIMIT),
        offset=lifter.slot(paging.offset, PageOrigin.OFFSET),
    )
    plan = ReadPlan(
        select=select,
        values=lifter.values,
        origins=lifter.origins,
        limit=limit,
        offset=paging.offset,
        single=single,
        time_limit=authorized.limits.statement_timeout,
        runs_code=target.runs_code,
    )
    return (
        _counted(plan, where, Lifter(arrays=target.arrays)) if paging.count and not single else plan
    )


def _counted(plan: ReadPlan, where: Condition, lifter: Lifter) -> ReadPlan:
    """Return *plan* with the count of all rows or groups that meet *where*."""
    select = plan.select
    count = Count(
        relation=select.relation,
        columns=select.columns,
        where=lifter.lift(where),
        group=select.group,
    )
    return msgspec.structs.replace(
        plan, count=count, count_values=lifter.values, count_origins=lifter.origins
    )


def page_limit(asked: int | None, limits: LimitSettings) -> int:
    """Return the maximum number of rows of a page; 0 requests as many as allowed."""
    if asked is None:
        return min(limits.page_default, limits.page_max)
    return limits.page_max if asked == 0 else min(asked, limits.page_max)


def _aggregates(authorized: AuthorizedRequest) -> bool:
    fields = authorized.fields
    return fields is not None and any(field.function is not None for field in fields)


def outputs_of(authorized: AuthorizedRequest) -> tuple[Output, ...]:
    """Return the outputs that *authorized* requests; by default all readable columns."""
    view = authorized.resource
    if authorized.fields is None:
        if not authorized.group:
            return view.all_outputs
        return tuple(view.outputs[name] for name in _names(authorized.group))
    outputs: dict[str, Output] = {}
    for field in authorized.fields:
        for output in view.all_outputs if field.everything else (_output(view, field),):
            if len(outputs) == _MOST_OUTPUTS:
                message = f"fields accepts at most {_MOST_OUTPUTS} columns"
                raise PlanError(INVALID_PARAMETER, message, parameter="fields")
            if outputs.setdefault(output.label, output) != output:
                message = f'two different outputs are named "{output.label}"; give one an alias'
                raise PlanError(DUPLICATE_ALIAS, message, parameter="fields", column=output.label)
    return tuple(outputs.values())


def _names(columns: tuple[Column, ...]) -> Iterable[str]:
    return dict.fromkeys(column.name for column in columns)


def _output(view: ResourceView, field: AuthorizedField) -> Output:
    if field.column is None:
        return Output(label=field.label, column=None, type=_INTEGER, function=Function.COUNT)
    name, of = field.column.name, field.column.type
    if field.function is None:
        output = view.outputs[name]
        if field.label == output.label:
            return output
        return msgspec.structs.replace(output, label=field.label)
    return Output(
        label=field.label,
        column=name,
        type=_result(field.function, of, name),
        function=field.function,
    )


def _result(function: Function, of: ColumnType, name: str) -> ColumnType:
    if function is Function.COUNT:
        return _INTEGER
    takes = NUMBERS if function in (Function.SUM, Function.AVG) else EXTREMAL
    if of.kind not in takes:
        message = f'{function.value} does not support "{name}", which is {of.kind.value}'
        raise PlanError(WRONG_TYPE, message, parameter="fields", column=name)
    if function is Function.AVG or (function is Function.SUM and of.kind is Kind.FLOAT):
        return _DOUBLE
    return _INTEGER if function is Function.SUM and of.kind is Kind.INTEGER else of


def _check_group(authorized: AuthorizedRequest, outputs: tuple[Output, ...]) -> None:
    for column in authorized.group:
        if column.type.kind not in EQUATABLE:
            message = f'"{column.name}" is {column.type.kind.value} and cannot be used in group'
            raise PlanError(WRONG_TYPE, message, parameter="group", column=column.name)
    group = {column.name for column in authorized.group}
    for output in outputs:
        if output.function is None and output.column not in group:
            message = f'"{output.column}" must be in group, since other outputs are functions'
            message = message if not group else f'"{output.column}" is selected but not in group'
            raise PlanError(INVALID_PARAMETER, message, parameter="fields", column=output.column)


def _order(
    authorized: AuthorizedRequest, outputs: tuple[Output, ...], *, aggregated: bool
) -> tuple[OrderTerm, ...]:
    view, group = authorized.resource, authorized.group
    if not authorized.order and not aggregated:
        return view.order
    # Only what is not a column needs them.
    by_label: dict[str, Output] = {}
    if None in [item.column for item in authorized.order]:
        by_label = {output.label: output for output in outputs}
    grouped = {column.name for column in group} if aggregated else None
    terms = [
        _term(view, item, by_label.get(item.name) if item.column is None else None, grouped)
        for item in authorized.order
    ]
    named = {term.column for term in terms if term.function is None}
    rest = map(_column_term, group) if aggregated else view.order
    return tuple(dict.fromkeys([*terms, *[term for term in rest if term.column not in named]]))


def _term(
    view: ResourceView, item: AuthorizedOrder, output: Output | None, grouped: set[str] | None
) -> OrderTerm:
    """Order by the expression of a label, never by the label itself; a plain name is its column."""
    if output is None:
        column, function = item.column, None
    elif output.mask is not None:
        message = f'"{output.column}" is masked for this role and cannot be used in order'
        raise PlanError(MASKED_COLUMN, message, parameter="order", column=item.name)
    else:
        function = output.function
        column = None if output.column is None else view.columns[output.column]
    name = item.name if column is None else column.name
    if grouped is not None and function is None and name not in grouped:
        message = f'"{name}" is neither grouped nor a selected function; it cannot be used in order'
        raise PlanError(INVALID_PARAMETER, message, parameter="order", column=name)
    descending, nulls_first = item.descending, item.nulls_first
    if column is None:
        return OrderTerm(
            column=None,
            function=function,
            descending=descending,
            nulls_first=nulls_first,
            nullable=False,
        )
    return _column_term(column, function, descending=descending, nulls_first=nulls_first)


def _column_term(
    column: Column,
    function: Function | None = None,
    *,
    descending: bool = False,
    nulls_first: bool | None = None,
) -> OrderTerm:
    if column.type.kind not in EQUATABLE and function is None:
        message = f'"{column.name}" is {column.type.kind.value} and cannot be used in order'
        raise PlanError(WRONG_TYPE, message, parameter="order", column=column.name)
    return OrderTerm(
        column=column.name,
        function=function,
        descending=descending,
        nulls_first=nulls_first,
        nullable=column.nullable or function not in (None, Function.COUNT),
    )
