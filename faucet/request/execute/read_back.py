"""Reads written rows back, as the caller may see them."""

from collections.abc import Iterable
from urllib.parse import quote

from faucet.model.catalog import Kind
from faucet.model.filters.condition import all_of
from faucet.model.plan import WritePlan
from faucet.model.rows import Failure, Written
from faucet.model.statement import AnswerForm, Layout, Select
from faucet.request.execute.writer import ChangeResult, Part, Question, Writer, chunks
from faucet.sql.compiled import Key

RowsByKey = dict[Key, bytes]


def read_back(writer: Writer, keys: Iterable[Key]) -> Part[RowsByKey]:
    """Return the visible rows among *keys* by key, up to the page maximum, in the table's order."""
    plan = writer.plan
    if plan.outputs is None or plan.deletes:
        return {}
    wanted = list(dict.fromkeys(keys))[: plan.shown]
    answers = yield from writer.ask_all(_by_keys(writer, part) for part in chunks(wanted))
    return {
        key: row for answer in answers for key, row in zip(answer.keys, answer.rows, strict=True)
    }


def _by_keys(writer: Writer, keys: list[Key]) -> Question:
    plan, lifter = writer.plan, writer.lifter()
    statement = Select(
        relation=plan.target.relation,
        columns=plan.target.columns,
        outputs=plan.outputs or (),
        where=lifter.lift(all_of(writer.found(keys), plan.visible)),
        order=plan.order,
        form=AnswerForm(layout=Layout.ROWS, keys=plan.target.keys),
    )
    return statement, lifter


def summarize(plan: WritePlan, outcomes: list[ChangeResult], rows: RowsByKey) -> Written:
    """Return the report of *outcomes*, with the *rows* that may be returned."""
    items: tuple[bytes | Failure | None, ...] | None = None
    if plan.continued:
        items = tuple(_item(outcome, rows) for outcome in outcomes)
    elif plan.outputs is not None:
        # Records keep the order of the request; rows of a selector come in the table's order.
        listed = [row for outcome in outcomes for row in _rows(outcome, rows)]
        if len(outcomes) == 1 and not outcomes[0].rows:
            listed = list(rows.values())
        items = tuple(listed[: plan.shown])
    return Written(
        items=items,
        count=sum(outcome.count for outcome in outcomes),
        created=bool(outcomes) and all(outcome.created for outcome in outcomes),
        continued=plan.continued,
        bare=plan.bare,
        location=_location(plan, outcomes),
    )


def _location(plan: WritePlan, outcomes: list[ChangeResult]) -> str | None:
    if len(outcomes) != 1 or not outcomes[0].created or not plan.key:
        return None
    kinds = {column.name: column.type.kind for column in plan.target.columns}
    if plan.key != plan.target.keys or any(kinds[name] is Kind.BINARY for name in plan.key):
        return None
    keys = outcomes[0].keys
    parts = [quote(str(part), safe="") for part in keys[0]] if keys else []
    # An empty part would not match a route.
    return ",".join(parts) if parts and all(parts) else None


def _item(outcome: ChangeResult, rows: RowsByKey) -> bytes | Failure | None:
    if outcome.error is not None:
        return Failure(error=outcome.error)
    found = _rows(outcome, rows)
    return found[0] if found else None


def _rows(outcome: ChangeResult, rows: RowsByKey) -> list[bytes]:
    return [*outcome.rows, *(rows[key] for key in outcome.keys if key in rows)]
