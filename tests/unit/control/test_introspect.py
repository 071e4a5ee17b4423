"""What introspection makes of services: wanted tables, unreachable databases, reasons."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from faucet.control.compile.exposure import select_relations
from faucet.control.introspect import introspect
from faucet.dialects.postgresql import POSTGRESQL
from faucet.dialects.sqlite import SQLITE
from faucet.model.catalog import Catalog, Unreachable
from faucet.model.settings import ServiceSettings
from tests.services import service

_DIALECTS = {"sqlite": SQLITE, "postgres": POSTGRESQL}


def _sqlite(path: Path, **tables: list[str]) -> ServiceSettings:
    return service("sqlite", str(path), tables=tables)


def _tables(found: Mapping[str, Catalog | Unreachable]) -> list[str]:
    catalog = found["shop"]
    assert isinstance(catalog, Catalog)
    return sorted(catalog.relations)


@pytest.fixture
def shop(sqlite_database: Path) -> Path:
    with closing(sqlite3.connect(sqlite_database)) as connection:
        for name in ("orders", "order_items", "Orders_old", "tmp_1", "odd[1]"):
            connection.execute(f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY)')
        connection.execute("CREATE VIRTUAL TABLE search USING fts5 (body)")
    return sqlite_database


@pytest.mark.promise("sec-15")
@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({}, ["Orders_old", "odd[1]", "order_items", "orders", "tmp_1"]),
        ({"include": ["order*"]}, ["order_items", "orders"]),
        ({"include": ["*"], "exclude": ["tmp_*", "o*"]}, ["Orders_old"]),
        ({"include": ["odd[1]"]}, ["odd[1]"]),
        ({"include": ["s*", "search"]}, ["search"]),
        ({"include": ["search"], "exclude": ["s*"]}, []),
    ],
)
def test_a_service_holds_the_tables_that_it_wants(
    shop: Path, tables: dict[str, list[str]], expected: list[str]
):
    wanted = _sqlite(shop, **tables)
    found = introspect({"shop": wanted}, _DIALECTS)["shop"]

    assert isinstance(found, Catalog)
    selected = select_relations(found, wanted.tables)
    assert _tables({"shop": selected}) == expected


def test_one_that_does_not_answer_leaves_the_others_alone(shop: Path, tmp_path: Path):
    services = {
        "shop": _sqlite(shop),
        "gone": _sqlite(tmp_path / "gone.db"),
        "down": service("postgres", "postgresql://faucet:s3cret@127.0.0.1:1/shop"),
    }

    found = introspect(services, _DIALECTS)

    assert list(found) == ["shop", "gone", "down"]
    assert len(_tables(found)) == 6
    assert isinstance(found["gone"], Unreachable)
    assert isinstance(found["down"], Unreachable)
    assert "127.0.0.1" in found["down"].reason


@pytest.mark.parametrize(
    "dsn",
    [
        "pa:s3cr%20et@nowhere;what",
        "password=s3cr%20et;s3cr%20et",
        "postgresql://faucet:s3cr%20et@127.0.0.1:1/s3cr%20et?s3cr%20et",
    ],
)
def test_a_reason_holds_no_password(dsn: str):
    found = introspect({"shop": service("postgres", dsn)}, _DIALECTS)["shop"]

    assert isinstance(found, Unreachable)
    assert found.reason
    assert "s3cr" not in found.reason


def test_no_services_are_no_catalogs():
    assert introspect({}, _DIALECTS) == {}
