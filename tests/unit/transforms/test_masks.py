"""Masks on real databases: what they show, and what they never show."""

import hashlib
import hmac
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from faucet.dialects.postgresql.forms import PostgresForms
from faucet.dialects.sqlite.forms import SqliteForms
from faucet.dialects.sqlite.functions import prepare
from faucet.extension.sql_forms import SqlForms
from faucet.model.catalog import ColumnType, Kind
from faucet.transforms.masks import MASKS

_KEY = b"a purpose key of thirty-two byte"
_MASKS = {mask.facts.name: mask for mask in MASKS}
_TEXT = ColumnType(kind=Kind.TEXT, db_type="text")


def _statement(name: str, forms: SqlForms, of: ColumnType = _TEXT) -> tuple[str, list[object]]:
    """The statement that reads t.value masked, with its constants."""
    column: sa.ColumnClause[str] = sa.column("value")
    key = _KEY if _MASKS[name].facts.keyed else b""
    masked = _MASKS[name].expression(column, of, forms, key)
    compiled = forms.compile(sa.select(masked.label("value")).select_from(sa.table("t", column)))
    return compiled.sql, [compiled.constants[name] for name in compiled.names]


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        prepare(connection)
        connection.execute("CREATE TABLE t (value TEXT)")
        yield connection


def _masked(database: sqlite3.Connection, name: str, value: str | None) -> str | None:
    database.execute("DELETE FROM t")
    database.execute("INSERT INTO t VALUES (?)", (value,))
    shown: str | None
    ((shown,),) = database.execute(*_statement(name, SqliteForms()))
    return shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", "****"),
        ("a", "****"),
        ("12345678", "****"),
        ("123456789", "****6789"),
        ("4111111111111111", "****1111"),
        ("äöüäöüäöü", "****üäöü"),
        ("🦊🦊🦊🦊🦊🐻🐻🐻🐻", "****🐻🐻🐻🐻"),
        ("        x", "****   x"),
        ("short\0" + "hidden" * 9, "****"),
        ("123456789\0" + "hidden" * 9, "****6789"),
    ],
)
def test_last4_shows_four_of_more_than_eight_characters(database, value, shown):
    assert _masked(database, "last4", value) == shown


@given(value=st.text(st.characters(exclude_categories=["Cs"])))
@pytest.mark.promise("sec-03")
def test_last4_never_shows_more_than_it_says(database, value):
    shown = _masked(database, "last4", value)

    assert shown is not None
    assert shown == "****" or (len(value) > 8 and len(shown) <= 8 and shown.startswith("****"))


@pytest.mark.parametrize("value", ["", "x", "canary" * 10])
@pytest.mark.promise("sec-03")
def test_redact_and_null_show_nothing(database, value):
    assert _masked(database, "redact", value) == "****"
    assert _masked(database, "null", value) is None


@pytest.mark.parametrize("value", ["", "x", "canary" * 10, "äöü"])
def test_hash_shows_half_of_a_keyed_digest(database, value):
    expected = hmac.digest(_KEY, value.encode(), hashlib.sha256).hex()[:32]

    assert _masked(database, "hash", value) == expected


@pytest.mark.parametrize("name", _MASKS)
def test_null_stays_null(database, name):
    assert _masked(database, name, None) is None


def test_null_takes_every_kind_and_the_others_text():
    facts = {name: (mask.facts.takes, mask.facts.gives) for name, mask in _MASKS.items()}

    assert facts == {
        "null": (frozenset(Kind), None),
        "redact": (frozenset({Kind.TEXT}), Kind.TEXT),
        "hash": (frozenset({Kind.TEXT}), Kind.TEXT),
        "last4": (frozenset({Kind.TEXT}), Kind.TEXT),
    }
    assert [name for name, mask in _MASKS.items() if mask.facts.keyed] == ["hash"]


@pytest.mark.parametrize("name", ["null", "redact", "last4"])
@pytest.mark.parametrize("forms", [SqliteForms(), PostgresForms()], ids=["sqlite", "postgresql"])
def test_a_mask_without_a_key_takes_no_parameter(name, forms):
    _, constants = _statement(name, forms)

    assert constants == []


@pytest.mark.parametrize("name", _MASKS)
@pytest.mark.parametrize("spelling", ["text", "varchar(80)", "varchar", "citext"])
def test_masks_mean_the_same_on_postgresql(database, postgres_database, name, spelling):
    values = ["", "12345678", "4111111111111111", "äöüäöüäöü", "🦊🦊🦊🦊🦊🐻🐻🐻🐻", None]
    schema = "public." if spelling == "citext" else ""
    forms = PostgresForms()

    with psycopg.connect(postgres_database) as connection:
        _create_table(connection, f"{schema}{spelling}")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO t VALUES (%s, %s)", list(enumerate(values)))
        query, constants = _statement(name, forms, ColumnType(kind=Kind.TEXT, db_type=spelling))
        shown = [cell for (cell,) in connection.execute(f"{query} ORDER BY id".encode(), constants)]

    assert shown == [_masked(database, name, value) for value in values]


@pytest.mark.promise("sec-33")
@pytest.mark.parametrize("name", _MASKS)
def test_functions_of_others_are_not_taken_for_the_database_s_own(postgres_database, name):
    with psycopg.connect(postgres_database) as connection:
        _create_table(connection, "varchar(80)")
        connection.execute("INSERT INTO t VALUES (1, 'canary canary')")
        for function in (
            "length(varchar) RETURNS int",
            "substr(varchar, int, int) RETURNS text",
            '"right"(varchar, int) RETURNS text',
        ):
            connection.execute(
                f"CREATE FUNCTION public.{function} LANGUAGE plpgsql"
                " AS $$ BEGIN RAISE EXCEPTION '%', $1; END $$".encode()
            )
        connection.execute("SET search_path = pg_catalog, public, pg_temp")

        query, constants = _statement(name, PostgresForms())
        ((shown,),) = connection.execute(query.encode(), constants)

    assert shown is None or "canary" not in shown


@pytest.mark.parametrize(
    "spelling", ["integer", "numeric", "timestamptz", "json", "jsonb", "bytea", "uuid", "integer[]"]
)
def test_null_keeps_the_type_of_its_column(postgres_database, spelling):
    with psycopg.connect(postgres_database) as connection:
        _create_table(connection, spelling)

        query, constants = _statement("null", PostgresForms())
        masked = connection.execute(query.encode(), constants).description
        raw = connection.execute("SELECT value FROM t").description

    assert masked is not None
    assert raw is not None
    assert masked[0].type_code == raw[0].type_code


def _create_table(connection: psycopg.Connection, spelling: str) -> None:
    if spelling == "public.citext":
        try:
            connection.execute("CREATE EXTENSION citext")
        except psycopg.errors.FeatureNotSupported:
            pytest.skip("this server comes without citext")
    connection.execute(f"CREATE TABLE t (id int, value {spelling})".encode())
