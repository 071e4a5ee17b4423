"""A byte that is not UTF-8, in a database without an encoding, is returned as U+FFFD."""

import secrets
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from psycopg import sql

from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio, pytest.mark.postgresql, pytest.mark.fault("values.encodings")]

_T = "/api/v1/shop/_table/notes"


@pytest.fixture(params=["SQL_ASCII", "LATIN1"])
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def dsn(postgres_dsn: str, encoding: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LOCALE 'C'").format(
        sql.Identifier(name), encoding
    )
    address, mark, query = postgres_dsn.partition("?")
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(made)
        try:
            dsn = f"{address.rsplit('/', 1)[0]}/{name}{mark}{query}"
            with psycopg.connect(dsn, client_encoding=encoding) as filled:
                filled.execute(b"CREATE TABLE notes (id int PRIMARY KEY, v text, list text[])")
                filled.execute(
                    b"INSERT INTO notes VALUES (1, 'm\xe9', ARRAY['\xe9']), (2, 'plain', NULL)"
                )
                filled.execute(b"COMMENT ON COLUMN notes.v IS 'm\xe9'")
            yield dsn
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))


@pytest.fixture
async def shop(dsn: str) -> AsyncIterator[Plane]:
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"]}
    masked = {"service": "masked", "tables": ["*"], "verbs": ["GET"], "mask": {"v": "hash"}}
    service = {"driver": "postgres", "dsn": dsn}
    manifest = {
        "version": 1,
        "services": {"shop": service, "masked": service},
        "roles": {"all": {"grants": [grant, masked]}},
        "auth": {"anonymous": "all"},
    }
    async with plane(manifest) as opened:
        yield opened


async def test_a_row_with_a_byte_that_is_not_utf_8_is_returned(shop: Plane, encoding: str):
    letter = "é" if encoding == "LATIN1" else "\ufffd"

    answer = await shop.get(_T, order="v")

    assert answer.rows == [
        {"id": 1, "v": f"m{letter}", "list": [letter]},
        {"id": 2, "v": "plain", "list": None},
    ]
    assert (await shop.get(f"{_T}/1")).json == answer.rows[0]
    assert (await shop.get(_T, filter="v = 'plain'", fields="id")).rows == [{"id": 2}]


async def test_what_is_written_is_utf_8_and_found(shop: Plane):
    made = await shop.ask("POST", _T, [{"id": 3, "v": "é"}, {"id": 4, "v": "x"}])

    assert [row["v"] for row in made.rows] == ["é", "x"]
    assert (await shop.get(_T, filter="v = 'é'", fields="id")).rows == [{"id": 3}]
    changed = await shop.ask("PATCH", f"{_T}/1", {"v": "mè"})
    assert changed.json["v"] == "mè"
    assert (await shop.ask("DELETE", f"{_T}/1")).status == 200


async def test_a_hash_is_made_of_any_byte(shop: Plane):
    rows = (await shop.get("/api/v1/masked/_table/notes", fields="v", order="id")).rows

    assert len({row["v"] for row in rows}) == 2
