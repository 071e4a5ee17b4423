"""Names the columns of a violated constraint, as far as the caller may know them. Pure."""

from collections.abc import Iterable

from faucet.errors import (
    FOREIGN_KEY_VIOLATION,
    INVALID_VALUE,
    NOT_NULL_VIOLATION,
    OUT_OF_RANGE,
    UNIQUE_VIOLATION,
    ErrorKind,
    ExecutionError,
)
from faucet.model.plan import Change, ChangeKind
from faucet.model.surface import Constraints, Verb
from faucet.request.execute.refused_values import name_value


def name_columns(error: ExecutionError, change: Change, constraints: Constraints) -> ExecutionError:
    """
    Return *error* with the columns it is about.

    They are derived from the values sent and the catalog, never from the database's message. If
    more than one constraint may be violated, or one has a column that the caller may not know, the
    error is unchanged; so is one with a reason of its own, which no constraint of the catalog is.
    """
    if error.kind in {INVALID_VALUE, OUT_OF_RANGE}:
        return name_value(error, change, constraints)
    if error.reason is not None or change.kind is ChangeKind.DELETE:
        return name_reference(error, (change,))
    columns = _columns(error.kind, change, constraints)
    if columns is None or not constraints.known.issuperset(columns):
        return name_reference(error, (change,))
    names = ", ".join(f'"{name}"' for name in columns)
    message = {
        NOT_NULL_VIOLATION: f"a value is required for {names}",
        UNIQUE_VIOLATION: f"a row with this {names} already exists",
        FOREIGN_KEY_VIOLATION: f"{names} refers to a row that is missing",
    }[error.kind]
    return ExecutionError(error.kind, message, columns=list(columns))


def name_reference(error: ExecutionError, changes: Iterable[Change]) -> ExecutionError:
    """Return *error* of *changes* without the side of a reference that they cannot violate."""
    is_known = error.reason is not None or error.message != error.kind.title
    if error.kind is not FOREIGN_KEY_VIOLATION or is_known:
        return error
    kinds = {change.kind for change in changes}
    if kinds == {ChangeKind.INSERT}:
        message = "a row that is referenced is missing"
    elif kinds == {ChangeKind.DELETE}:
        message = "the row is still referenced by other rows"
    else:
        return error
    return ExecutionError(error.kind, message, **error.context)


def _columns(kind: ErrorKind, change: Change, constraints: Constraints) -> tuple[str, ...] | None:
    sent = dict(zip(change.assign, change.values, strict=True))
    written = {*change.assign, *change.defaults}
    if kind is NOT_NULL_VIOLATION:
        inserting = change.where is None
        return _only(
            (name,)
            for name in constraints.required
            if (inserting or name in written) and sent.get(name) is None
        )
    if kind is UNIQUE_VIOLATION:
        return _only(key for key in constraints.unique if written.issuperset(key))
    # An update of a referenced column may have violated a reference to it.
    moved = change.where is not None and written.intersection(constraints.referenced)
    if kind is FOREIGN_KEY_VIOLATION and not moved:
        verb = Verb.POST if change.where is None else Verb.PATCH
        unsent = constraints.unsent
        return _only(
            key
            for key in constraints.references
            if written.intersection(key) or verb in unsent.get(key, ())
        )
    return None


def _only(candidates: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
    found = list(dict.fromkeys(candidates))
    return found[0] if len(found) == 1 else None
