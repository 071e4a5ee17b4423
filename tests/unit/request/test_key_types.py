"""Rows are selected by keys of every type that a database takes for one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio]

_T = "/api/v1/shop/_table"
# Type, a key as it is read, the same key spelled otherwise, a missing key, and what is no key.
_KEYS: dict[str, tuple[str, str, str, str, str]] = {
    "host": ("inet", "10.0.0.1", "10.0.0.1/32", "10.0.0.2", "nope"),
    "net6": ("inet", "::1", "0:0::1", "::2", "::g"),
    "net": ("cidr", "10.0.0.0/8", "10/8", "11.0.0.0/8", "10.0.0.1/8"),
    "mac": ("macaddr", "08:00:2b:01:02:03", "08002b010203", "08:00:2b:01:02:04", "zz"),
    "mac8": ("macaddr8", "08:00:2b:01:02:03:04:05", "08002b0102030405", "08002b0102030406", "zz"),
    "bits": ("bit(3)", "101", "b101", "100", "2"),
    "varbits": ("varbit(5)", "1010", "xa", "1", "2"),
    "span": ("int4range", "[1,5)", "[1,4]", "[1,6)", "[5,1)"),
    "spans": ("int4multirange", "{[1,5)}", "{[1,4]}", "{[1,6)}", "{[1"),
    "time_": ("timetz", "10:00:00+02", "10:00+02", "10:00:01+02", "25:99"),
    "lsn": ("pg_lsn", "0/10", "0/00010", "0/11", "zz"),
    "domained": ("address", "10.0.0.1", "10.0.0.1/32", "10.0.0.2", "nope"),
}


def _manifest(database: Database, **service: Any) -> dict[str, Any]:
    grant = {"service": "shop", "tables": ["*"], "verbs": ["*"]}
    return {
        "version": 1,
        "services": {"shop": database.service(**service)},
        "roles": {"all": {"grants": [grant]}},
        "auth": {"anonymous": "all"},
    }


@pytest.fixture
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Plane]:
    with scratch("postgres", request, tmp_path) as database:
        database.script("CREATE DOMAIN address AS inet")
        for name, (of, key, *_) in _KEYS.items():
            database.script(f"CREATE TABLE {name} (k {of} PRIMARY KEY, v int)")
            database.script(f"INSERT INTO {name} VALUES ('{key}', 1)")
        database.script("CREATE VIEW hosts AS SELECT k, v FROM host")
        service = {"resources": {"hosts": {"primary_key": ["k"]}}}
        async with plane(_manifest(database, **service)) as opened:
            yield opened


@pytest.mark.postgresql
@pytest.mark.fault("http.key_types")
@pytest.mark.parametrize("table", [*_KEYS, "hosts"])
async def test_one_row_is_read_and_written_by_its_key(shop: Plane, table: str):
    _, key, spelled, missing, wrong = _KEYS["host" if table == "hosts" else table]
    one, other = (f"{_T}/{table}/{quote(each, safe='')}" for each in (key, spelled))

    read, again = await shop.get(one), await shop.get(other)
    listed = await shop.get(f"{_T}/{table}", ids=f"'{key}'")
    patched = await shop.ask("PATCH", other, {"v": 2})
    by_body = await shop.ask("PATCH", f"{_T}/{table}", [{"k": key, "v": 3}])
    put = await shop.ask("PUT", one, {"k": key, "v": 4})
    moved = await shop.ask("PATCH", one, {"k": missing, "v": 5})
    gone = await shop.get(f"{_T}/{table}/{quote(missing, safe='')}")
    refused = [
        await shop.ask(method, f"{_T}/{table}/{quote(wrong, safe='')}", body)
        for method, body in (("GET", None), ("PATCH", {"v": 1}), ("DELETE", None))
    ]
    deleted = await shop.ask("DELETE", other)
    made = await shop.ask("POST", f"{_T}/{table}", {"k": key, "v": 5})
    located = await shop.get(made.headers["location"])

    assert [each.json for each in (read, again)] == [{"k": key, "v": 1}] * 2
    assert listed.rows == [{"k": key, "v": 1}]
    assert (patched.json, by_body.rows) == ({"k": key, "v": 2}, [{"k": key, "v": 3}])
    assert (put.json, deleted.status) == ({"k": key, "v": 4}, 200)
    assert (moved.status, moved.error) == (400, "key_mismatch")
    assert (gone.status, gone.error) == (404, "row_not_found")
    assert [each.status for each in refused] == [400] * 3
    assert '"k"' in refused[0].json["error"]["message"]
    assert located.json == {"k": key, "v": 5}
    assert shop.reported == []


@pytest.mark.postgresql
async def test_a_filter_still_compares_no_opaque_type(shop: Plane):
    answer = await shop.get(f"{_T}/host", filter="k = '10.0.0.1'")

    assert (answer.status, answer.error) == (400, "wrong_type")


@pytest.mark.fault("http.empty_keys")
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_rows_with_an_empty_key_are_selected_by_ids(
    request: pytest.FixtureRequest, tmp_path: Path, dialect: str
):
    with scratch(dialect, request, tmp_path) as database:
        database.script(
            "CREATE TABLE one (k varchar(9) PRIMARY KEY, v int)",
            "CREATE TABLE two (k varchar(9), l varchar(9), v int, PRIMARY KEY (k, l))",
            "INSERT INTO two VALUES ('', '', 1), ('a', '', 2)",
        )
        async with plane(_manifest(database)) as shop:
            made = await shop.ask("POST", f"{_T}/one", {"k": "", "v": 1})
            read = await shop.get(f"{_T}/one", ids="''")
            patched = await shop.ask("PATCH", f"{_T}/one", {"ids": [""], "v": 2})
            put = await shop.ask("PUT", f"{_T}/one", [{"k": "", "v": 3}])
            pair = await shop.get(f"{_T}/two", ids="('','')")
            parts = [await shop.get(f"{_T}/two/{key}") for key in (",", "a,")]
            deleted = await shop.ask("DELETE", f"{_T}/one", {"ids": [""]})
            left = await shop.get(f"{_T}/one")

    assert (made.status, made.headers.get("location")) == (201, None)
    assert (read.rows, patched.rows) == ([{"k": "", "v": 1}], [{"k": "", "v": 2}])
    assert (put.rows, deleted.json["meta"]["count"], left.rows) == ([{"k": "", "v": 3}], 1, [])
    assert pair.rows == [{"k": "", "l": "", "v": 1}]
    assert [part.json["v"] for part in parts] == [1, 2]
