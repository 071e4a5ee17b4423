"""Names the columns of a violated constraint, as far as the caller may know them. Pure."""

from collections.abc import Iterable

from faucet.errors import (
    FOREIGN_KEY_VIOLATION,
    NOT_NULL_VIOLATION,
    UNIQUE_VIOLATION,
    ErrorKind,
    ExecutionError,
)
from faucet.model.plan import Change
from faucet.model.surface import Constraints, Verb


def name_columns(
    error: ExecutionError, change: Change, constraints: Constraints, verb: Verb
) -> ExecutionError:
    """
    Return *error* with the columns it is about.

    They are derived from the values sent and the catalog, never from the database's message. If
    more than one constraint may be violated, or one has a column that the caller may not know, the
    error is unchanged.
    """
    if verb is Verb.DELETE:
        if error.kind is FOREIGN_KEY_VIOLATION:
            return ExecutionError(error.kind, "the row is still referenced by other rows")
        return error
    columns = _columns(error.kind, change, constraints)
    if columns is None or not constraints.known.issuperset(columns):
        return error
    names = ", ".join(f'"{name}"' for name in columns)
    message = {
        NOT_NULL_VIOLATION: f"a value is required for {names}",
        UNIQUE_VIOLATION: f"a row with this {names} already exists",
        FOREIGN_KEY_VIOLATION: f"{names} refers to a row that is missing",
    }[error.kind]
    return ExecutionError(error.kind, message, columns=list(columns))


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
        return _only(key for key in constraints.references if written.intersection(key))
    return None


def _only(candidates: Iterable[tuple[str, ...]]) -> tuple[str, ...] | None:
    found = list(dict.fromkeys(candidates))
    return found[0] if len(found) == 1 else None
