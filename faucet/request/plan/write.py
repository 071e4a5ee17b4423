"""Plan a POST, PUT, PATCH or DELETE: one change per record or per selector. Pure."""

from collections.abc import Callable, Mapping

from faucet.errors import (
    COLUMN_NOT_WRITABLE,
    INVALID_BODY,
    INVALID_PARAMETER,
    NO_KEY,
    NO_SELECTOR,
    UNKNOWN_COLUMN,
    FaucetError,
    PlanError,
)
from faucet.model.catalog import Relation
from faucet.model.facts import Facts
from faucet.model.filters.condition import EVERY_ROW, all_of
from faucet.model.plan import Change, Constraints, ParentReference, Target, WritePlan
from faucet.model.request import AuthorizedRequest, JsonRecord, Selector
from faucet.model.statement import Output
from faucet.model.surface import Verb
from faucet.request.plan.columns import column_output, relation_name, typed, usable_key
from faucet.request.plan.read import outputs_of, table_order
from faucet.request.plan.records import (
    assignment,
    check_path_key,
    defaults_of,
    key_of,
    without_key,
)
from faucet.request.plan.selection import keys_condition, selection


def plan_write(authorized: AuthorizedRequest, facts: Facts) -> WritePlan:
    """Return the plan of a write; faults of single records stay in them when others go on."""
    request, resource = authorized.request, authorized.resource
    relation = resource.relation
    locator = () if relation.row_locator is None else (relation.row_locator,)
    keys = relation.primary_key or resource.key or locator
    continued = request.continued and not request.rollback
    changes = _CHANGES[request.verb](authorized)
    for index, change in enumerate(changes):
        if change.fault is not None and not continued:
            raise _numbered(change.fault, index) if len(changes) > 1 else change.fault
    if authorized.row_check is not None and not keys and request.verb is not Verb.DELETE:
        message = f'"{relation.name}" has nothing to find a written row by, so no check can hold'
        raise PlanError(NO_KEY, message)
    single = request.selector.single
    return WritePlan(
        verb=request.verb,
        target=Target(
            relation=relation_name(relation),
            columns=typed(relation, (column.name for column in relation.columns)),
            keys=keys,
            arrays=facts.dialects[authorized.service.dialect].array_parameters,
            defaults=_known_defaults(relation),
        ),
        changes=changes,
        outputs=_outputs(authorized),
        visible=EVERY_ROW if authorized.visible is None else authorized.visible,
        check=authorized.row_check,
        parents=_parents(authorized, changes),
        shown=authorized.limits.page_max,
        key=resource.public_key,
        continued=continued,
        bare=single,
        order=() if authorized.visible is None else table_order(authorized),
        constraints=_constraints(authorized),
        time_limit=authorized.limits.statement_timeout,
    )


def _numbered(fault: FaucetError, index: int) -> FaucetError:
    return PlanError(fault.kind, fault.message, **{**fault.context, "record": index})


def _known_defaults(relation: Relation) -> Mapping[str, str | None]:
    """Return what absent columns become: constants and NULL; what a call makes is not known."""
    return {
        column.name: column.default
        for column in relation.columns
        if not column.generated
        and not column.auto_increment
        and (column.default is None or "(" not in column.default)
    }


def _constraints(authorized: AuthorizedRequest) -> Constraints:
    relation = authorized.resource.relation
    return Constraints(
        known=authorized.resource.known,
        required=tuple(
            column.name
            for column in relation.columns
            if not column.nullable
            and column.default is None
            and not column.generated
            and not column.auto_increment
        ),
        unique=tuple(
            key
            for key in (relation.primary_key, *(each.columns for each in relation.unique))
            if key
        ),
        references=tuple(key.columns for key in relation.foreign_keys),
        referenced=frozenset(relation.primary_key).union(*(k.columns for k in relation.unique)),
    )


def _outputs(authorized: AuthorizedRequest) -> tuple[Output, ...] | None:
    request = authorized.request
    if authorized.visible is None:
        # Without GET nothing is told but the keys that a POST made.
        key = authorized.resource.key if request.verb is Verb.POST else ()
        return tuple(column_output(authorized, name) for name in key) or None
    if request.verb is Verb.DELETE and request.fields is None:
        return None
    if any(item.function is not None for item in request.fields or ()):
        message = "a write answers with rows: fields takes columns here, no functions"
        raise PlanError(INVALID_PARAMETER, message, parameter="fields")
    return outputs_of(authorized)


def _parents(
    authorized: AuthorizedRequest, changes: tuple[Change, ...]
) -> tuple[ParentReference, ...]:
    written = {name for change in changes for name in (*change.assign, *change.defaults)}
    rules = authorized.grant.parents
    return tuple(
        ParentReference(
            columns=rules[bound.index].foreign_key.columns,
            parent=relation_name(rules[bound.index].parent),
            parent_columns=typed(
                rules[bound.index].parent,
                (column.name for column in rules[bound.index].parent.columns),
            ),
            referenced=rules[bound.index].foreign_key.referenced_columns,
            seen=bound.row_filter,
            deferred=rules[bound.index].foreign_key.deferred,
        )
        for bound in authorized.parents
        if written.intersection(rules[bound.index].foreign_key.columns)
    )


def _inserts(authorized: AuthorizedRequest) -> tuple[Change, ...]:
    return _each(assignment, authorized)


def _replaces(authorized: AuthorizedRequest) -> tuple[Change, ...]:
    usable_key(authorized.resource)
    return _each(_replace, authorized)


def _replace(authorized: AuthorizedRequest, record: JsonRecord) -> Change:
    selector = authorized.request.selector
    if selector.single:
        check_path_key(authorized, record)
    key = selector.ids[0] if selector.ids is not None else key_of(authorized, record)
    where = keys_condition(authorized, (key,), "path" if selector.single else "body")
    filled = assignment(authorized, without_key(authorized, record))
    names, expressions = defaults_of(authorized, frozenset(filled.assign))
    return Change(
        assign=filled.assign,
        values=filled.values,
        defaults=names,
        default_sql=expressions,
        where=all_of(authorized.row_filter, where),
        must_match=True,
    )


def _updates(authorized: AuthorizedRequest) -> tuple[Change, ...]:
    request, selector = authorized.request, authorized.request.selector
    if selector.single:
        (record,) = request.records
        check_path_key(authorized, record)
        return (_update(authorized, without_key(authorized, record), selector),)
    if selector.given:
        (record,) = request.records
        return (_update(authorized, _key_written(authorized, record), selector),)
    if request.single_object:
        (record,) = request.records
        if not set(authorized.resource.public_key or (None,)) <= set(record):
            message = "PATCH needs to know which rows: send filter, ids, the record's key, or all"
            raise PlanError(NO_SELECTOR, message)
    return _each(_update_one, authorized)


def _update(authorized: AuthorizedRequest, record: JsonRecord, selector: Selector) -> Change:
    change = assignment(authorized, record)
    return Change(
        assign=change.assign,
        values=change.values,
        where=selection(authorized),
        must_match=selector.single,
    )


def _update_one(authorized: AuthorizedRequest, record: JsonRecord) -> Change:
    change = assignment(authorized, without_key(authorized, record))
    where = keys_condition(authorized, (key_of(authorized, record),), "body")
    return Change(
        assign=change.assign,
        values=change.values,
        where=all_of(authorized.row_filter, where),
        must_match=True,
    )


def _key_written(authorized: AuthorizedRequest, record: JsonRecord) -> JsonRecord:
    """Beside a selector a key column is a value to write, and needs the right to be written."""
    presets = authorized.presets
    for name in authorized.resource.key:
        if name in record and name not in authorized.grant.writable and name not in presets:
            raise _not_writable(authorized, name)
    return record


def _not_writable(authorized: AuthorizedRequest, name: str) -> FaucetError:
    read = authorized.resource.read
    if read is None or name not in read.readable:
        return PlanError(UNKNOWN_COLUMN, f'there is no column "{name}"', column=name)
    message = f'the column "{name}" may be read but not written'
    return PlanError(COLUMN_NOT_WRITABLE, message, column=name)


def _deletes(authorized: AuthorizedRequest) -> tuple[Change, ...]:
    request = authorized.request
    if request.records:
        return _each(_delete_one, authorized)
    if not request.selector.given:
        message = "DELETE needs to know which rows: send filter, ids, or all=true"
        raise PlanError(NO_SELECTOR, message)
    return (Change(where=selection(authorized), must_match=request.selector.single),)


def _delete_one(authorized: AuthorizedRequest, record: JsonRecord) -> Change:
    key = usable_key(authorized.resource)
    if others := sorted(set(record) - set(key)):
        message = f"a record to delete holds its key ({', '.join(key)}) and nothing else"
        raise PlanError(INVALID_BODY, message, column=others[0])
    where = keys_condition(authorized, (key_of(authorized, record),), "body")
    return Change(where=all_of(authorized.row_filter, where), must_match=True)


def _each(
    make: Callable[[AuthorizedRequest, JsonRecord], Change], authorized: AuthorizedRequest
) -> tuple[Change, ...]:
    """Make a change of each record; what is wrong with one stays in it."""
    changes: list[Change] = []
    for index, record in enumerate(authorized.request.records):
        fault = authorized.faults.get(index)
        if fault is None:
            try:
                changes.append(make(authorized, record))
                continue
            except PlanError as found:
                fault = found
        changes.append(Change(fault=fault))
    return tuple(changes)


_CHANGES: Mapping[Verb, Callable[[AuthorizedRequest], tuple[Change, ...]]] = {
    Verb.POST: _inserts,
    Verb.PUT: _replaces,
    Verb.PATCH: _updates,
    Verb.DELETE: _deletes,
}
