"""Records of a body as assignments: values typed by their columns, presets on top. Pure."""

from collections.abc import Mapping

from faucet.errors import KEY_MISMATCH, NO_KEY, PlanError
from faucet.model.catalog import Column
from faucet.model.filters.condition import Scalar
from faucet.model.plan import Change
from faucet.model.request import AuthorizedRequest, JsonRecord, JsonValue
from faucet.model.values.canonical import ValueFault, from_json
from faucet.request.plan.columns import usable_key
from faucet.request.plan.selection import keys_condition


def assignment(authorized: AuthorizedRequest, record: JsonRecord) -> Change:
    """Return what *record* writes, in table order; presets overwrite what the caller sent."""
    written: dict[str, Scalar] = {}
    presets = authorized.presets
    for column in authorized.resource.relation.columns:
        if column.name in presets:
            written[column.name] = presets[column.name]
        elif column.name in record:
            written[column.name] = _typed_value(authorized, column, record[column.name])
    return Change(assign=tuple(written), values=tuple(written.values()))


def _typed_value(authorized: AuthorizedRequest, column: Column, value: JsonValue) -> Scalar:
    if value is None:
        return None
    try:
        return from_json(value, column.type, authorized.service.values)
    except ValueFault as fault:
        message = f'the value for "{column.name}" does not fit: {fault.message}'
        raise PlanError(fault.kind, message, column=column.name) from None


def defaults_of(
    authorized: AuthorizedRequest, filled: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str | None, ...]]:
    """Return the writable columns that a PUT does not fill, with the catalog's default of each."""
    writable = authorized.grant.writable
    columns = [
        column
        for column in authorized.resource.relation.columns
        if column.name in writable
        and column.name not in filled
        and column.name not in authorized.resource.key
        and not column.generated
        and not column.auto_increment
    ]
    return tuple(c.name for c in columns), tuple(c.default for c in columns)


def key_of(authorized: AuthorizedRequest, record: JsonRecord) -> tuple[JsonValue, ...]:
    """Return the key that *record* carries, or raise `no_key`."""
    key = usable_key(authorized.resource)
    missing = [name for name in key if record.get(name) is None]
    if missing:
        message = f'every record of this write carries its key; "{missing[0]}" is missing'
        raise PlanError(NO_KEY, message, column=missing[0])
    return tuple(record[name] for name in key)


def without_key(authorized: AuthorizedRequest, record: JsonRecord) -> Mapping[str, JsonValue]:
    """Return *record* without its key columns, which only select."""
    key = authorized.resource.key
    return {name: value for name, value in record.items() if name not in key}


def check_path_key(authorized: AuthorizedRequest, record: JsonRecord) -> None:
    """Raise `key_mismatch` if *record* carries another key than the path, compared by value."""
    key = usable_key(authorized.resource)
    path = authorized.request.selector.ids
    if path is None:
        raise AssertionError
    for index, name in enumerate(key):
        if name not in record:
            continue
        sent = tuple(record[name] if i == index else part for i, part in enumerate(path[0]))
        if record[name] is None or keys_condition(authorized, (sent,), "body") != keys_condition(
            authorized, path, "path"
        ):
            message = f'"{name}" in the body is not the key in the path'
            raise PlanError(KEY_MISMATCH, message, column=name)
