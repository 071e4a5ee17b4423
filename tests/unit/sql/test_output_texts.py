"""What is returned of a column is written once, and the same in every statement."""

import pytest

from faucet.dialects.postgresql.forms import PostgresForms
from faucet.dialects.sqlite.forms import SqliteForms
from faucet.extension.sql_forms import SqlForms
from faucet.model.catalog import ColumnType, Kind
from faucet.model.filters.condition import NullTest
from faucet.model.settings import ValueOptions
from faucet.model.statement import Output, RelationName, Select, Typed
from faucet.sql.render import RenderContext, render

_NAMES = ("plain", "100%", "%s", "%(x)s", 'quo"te', "co:lon", "two words")
_TYPES = tuple(
    ColumnType(kind=kind, db_type=kind.value)
    for kind in (Kind.TEXT, Kind.TIMESTAMPTZ, Kind.BINARY, Kind.INTEGER)
)


def _context(forms: SqlForms) -> RenderContext:
    return RenderContext(
        forms=forms, options=ValueOptions(), transforms={}, mask_key=b"", max_bytes=2**20
    )


def _select(relation: str, of: ColumnType, *names: str) -> Select:
    return Select(
        relation=RelationName(schema=None, name=relation),
        columns=tuple(Typed(name=name, type=of) for name in names),
        outputs=tuple(Output(label=f"as {name}", column=name, type=of) for name in names),
        where=NullTest(column=names[0]),
    )


@pytest.mark.parametrize("forms", [PostgresForms(), SqliteForms()])
@pytest.mark.parametrize("of", _TYPES, ids=lambda of: of.kind.value)
def test_a_column_that_was_returned_before_is_written_the_same_again(
    forms: SqlForms, of: ColumnType
):
    context = _context(forms)
    render(_select("items", of, *_NAMES), context)

    for again in (_select("items", of, *reversed(_NAMES)), _select("others", of, *_NAMES)):
        assert render(again, context).sql == render(again, _context(forms)).sql


@pytest.mark.parametrize("forms", [PostgresForms(), SqliteForms()])
def test_what_is_returned_of_a_column_has_no_parameters(forms: SqlForms):
    context = _context(forms)

    for of in _TYPES:
        assert render(_select("items", of, "c"), context).placeholders == ()


def test_one_name_with_two_types_is_written_for_each():
    context, (text, instant, *_) = _context(PostgresForms()), _TYPES
    render(_select("items", text, "c"), context)

    assert "timezone" in render(_select("items", instant, "c"), context).sql
