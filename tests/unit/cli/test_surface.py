"""The commands that print what a manifest makes."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openapi_spec_validator import validate

from faucet.cli import main

_MANIFEST = """\
version: 1
services: {shop: {driver: sqlite, dsn: shop.db}}
roles:
  reader: {grants: [{service: shop, tables: [items], verbs: [GET], fields: [id, name]}]}
  writer:
    grants:
      - {service: shop, tables: [items], verbs: [GET, POST, DELETE], fields: [id, price]}
      - {service: shop, tables: [notes], verbs: [GET]}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)")
        database.execute("CREATE TABLE notes (text TEXT)")
    path = tmp_path / "faucet.yaml"
    path.write_text(_MANIFEST)
    return path


def _run(manifest: Path, *arguments: str) -> Result:
    command, *rest = arguments
    return CliRunner().invoke(main, [command, "-c", str(manifest), *rest])


def _properties(document: dict) -> set[str]:
    schemas = document["components"]["schemas"]
    return {name for schema in schemas.values() for name in schema.get("properties", {})}


def test_routes_names_each_operation_and_who_may_do_it(manifest: Path):
    result = _run(manifest, "routes")

    assert result.exit_code == 0
    assert "GET     /api/v1/shop/_table/items       reader, writer" in result.stdout.splitlines()
    assert "POST    /api/v1/shop/_table/items       writer" in result.stdout.splitlines()


def test_routes_of_one_role_as_json(manifest: Path):
    routes = json.loads(_run(manifest, "routes", "--role", "reader", "--json").stdout)

    assert {(one["method"], one["path"]) for one in routes} == {
        ("GET", "/api/v1/shop/_table"),
        ("GET", "/api/v1/shop/_table/items"),
        ("GET", "/api/v1/shop/_table/items/{id}"),
    }
    assert {role for one in routes for role in one["roles"]} == {"reader"}


def test_openapi_of_a_role_tells_nothing_of_another(manifest: Path):
    document = json.loads(_run(manifest, "openapi", "--role", "reader").stdout)

    validate(document)
    assert "price" not in _properties(document)


def test_openapi_without_a_role_is_the_whole_surface(manifest: Path):
    document = json.loads(_run(manifest, "openapi").stdout)

    validate(document)
    assert {"name", "price", "text"} <= _properties(document)
    assert set(document["paths"]["/api/v1/shop/_table/items"]) >= {"get", "post", "delete"}


def test_openapi_without_roles_is_an_empty_document(tmp_path: Path):
    (tmp_path / "faucet.yaml").write_text("version: 1\n")

    document = json.loads(_run(tmp_path / "faucet.yaml", "openapi").stdout)

    validate(document)
    assert document["paths"] == {}


@pytest.mark.parametrize("command", ["openapi", "routes"])
def test_exit_codes_tell_a_fault_from_a_usage_error_and_a_missing_database(
    manifest: Path, command: str
):
    unknown_role = _run(manifest, command, "--role", "reeder")
    no_file = _run(manifest.with_name("none.yaml"), command)
    manifest.write_text(_MANIFEST.replace("[GET]", "[GTE]"))
    faulty = _run(manifest, command)
    manifest.write_text(_MANIFEST.replace("shop.db", "none.db"))
    unreachable = _run(manifest, command)

    codes = (unknown_role, no_file, faulty, unreachable)
    assert [one.exit_code for one in codes] == [2, 2, 1, 2]
    assert [one.stdout for one in codes] == [""] * 4
    assert 'did you mean "reader"?' in unknown_role.stderr
    assert "FCT11" in faulty.stderr
    assert "FCT1402" in unreachable.stderr
