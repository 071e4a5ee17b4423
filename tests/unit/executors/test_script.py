"""The law that what ends a transaction ends its script."""

import threading

import pytest

from faucet.errors import (
    DATABASE_UNAVAILABLE,
    STATEMENT_TIMEOUT,
    TRANSACTION_CONFLICT,
    UNIQUE_VIOLATION,
    ErrorKind,
    ExecutionError,
)
from faucet.executors.script import Finished, Walk
from faucet.extension.executor import Call, Fetched, Script

_CALL = Call(sql="", parameters=())


def _stubborn(seen: list[ErrorKind]) -> Script[str]:
    for _ in range(3):
        try:
            yield _CALL
        except ExecutionError as error:
            seen.append(error.kind)
    return "done"


def test_a_script_gets_what_was_fetched_and_returns_its_result():
    def script() -> Script[int]:
        fetched = yield _CALL
        return fetched.affected

    walk = Walk(script())
    first = walk.start()
    last = walk.advance(Fetched(rows=(), affected=3), ended=False)

    assert first is _CALL
    assert last == Finished(result=3)


def test_a_script_survives_an_ordinary_error():
    seen: list[ErrorKind] = []
    walk = Walk(_stubborn(seen))

    walk.start()
    second = walk.advance(ExecutionError(UNIQUE_VIOLATION), ended=False)

    assert second is _CALL
    assert seen == [UNIQUE_VIOLATION]


@pytest.mark.promise("sec-39")
@pytest.mark.parametrize(
    ("kind", "ended"),
    [(TRANSACTION_CONFLICT, False), (DATABASE_UNAVAILABLE, False), (STATEMENT_TIMEOUT, True)],
)
def test_no_script_survives_the_end_of_its_transaction(kind: ErrorKind, ended: bool):
    seen: list[ErrorKind] = []
    walk = Walk(_stubborn(seen))
    walk.start()

    with pytest.raises(ExecutionError) as caught:
        walk.advance(ExecutionError(kind), ended=ended)

    assert caught.value.kind is kind
    assert seen == [kind] * 3


@pytest.mark.promise("sec-39")
def test_a_script_cannot_end_otherwise_than_its_transaction():
    def script() -> Script[None]:
        try:
            yield _CALL
        except ExecutionError:
            raise LookupError from None

    walk = Walk(script())
    walk.start()

    with pytest.raises(ExecutionError) as caught:
        walk.advance(ExecutionError(TRANSACTION_CONFLICT), ended=False)

    assert caught.value.kind is TRANSACTION_CONFLICT


def test_an_error_that_a_script_explains_further_is_never_its_own_cause():
    def script() -> Script[None]:
        try:
            yield _CALL
        except ExecutionError as error:
            raise ExecutionError(error.kind, "record 1") from error

    driver, walk = OSError("the server closed the connection"), Walk(script())
    fatal = ExecutionError(DATABASE_UNAVAILABLE)
    fatal.__cause__ = driver
    walk.start()

    with pytest.raises(ExecutionError) as caught:
        walk.advance(fatal, ended=False)

    assert caught.value is fatal
    assert caught.value.__cause__ is driver


def test_a_script_that_is_closed_during_a_step_on_a_thread_ends_after_it():
    entered, leave, ended = threading.Event(), threading.Event(), threading.Event()

    def script() -> Script[None]:
        try:
            entered.set()
            leave.wait(10)
            yield _CALL
        finally:
            ended.set()

    walk = Walk(script())
    thread = threading.Thread(target=walk.start)
    thread.start()
    assert entered.wait(10)

    walk.close()
    assert not ended.is_set()
    leave.set()
    thread.join(10)

    assert ended.is_set()


def test_a_closed_script_has_no_further_step():
    seen: list[str] = []

    def script() -> Script[None]:
        seen.append("began")
        yield _CALL

    walk = Walk(script())
    walk.close()

    with pytest.raises(RuntimeError):
        walk.start()
    assert seen == []
