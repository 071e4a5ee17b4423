"""Carry a write out: the inside of its one transaction, as a script without I/O."""

from collections.abc import Generator, Iterable, Iterator
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from faucet.errors import (
    DATABASE_UNAVAILABLE,
    FOREIGN_KEY_VIOLATION,
    ROW_CHECK,
    ROW_NOT_FOUND,
    STATEMENT_TIMEOUT,
    TRANSACTION_CONFLICT,
    ExecutionError,
    FaucetError,
)
from faucet.extension.executor import Fetched, Savepoint, Script, Settle, Step
from faucet.model.catalog import Kind
from faucet.model.condition import Condition, KeySet, Scalar, Value, all_of, columns_of
from faucet.model.lift import Lifter
from faucet.model.plan import Change, Orphanage, WritePlan
from faucet.model.rows import Failure, Written
from faucet.model.statement import (
    Delete,
    Evaluate,
    Insert,
    Locate,
    Orphans,
    Select,
    Update,
    Verify,
)
from faucet.model.surface import Verb
from faucet.request.execute.reading import integer
from faucet.request.execute.session import Session

T = TypeVar("T")
Part = Generator[Step, Fetched, T]
Key = tuple[Scalar, ...]

# Rows of one statement that finds rows by key: bounds its parameters and its length.
_CHUNK: Final = 256
# These end the transaction itself, so no savepoint can keep the rest.
_FATAL: Final = frozenset({TRANSACTION_CONFLICT, DATABASE_UNAVAILABLE, STATEMENT_TIMEOUT})


class _Outcome(msgspec.Struct, kw_only=True):
    """What became of one change: the keys of its rows, or rows already shown, or its error."""

    keys: tuple[Key, ...] = ()
    rows: tuple[bytes, ...] = ()
    count: int = 0
    error: FaucetError | None = None


def write(plan: WritePlan, session: Session) -> Script[Written]:
    """Return the script that carries *plan* out; it raises to undo everything."""
    return _Writing(plan, session).script()


class _Writing:
    def __init__(self, plan: WritePlan, session: Session) -> None:
        self._plan = plan
        self._session = session
        self._target = plan.target
        self._wants_keys = bool(plan.target.keys) and (
            plan.outputs is not None or plan.check is not None or bool(plan.parents)
        )

    def script(self) -> Script[Written]:
        outcomes: list[_Outcome] = []
        for index, change in enumerate(self._plan.changes):
            if self._plan.continued:
                outcomes.append((yield from self._guarded(change)))
            else:
                outcomes.append((yield from self._applied(index, change)))
        if not self._plan.continued and self._plan.verb is not Verb.DELETE:
            yield Settle()
            yield from self._judged([key for outcome in outcomes for key in outcome.keys])
        shown = yield from self._shown(outcomes)
        return self._written(outcomes, shown)

    def _applied(self, index: int, change: Change) -> Part[_Outcome]:
        try:
            return (yield from self._change(change))
        except ExecutionError as error:
            if len(self._plan.changes) == 1:
                raise
            raise ExecutionError(
                error.kind, error.message, **{**error.context, "record": index}
            ) from error

    def _guarded(self, change: Change) -> Part[_Outcome]:
        """Apply one record in its own savepoint; what ends the transaction is raised on."""
        if change.fault is not None:
            return _Outcome(error=change.fault)
        yield Savepoint(action="begin")
        try:
            outcome = yield from self._change(change)
            if self._plan.verb is not Verb.DELETE:
                yield Settle()
                yield from self._judged(list(outcome.keys))
        except ExecutionError as error:
            if error.kind in _FATAL:
                raise
            yield Savepoint(action="undo")
            return _Outcome(error=error)
        yield Savepoint(action="release")
        return outcome

    def _change(self, change: Change) -> Part[_Outcome]:
        if change.fault is not None:
            raise change.fault
        yield from self._foreseen(change)
        if self._plan.verb is Verb.DELETE:
            outcome = yield from self._delete(change)
        elif change.where is None:
            outcome = yield from self._insert(change)
        elif not change.assign and not change.defaults:
            outcome = yield from self._locate(change)
        else:
            outcome = yield from self._update(change)
        if change.must_match and outcome.count == 0:
            raise ExecutionError(ROW_NOT_FOUND)
        # Where a missing parent is refused by this statement an invisible one must be, too.
        prompt = tuple(each for each in self._plan.parents if not each.deferred)
        yield from self._adopted(outcome.keys, prompt)
        return outcome

    def _foreseen(self, change: Change) -> Part[None]:
        """Evaluate the check first where the values decide it: no conflict may answer before."""
        check = self._plan.check
        if check is None or self._plan.verb is Verb.DELETE:
            return
        sent = dict(zip(change.assign, change.values, strict=True))
        given = tuple(sorted(columns_of(check)))
        if not sent.keys() >= set(given) or not given:
            return
        lifter = Lifter(arrays=self._target.arrays, values=tuple(sent[name] for name in given))
        statement = Evaluate(columns=self._target.columns, given=given, check=lifter.lift(check))
        if integer((yield self._session.call(statement, lifter.values)).rows[0][0]) != 1:
            raise ExecutionError(ROW_CHECK)

    def _keys_wanted(self) -> tuple[str, ...]:
        return self._target.keys if self._wants_keys else ()

    def _insert(self, change: Change) -> Part[_Outcome]:
        statement = Insert(
            relation=self._target.relation,
            columns=self._target.columns,
            assign=change.assign,
            keys=self._keys_wanted(),
        )
        return self._keyed((yield self._session.call(statement, change.values)))

    def _update(self, change: Change) -> Part[_Outcome]:
        lifter = self._lifter(change)
        statement = Update(
            relation=self._target.relation,
            columns=self._target.columns,
            assign=change.assign,
            where=lifter.lift(all_of(change.where)),
            keys=self._keys_wanted(),
            defaults=change.defaults,
            default_sql=change.default_sql,
        )
        return self._keyed((yield self._session.call(statement, lifter.values)))

    def _locate(self, change: Change) -> Part[_Outcome]:
        """Find what a write without any value touches, as an update of nothing would."""
        lifter = self._lifter(change)
        statement = Locate(
            relation=self._target.relation,
            columns=self._target.columns,
            keys=self._target.keys,
            where=lifter.lift(all_of(change.where)),
        )
        return self._keyed((yield self._session.call(statement, lifter.values)))

    def _delete(self, change: Change) -> Part[_Outcome]:
        lifter = self._lifter(change)
        statement = Delete(
            relation=self._target.relation,
            columns=self._target.columns,
            where=lifter.lift(all_of(change.where)),
            keys=(),
            outputs=self._plan.outputs or (),
        )
        fetched = yield self._session.call(statement, lifter.values)
        if not statement.outputs:
            return _Outcome(count=fetched.affected)
        encode = self._session.compiled(statement).encode
        rows = (str(row[-1]).encode() if encode is None else encode(row) for row in fetched.rows)
        return _Outcome(rows=tuple(rows), count=len(fetched.rows))

    def _lifter(self, change: Change) -> Lifter:
        return Lifter(arrays=self._target.arrays, values=change.values)

    def _keyed(self, fetched: Fetched) -> _Outcome:
        if not self._wants_keys and not fetched.rows:
            return _Outcome(count=fetched.affected)
        keys = tuple(_key(row) for row in fetched.rows)
        return _Outcome(keys=keys, count=len(keys))

    def _judged(self, keys: list[Key]) -> Part[None]:
        """Hold every written row, found again by its key, against its references and the check."""
        # References first, as constraints speak before the check.
        yield from self._adopted(keys, self._plan.parents)
        if self._plan.check is not None:
            for chunk in _chunks(keys):
                yield from self._verify(chunk, self._plan.check)

    def _adopted(self, keys: Iterable[Key], parents: tuple[Orphanage, ...]) -> Part[None]:
        for chunk in _chunks(keys) if parents else ():
            for orphanage in parents:
                yield from self._adopt(chunk, orphanage)

    def _verify(self, keys: list[Key], check: Condition) -> Part[None]:
        lifter = Lifter(arrays=self._target.arrays)
        statement = Verify(
            relation=self._target.relation,
            columns=self._target.columns,
            where=lifter.lift(self._found(keys)),
            check=lifter.lift(check),
        )
        passed = integer((yield self._session.call(statement, lifter.values)).rows[0][0])
        if passed != len(keys):
            raise ExecutionError(ROW_CHECK)

    def _adopt(self, keys: list[Key], orphanage: Orphanage) -> Part[None]:
        lifter = Lifter(arrays=self._target.arrays)
        statement = Orphans(
            relation=self._target.relation,
            columns=self._target.columns,
            where=lifter.lift(self._found(keys)),
            references=orphanage.columns,
            parent=orphanage.parent,
            parent_columns=orphanage.parent_columns,
            referenced=orphanage.referenced,
            seen=lifter.lift(orphanage.seen),
        )
        if integer((yield self._session.call(statement, lifter.values)).rows[0][0]) != 0:
            raise ExecutionError(FOREIGN_KEY_VIOLATION)

    def _found(self, keys: list[Key]) -> KeySet:
        rows = tuple(tuple(Value(value=part) for part in key) for key in keys)
        return KeySet(columns=self._target.keys, keys=rows)

    def _shown(self, outcomes: list[_Outcome]) -> Part[dict[Key, bytes]]:
        """Read the written rows again, as the role may see them, up to the page maximum."""
        if self._plan.outputs is None or self._plan.verb is Verb.DELETE:
            return {}
        wanted = list(dict.fromkeys(key for outcome in outcomes for key in outcome.keys))
        wanted = wanted[: self._plan.shown]
        rows: dict[Key, bytes] = {}
        for chunk in _chunks(wanted):
            rows |= yield from self._reread(chunk)
        return rows

    def _reread(self, keys: list[Key]) -> Part[dict[Key, bytes]]:
        lifter = Lifter(arrays=self._target.arrays)
        statement = Select(
            relation=self._target.relation,
            columns=self._target.columns,
            outputs=self._plan.outputs or (),
            where=lifter.lift(all_of(self._found(keys), self._plan.visible)),
            keyed=self._target.keys,
        )
        compiled = self._session.compiled(statement)
        fetched = yield compiled.call(lifter.values)
        width = compiled.keyed
        encode = compiled.encode
        return {
            _key(row[:width]): str(row[width]).encode() if encode is None else encode(row[width:])
            for row in fetched.rows
        }

    def _written(self, outcomes: list[_Outcome], shown: dict[Key, bytes]) -> Written:
        plan = self._plan
        items: tuple[bytes | Failure | None, ...] | None = None
        if plan.continued:
            items = tuple(_item(outcome, shown) for outcome in outcomes)
        elif plan.outputs is not None:
            listed = [row for outcome in outcomes for row in _rows(outcome, shown)]
            items = tuple(listed[: plan.shown])
        failed = any(outcome.error is not None for outcome in outcomes)
        return Written(
            items=items,
            count=sum(outcome.count for outcome in outcomes),
            created=plan.verb is Verb.POST and not failed,
            continued=plan.continued,
            bare=plan.bare,
            location=self._location(outcomes),
        )

    def _location(self, outcomes: list[_Outcome]) -> str | None:
        plan = self._plan
        if plan.verb is not Verb.POST or len(outcomes) != 1 or not plan.key:
            return None
        kinds = {column.name: column.type.kind for column in self._target.columns}
        if plan.key != self._target.keys or any(kinds[name] is Kind.BINARY for name in plan.key):
            return None
        keys = outcomes[0].keys
        return ",".join(quote(str(part), safe="") for part in keys[0]) if keys else None


def _chunks(keys: Iterable[Key]) -> Iterator[list[Key]]:
    unique = list(dict.fromkeys(keys))
    for start in range(0, len(unique), _CHUNK):
        yield unique[start : start + _CHUNK]


def _key(cells: tuple[object, ...]) -> Key:
    return tuple(cells)  # type: ignore[arg-type]  # what `SqlForms.key` gives is text or a scalar


def _item(outcome: _Outcome, shown: dict[Key, bytes]) -> bytes | Failure | None:
    if outcome.error is not None:
        return Failure(error=outcome.error)
    rows = _rows(outcome, shown)
    return rows[0] if rows else None


def _rows(outcome: _Outcome, shown: dict[Key, bytes]) -> list[bytes]:
    return [*outcome.rows, *(shown[key] for key in outcome.keys if key in shown)]
