"""The shared parts of a writing script."""

from collections.abc import Generator, Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from faucet.errors import FaucetError
from faucet.extension.executor import Batch, Fetched, Step
from faucet.model.filters.condition import KeySet, Value
from faucet.model.filters.lift import Lifter, StatementValue
from faucet.model.plan import WritePlan
from faucet.model.statement import Statement
from faucet.request.execute.session import Session
from faucet.sql.compiled import Answer, Key

T = TypeVar("T")
Part = Generator[Step, Fetched, T]
Question = tuple[Statement, Lifter]
"""A statement and the lifter with its values."""

# Rows of one statement that finds rows by key: bounds its parameters and its length.
_CHUNK: Final = 256


class ChangeResult(msgspec.Struct, kw_only=True):
    """
    The result of one change: the keys of its rows, or its deleted rows, or its error.

    *created* means that it inserted a row.
    """

    keys: tuple[Key, ...] = ()
    rows: tuple[bytes, ...] = ()
    count: int = 0
    created: bool = False
    error: FaucetError | None = None


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """One write plan on one session."""

    plan: WritePlan
    session: Session

    def lifter(self, *values: StatementValue) -> Lifter:
        """Return a lifter that starts with *values*."""
        return Lifter(arrays=self.plan.target.arrays, values=values)

    def ask(self, statement: Statement, lifter: Lifter) -> Part[Answer]:
        """Run *statement* with the values of *lifter*."""
        (answer,) = yield from self.ask_all([(statement, lifter)])
        return answer

    def ask_all(self, questions: Iterable[Question]) -> Part[list[Answer]]:
        """Run statements with their values, all at once."""
        asked = [(self.session.compiled(statement), lifter) for statement, lifter in questions]
        calls = tuple(compiled.call(lifter.values) for compiled, lifter in asked)
        if not calls:
            return []
        each = (yield Batch(calls=calls)).each if len(calls) > 1 else ((yield calls[0]),)
        return [compiled.read(one) for (compiled, _lifter), one in zip(asked, each, strict=True)]

    def found(self, keys: Iterable[Key]) -> KeySet:
        """Return the condition of the rows with one of *keys*."""
        rows = tuple(tuple(Value(value=part) for part in key) for key in keys)
        return KeySet(columns=self.plan.target.keys, keys=rows)


def chunks(keys: Iterable[Key]) -> Iterator[list[Key]]:
    """Yield *keys*, each once, in lists that fit into one statement."""
    unique = list(dict.fromkeys(keys))
    for start in range(0, len(unique), _CHUNK):
        yield unique[start : start + _CHUNK]
