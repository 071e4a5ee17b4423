"""Names the column of a value that the database refused. Pure."""

from collections.abc import Iterable

from faucet.errors import OUT_OF_RANGE, ExecutionError
from faucet.model.catalog import is_judged
from faucet.model.filters.condition import Condition, columns_of
from faucet.model.plan import Change
from faucet.model.statement import Typed
from faucet.model.surface import Constraints
from faucet.sql.compiled import Compiled


def trace_value(error: ExecutionError, change: Change, compiled: Compiled) -> None:
    """Record in *error* the column of *change* whose parameter the database refused."""
    number = error.parameter
    if number is None or not 0 < number <= len(compiled.placeholders):
        return
    slot = compiled.placeholders[number - 1].slot
    if 0 <= slot < len(change.assign):
        error.column = change.assign[slot]


def name_value(error: ExecutionError, change: Change, constraints: Constraints) -> ExecutionError:
    """
    Return *error*, of a value, with the column of *change* that it is about, if it is certain.

    Where the database numbers no value, it is the only one sent that the database alone judges.
    """
    if error.parameter is None:
        return error
    found = [error.column] if error.column is not None else _candidates(change, constraints)
    if len(found) == 1 and found[0] in constraints.known:
        return _named(error, found[0])
    return error


def name_compared(
    error: ExecutionError, where: Condition, columns: Iterable[Typed]
) -> ExecutionError:
    """Return *error*, of a value in *where*, with the one column that it can be about."""
    compared = columns_of(where)
    found = [each.name for each in columns if each.name in compared and is_judged(each.type)]
    return _named(error, found[0]) if len(found) == 1 else error


def _candidates(change: Change, constraints: Constraints) -> list[str]:
    sent = [
        name
        for name, value in zip(change.assign, change.values, strict=True)
        if value is not None and name in constraints.judged
    ]
    if sent or change.where is None:
        return sent
    return sorted(columns_of(change.where) & constraints.judged)


def _named(error: ExecutionError, column: str) -> ExecutionError:
    what = "is out of range" if error.kind is OUT_OF_RANGE else "does not fit its type"
    message = f'the value for "{column}" {what}'
    return ExecutionError(error.kind, message, column=column).because(error.reason)
