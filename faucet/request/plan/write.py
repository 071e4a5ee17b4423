"""Plans a POST, PUT, PATCH or DELETE: one change per record or per selector. Pure."""

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
from faucet.model.filters.condition import EVERY_ROW, all_of
from faucet.model.plan import Change, ChangeKind, ParentReference, WritePlan
from faucet.model.request import AuthorizedRequest, JsonRecord, JsonValue
from faucet.model.statement import Output
from faucet.model.surface import Verb
from faucet.request.plan.columns import usable_key
from faucet.request.plan.read import outputs_of
from faucet.request.plan.records import Records, check_path_key, key_of
from faucet.request.plan.selection import key_condition, selection


def plan_write(authorized: AuthorizedRequest) -> WritePlan:
    """Return the plan of a write; errors of single records are kept in them if others continue."""
    request, view = authorized.request, authorized.resource
    continued = request.continued and not request.rollback
    changes = _CHANGES[request.verb](authorized)
    for index, change in enumerate(changes):
        if change.fault is not None and change.kept is None and not continued:
            raise _with_index(change.fault, index) if len(changes) > 1 else change.fault
    unseen = not view.target.keys and request.verb is not Verb.DELETE
    if authorized.row_check is not None and unseen:
        message = (
            f'"{view.relation.name}" has no usable key, so the row check of this role cannot be '
            "enforced; add a primary key to the table, or declare primary_key for a view"
        )
        raise PlanError(NO_KEY, message)
    return WritePlan(
        target=view.target,
        changes=changes,
        outputs=_outputs(authorized),
        visible=EVERY_ROW if authorized.visible is None else authorized.visible,
        check=authorized.row_check,
        parents=_parents(authorized, changes),
        shown=authorized.limits.page_max,
        key=view.public_key,
        deletes=request.verb is Verb.DELETE,
        continued=continued,
        bare=request.selector.single,
        order=view.order,
        constraints=view.constraints,
        time_limit=authorized.limits.statement_timeout,
    )


def _with_index(fault: FaucetError, index: int) -> FaucetError:
    return PlanError(fault.kind, fault.message, **{**fault.context, "record": index})


def _outputs(authorized: AuthorizedRequest) -> tuple[Output, ...] | None:
    request = authorized.request
    if authorized.visible is None:
        # Without GET only the keys that a POST created are returned.
        return (authorized.resource.key_outputs or None) if request.verb is Verb.POST else None
    if request.verb is Verb.DELETE and request.fields is None:
        return None
    if any(field.function is not None for field in authorized.fields or ()):
        message = "a write returns rows: fields accepts columns here, not functions"
        raise PlanError(INVALID_PARAMETER, message, parameter="fields")
    return outputs_of(authorized)


def _parents(
    authorized: AuthorizedRequest, changes: tuple[Change, ...]
) -> tuple[ParentReference, ...]:
    written, verb = _written(changes), authorized.request.verb
    rules = ((authorized.grant.parents[bound.index], bound) for bound in authorized.parents)
    return tuple(
        ParentReference(
            columns=rule.foreign_key.columns,
            parent=rule.target.relation,
            parent_columns=rule.target.columns,
            referenced=rule.foreign_key.referenced_columns,
            seen=bound.row_filter,
            deferred=rule.foreign_key.deferred,
            collations=rule.foreign_key.collations,
            spans=rule.foreign_key.spans,
        )
        for rule, bound in rules
        if verb in rule.unsent or written.intersection(rule.foreign_key.columns)
    )


def _written(changes: tuple[Change, ...]) -> frozenset[str]:
    """Return every column that *changes* write; most changes write the same ones."""
    shapes = {(change.assign, change.defaults) for change in changes}
    return frozenset(name for shape in shapes for names in shape for name in names)


def _inserts(authorized: AuthorizedRequest) -> tuple[Change, ...]:
    records = Records(authorized, keyed=False)

    def insert(record: JsonRecord) -> Change:
        shape = records.shape(record)
        values = records.values(record, shape)
        return Change(kind=ChangeKind.INSERT, assign=shape.assign, values=values)

    return _each(ChangeKind.INSERT, insert, authorized)


def _replaces(authorized: AuthorizedRequest) -> tuple[Change, ...]:
    usable_key(authorized.resource)
    records = Records(authorized, keyed=True)
    path = _path_key(authorized)

    def replace(record: JsonRecord) -> Change:
        if path is not None:
            check_path_key(authorized, record, path)
        key = key_of(authorized, record) if path is None else path
        where = key_condition(authorized, key, "body" if path is None else "path")
        shape = records.shape(record)
        assigned = records.assignment(record, shape)
        return Change(
            kind=ChangeKind.UPDATE,
            assign=assigned.assign,
            values=assigned.values,
            defaults=shape.defaults,
            default_sql=shape.default_sql,
            where=all_of(authorized.row_filter, where),
            must_match=True,
            fault=assigned.fault,
            kept=assigned.kept,
        )

    return _each(ChangeKind.UPDATE, replace, authorized)


def _path_key(authorized: AuthorizedRequest) -> tuple[JsonValue, ...] | None:
    selector = authorized.request.selector
    return selector.ids[0] if selector.single and selector.ids is not None else None


def _updates(authorized: AuthorizedRequest) -> tuple[Change, ...]:
    request, selector = authorized.request, authorized.request.selector
    if selector.given:
        (record,) = request.records
        path = _path_key(authorized)
        if path is None:
            _check_key_writable(authorized, record)
        else:
            check_path_key(authorized, record, path)
        return (_update_selected(authorized, record),)
    if request.single_object:
        (record,) = request.records
        if not set(authorized.resource.public_key or (None,)) <= set(record):
            message = "PATCH needs a selector: send filter, ids, the record's key, or all"
            raise PlanError(NO_SELECTOR, message)
    return _each(ChangeKind.UPDATE, _update_by_key(authorized), authorized)


def _update_selected(authorized: AuthorizedRequest, record: JsonRecord) -> Change:
    single = authorized.request.selector.single
    records = Records(authorized, keyed=single)
    assigned = records.assignment(record, records.shape(record))
    return Change(
        kind=ChangeKind.UPDATE,
        assign=assigned.assign,
        values=assigned.values,
        where=selection(authorized),
        must_match=single,
        fault=assigned.fault,
        kept=assigned.kept,
    )


def _update_by_key(authorized: AuthorizedRequest) -> Callable[[JsonRecord], Change]:
    records = Records(authorized, keyed=True)

    def update(record: JsonRecord) -> Change:
        assigned = records.assignment(record, records.shape(record))
        where = key_condition(authorized, key_of(authorized, record), "body")
        return Change(
            kind=ChangeKind.UPDATE,
            assign=assigned.assign,
            values=assigned.values,
            where=all_of(authorized.row_filter, where),
            must_match=True,
            fault=assigned.fault,
            kept=assigned.kept,
        )

    return update


def _check_key_writable(authorized: AuthorizedRequest, record: JsonRecord) -> None:
    """With a selector a key column is a value to write, and must be writable."""
    presets = authorized.presets
    for name in authorized.resource.key:
        if name in record and name not in authorized.grant.writable and name not in presets:
            raise _not_writable(authorized, name)


def _not_writable(authorized: AuthorizedRequest, name: str) -> FaucetError:
    if name not in authorized.resource.outputs:
        return PlanError(UNKNOWN_COLUMN, f'there is no column "{name}"', column=name)
    message = f'the column "{name}" may be read but not written'
    return PlanError(COLUMN_NOT_WRITABLE, message, column=name)


def _deletes(authorized: AuthorizedRequest) -> tuple[Change, ...]:
    request = authorized.request
    if request.records:
        return _each(ChangeKind.DELETE, _delete_by_key(authorized), authorized)
    if not request.selector.given:
        message = "DELETE needs a selector: send filter, ids, or all=true"
        raise PlanError(NO_SELECTOR, message)
    where, single = selection(authorized), request.selector.single
    return (Change(kind=ChangeKind.DELETE, where=where, must_match=single),)


def _delete_by_key(authorized: AuthorizedRequest) -> Callable[[JsonRecord], Change]:
    def delete(record: JsonRecord) -> Change:
        key = usable_key(authorized.resource)
        if others := sorted(set(record) - set(key)):
            message = f"a record to delete must contain its key ({', '.join(key)}) and nothing else"
            raise PlanError(INVALID_BODY, message, column=others[0])
        where = key_condition(authorized, key_of(authorized, record), "body")
        every = all_of(authorized.row_filter, where)
        return Change(kind=ChangeKind.DELETE, where=every, must_match=True)

    return delete


def _each(
    kind: ChangeKind, make: Callable[[JsonRecord], Change], authorized: AuthorizedRequest
) -> tuple[Change, ...]:
    """Make a change of each record; the error of one is kept in it."""
    changes: list[Change] = []
    for index, record in enumerate(authorized.request.records):
        fault = authorized.faults.get(index)
        if fault is None:
            try:
                changes.append(make(record))
                continue
            except PlanError as found:
                fault = found
        changes.append(Change(kind=kind, fault=fault))
    return tuple(changes)


_CHANGES: Mapping[Verb, Callable[[AuthorizedRequest], tuple[Change, ...]]] = {
    Verb.POST: _inserts,
    Verb.PUT: _replaces,
    Verb.PATCH: _updates,
    Verb.DELETE: _deletes,
}
