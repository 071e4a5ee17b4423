"""Masks on a real SQLite: what they show, and what they never show."""

import hashlib
import hmac
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from faucet.model.catalog import ColumnType, Kind
from faucet.transforms.masks import MASKS

_TEXT = ColumnType(kind=Kind.TEXT, db_type="TEXT")
_KEY = b"a purpose key"
_MASKS = {mask.facts.name: mask for mask in MASKS}


class _Forms:
    """Stands in for a dialect where a mask asks for one."""

    def keyed_hash(self, text, key):
        return sa.func.keyed_hash(text, sa.literal_column(f"x'{key.hex()}'"))


def _expression(name: str) -> str:
    column = sa.column("value", sa.Text())
    masked = _MASKS[name].expression(column, _TEXT, _Forms(), _KEY)  # type: ignore[arg-type]
    compiled = masked.compile(dialect=sqlite.dialect())
    assert compiled.params == {}
    return str(compiled)


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.create_function("keyed_hash", 2, _keyed_hash, deterministic=True)
        yield connection


def _keyed_hash(text: str | None, key: bytes) -> str | None:
    return None if text is None else hmac.digest(key, text.encode(), hashlib.sha256).hex()


def _masked(database: sqlite3.Connection, name: str, value: object) -> str | None:
    query = f"SELECT {_expression(name)} FROM (SELECT ? AS value)"
    shown: str | None
    ((shown,),) = database.execute(query, (value,))
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


@pytest.mark.parametrize("name", _MASKS)
@pytest.mark.postgresql
def test_masks_mean_the_same_on_postgresql(database, postgres_dsn, name):
    import psycopg

    values = ["", "12345678", "4111111111111111", "🦊🦊🦊🦊🦊🐻🐻🐻🐻", None]
    column = sa.column("value", sa.Text())
    masked = _MASKS[name].expression(column, _TEXT, _Forms(), _KEY)  # type: ignore[arg-type]
    query = (
        f"SELECT {masked.compile(dialect=postgresql.dialect())} FROM (SELECT %s::text AS value) t"
    )

    with psycopg.connect(postgres_dsn) as connection:
        connection.execute(
            "CREATE FUNCTION pg_temp.keyed_hash(text, bit) RETURNS text"
            " LANGUAGE sql AS $$ SELECT $1 $$"
        )
        rows = [
            connection.execute(query.replace("keyed_hash", "pg_temp.keyed_hash"), (value,))
            for value in values
        ]
        shown = [cell for row in rows for (cell,) in row]

    if name == "hash":
        assert shown == [value and value[:32] for value in values]
    else:
        assert shown == [_masked(database, name, value) for value in values]
