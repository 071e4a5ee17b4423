"""The words that the parts of a writing script share."""

from collections.abc import Generator, Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from faucet.errors import FaucetError
from faucet.extension.executor import Fetched, Step
from faucet.model.filters.condition import KeySet, Scalar, Value
from faucet.model.filters.lift import Lifter, StatementValue
from faucet.model.plan import WritePlan
from faucet.model.statement import Statement
from faucet.request.execute.read import integer
from faucet.request.execute.session import Session

T = TypeVar("T")
Part = Generator[Step, Fetched, T]
Key = tuple[Scalar, ...]

# Rows of one statement that finds rows by key: bounds its parameters and its length.
_CHUNK: Final = 256


class ChangeResult(msgspec.Struct, kw_only=True):
    """What became of one change: the keys of its rows, or rows already shown, or its error."""

    keys: tuple[Key, ...] = ()
    rows: tuple[bytes, ...] = ()
    count: int = 0
    error: FaucetError | None = None


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """One write plan on one session."""

    plan: WritePlan
    session: Session

    def lifter(self, *values: StatementValue) -> Lifter:
        """Return a lifter that starts with *values*."""
        return Lifter(arrays=self.plan.target.arrays, values=values)

    def ask(self, statement: Statement, lifter: Lifter) -> Part[Fetched]:
        """Run *statement* with what *lifter* collected."""
        fetched = yield self.session.call(statement, lifter.values)
        return fetched

    def number(self, statement: Statement, lifter: Lifter) -> Part[int]:
        """Run a statement that answers with one number."""
        fetched = yield from self.ask(statement, lifter)
        return integer(fetched.rows[0][0])

    def found(self, keys: Iterable[Key]) -> KeySet:
        """Return the condition of the rows with one of *keys*."""
        rows = tuple(tuple(Value(value=part) for part in key) for key in keys)
        return KeySet(columns=self.plan.target.keys, keys=rows)


def chunks(keys: Iterable[Key]) -> Iterator[list[Key]]:
    """Yield *keys*, each once, in lists that one statement takes."""
    unique = list(dict.fromkeys(keys))
    for start in range(0, len(unique), _CHUNK):
        yield unique[start : start + _CHUNK]


def key_of(cells: tuple[object, ...]) -> Key:
    """Return the leading cells of a row as its key."""
    return tuple(cells)  # type: ignore[arg-type]  # what `SqlForms.key` gives is text or a scalar
