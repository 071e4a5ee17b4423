"""Whatever databases write differently comes from the forms; another dialect overrides it there."""

from typing import Any

import pytest
import sqlalchemy as sa

from faucet.dialects.sqlite.forms import SqliteForms
from faucet.extension.sql_forms import Expression
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import AllOf, AnyOf, Known, NullTest, Slot
from faucet.model.settings import ValueOptions
from faucet.model.statement import (
    AnswerForm,
    CountCheckFailures,
    CountCheckPasses,
    EvaluateCheck,
    Insert,
    Layout,
    OrderTerm,
    Output,
    RelationName,
    Select,
    Statement,
    Typed,
    Update,
)
from faucet.sql.render import RenderContext, render

_TEXT = ColumnType(kind=Kind.TEXT, db_type="text")
_TABLE = RelationName(schema=None, name="t")
_COLUMNS = (Typed(name="a", type=_TEXT), Typed(name="b", type=_TEXT))
_OUTPUTS = (Output(label="a", column="a", type=_TEXT),)
_CHECK = AnyOf(of=(NullTest(column="a"), Known(column="b", holds=True), AnyOf(of=())))
_WHERE = AllOf(of=())


class _OtherForms(SqliteForms):
    """A database with OFFSET … FETCH, without NULLS FIRST, booleans and RETURNING."""

    def truth(self, *, holds: bool) -> Expression:
        one: Expression = sa.literal_column("1")
        return one == sa.literal_column("1" if holds else "0")

    def is_true(self, check: Expression) -> Expression:
        return sa.case((check, sa.literal_column("1")), else_=sa.literal_column("0")) == 1

    def ordered(
        self, key: Expression, *, descending: bool, nulls_first: bool | None
    ) -> sa.ColumnElement[Any]:
        return sa.func.ordered(key, sa.literal_column(f"'{descending} {nulls_first}'"))

    def paged(
        self, query: sa.Select[Any], limit: Expression | None, offset: Expression | None
    ) -> sa.Select[Any]:
        for word, number in (("OFFSET", offset), ("FETCH", limit)):
            if number is not None:
                query = query.suffix_with(sa.literal_column(word), number)
        return query

    def returning(self, write: sa.Insert | sa.Update, keys: object) -> sa.sql.ClauseElement:
        return write


_STATEMENTS: dict[str, Statement] = {
    "page": Select(
        relation=_TABLE,
        columns=_COLUMNS,
        outputs=_OUTPUTS,
        where=_CHECK,
        order=(OrderTerm(column="a"), OrderTerm(column="b", descending=True, nulls_first=False)),
        limit=Slot(index=0),
        offset=Slot(index=1),
    ),
    "rows": Select(
        relation=_TABLE,
        columns=_COLUMNS,
        outputs=_OUTPUTS,
        where=_CHECK,
        form=AnswerForm(layout=Layout.ROWS, keys=("b",)),
        offset=Slot(index=0),
    ),
    "insert": Insert(relation=_TABLE, columns=_COLUMNS, assign=("a",), keys=("b",)),
    "update": Update(relation=_TABLE, columns=_COLUMNS, assign=("a",), where=_CHECK, keys=("b",)),
    "passes": CountCheckPasses(relation=_TABLE, columns=_COLUMNS, where=_WHERE, check=_CHECK),
    "failures": CountCheckFailures(
        relation=_TABLE, columns=_COLUMNS, assign=("a",), where=_WHERE, check=_CHECK
    ),
    "evaluation": EvaluateCheck(columns=_COLUMNS, given=("a", "b"), check=_CHECK),
}
_STANDARD = ("LIMIT", "NULLS", "IS 1", "IS true", "RETURNING", " true", " false")


def _sql(forms: SqliteForms, name: str) -> str:
    context = RenderContext(
        forms=forms, options=ValueOptions(), transforms={}, mask_key=b"", max_bytes=2**20
    )
    return render(_STATEMENTS[name], context).sql


@pytest.mark.parametrize("name", _STATEMENTS)
def test_another_dialect_writes_its_own_forms(name: str):
    standard, other = _sql(SqliteForms(), name), _sql(_OtherForms(), name)

    assert other != standard
    assert not [word for word in _STANDARD if word in other]


def test_null_is_the_largest_value_unless_the_order_says_otherwise():
    text = _sql(_OtherForms(), "page")

    assert "'False False'" in text
    assert "'True False'" in text
