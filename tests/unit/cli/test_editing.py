import hashlib
import json
import sqlite3
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from faucet.cli import main

COMMENTED = """\
# Our manifest.
version: 1

services:
    shop:   # the shop
        driver: sqlite
        dsn: 'shop.db'

roles:
    clerk:
        grants:
        - service: shop   # all of it
          tables: ["*"]
          verbs: [GET]
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "faucet.yaml"


def faucet(manifest: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["-c", str(manifest), *arguments])


def test_the_first_service_makes_the_manifest_and_lets_the_role_default_read_it(manifest):
    result = faucet(manifest, "db", "add", "shop", "--driver", "sqlite", "--dsn", "shop.db")

    assert result.exit_code == 0, result.output
    text = manifest.read_text()
    assert "version: 1" in text
    assert "tables: ['*']" in text
    assert "verbs: [GET]" in text
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "service: shop" in one)
    assert f"{manifest}:{line}." in result.output


@pytest.mark.parametrize(
    ("grant", "verbs"),
    [("none", None), ("read", "[GET]"), ("write", "[GET, POST, PUT, PATCH, DELETE]")],
)
def test_the_grant_of_a_new_service_is_what_was_asked(manifest, grant, verbs):
    faucet(manifest, "db", "add", "a", "--driver", "sqlite", "--dsn", "a.db", "--grant", grant)

    text = manifest.read_text()
    assert (f"verbs: {verbs}" in text) if verbs else ("grants" not in text)


def test_comments_quotes_and_indentation_survive_an_edit(manifest):
    manifest.write_text(COMMENTED)

    result = faucet(manifest, "key", "create", "till", "--role", "clerk")

    assert result.exit_code == 0, result.output
    text = manifest.read_text()
    for kept in (
        "# Our manifest.",
        "# the shop",
        "dsn: 'shop.db'",
        "        - service: shop   # all",
    ):
        assert kept in text


def test_a_key_is_shown_once_and_its_hash_is_kept(manifest):
    manifest.write_text(COMMENTED)

    result = faucet(
        manifest,
        "key",
        "create",
        "--role",
        "clerk",
        "--claim",
        "store=7",
        "--claim",
        "n=x",
        "--json",
    )

    made = json.loads(result.stdout)
    assert made["name"] == "key-1"
    assert made["key"].startswith("faucet_")
    text = manifest.read_text()
    assert made["key"] not in text
    assert f"sha256:{hashlib.sha256(made['key'].encode()).hexdigest()}" in text
    assert "store: 7" in text
    assert "n: x" in text


def test_keys_without_a_name_are_numbered(manifest):
    manifest.write_text(COMMENTED)

    for _ in range(2):
        faucet(manifest, "apikey", "create", "--role", "clerk")

    assert "key-1:" in manifest.read_text()
    assert "key-2:" in manifest.read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("db", "add", "other", "--driver", "oracle", "--dsn", "x"),
        ("db", "add", "Bad Name", "--driver", "sqlite", "--dsn", "x"),
        ("key", "create", "--role", "nobody"),
        ("key", "create", "--role", "clerk", "--expires", "tomorrow"),
    ],
)
def test_an_edit_that_would_not_pass_check_leaves_the_file_as_it_was(manifest, arguments):
    manifest.write_text(COMMENTED)

    result = faucet(manifest, *arguments)

    assert result.exit_code == 1
    assert "FCT" in result.stderr
    assert manifest.read_text() == COMMENTED


@pytest.mark.parametrize(
    "arguments",
    [
        ("db", "add", "shop", "--driver", "sqlite", "--dsn", "x"),
        ("role", "create", "clerk"),
        ("db", "remove", "nothing"),
        ("db", "test", "nothing"),
    ],
)
def test_a_name_that_is_taken_or_missing_is_an_error(manifest, arguments):
    manifest.write_text(COMMENTED)

    result = faucet(manifest, *arguments)

    assert result.exit_code == 1
    assert manifest.read_text() == COMMENTED


@pytest.mark.parametrize(
    "arguments", [("db", "add"), ("db", "add", "x"), ("key", "create"), ("role", "create")]
)
def test_what_is_missing_is_a_usage_error_away_from_a_terminal(manifest, arguments):
    assert faucet(manifest, *arguments).exit_code == 2


def test_a_manifest_that_is_no_yaml_is_left_alone(manifest):
    manifest.write_text("version: [1\n")

    result = faucet(manifest, "role", "create", "clerk")

    assert result.exit_code == 1
    assert "FCT10" in result.stderr
    assert manifest.read_text() == "version: [1\n"


def test_a_password_in_a_dsn_is_written_and_warned_of(manifest):
    dsn = "postgres://faucet:hunter2@localhost/shop"

    result = faucet(manifest, "service", "add", "shop", "--driver", "postgres", "--dsn", dsn)

    assert result.exit_code == 0
    assert dsn in manifest.read_text()
    assert "replace it with ${env:SHOP_PASSWORD} or" in result.stderr
    assert "hunter2" not in result.output


def test_the_log_advises_the_variable_that_adding_a_service_does(manifest):
    dsn = "postgres://faucet:hunter2@localhost/shop"
    told = faucet(manifest, "db", "add", "my-shop", "--driver", "postgres", "--dsn", dsn).stderr

    checked = faucet(manifest, "check", "--format", "json").stdout

    assert "${env:MY_SHOP_PASSWORD}" in told
    assert "${env:MY_SHOP_PASSWORD}" in checked


def test_a_reference_as_the_password_is_not_warned_of(manifest):
    dsn = "postgres://faucet:${env:NOT_SET_ANYWHERE}@localhost/shop"

    result = faucet(manifest, "db", "add", "shop", "--driver", "postgres", "--dsn", dsn)

    assert result.exit_code == 0
    assert "as it is" not in result.stderr
    assert '"shop" was not checked: the environment variable "NOT_SET_ANYWHERE"' in result.stderr


def test_a_database_that_cannot_be_reached_is_added_with_a_warning(manifest):
    dsn = "postgresql://faucet@127.0.0.1:1/shop"

    result = faucet(manifest, "db", "add", "shop", "--driver", "postgres", "--dsn", dsn)

    assert result.exit_code == 0
    assert 'warning: the database of "shop" cannot be reached' in result.stderr


def test_a_database_that_answers_is_added_without_a_warning(manifest):
    sqlite3.connect(manifest.parent / "shop.db").close()

    result = faucet(manifest, "db", "add", "shop", "--driver", "sqlite", "--dsn", "shop.db")

    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("grant", "may"),
    [("read", "read (GET)"), ("write", "read and write (GET, POST, PUT, PATCH, DELETE)")],
)
def test_what_the_role_default_may_do_is_said(manifest, grant, may):
    result = faucet(
        manifest, "db", "add", "a", "--driver", "sqlite", "--dsn", "a.db", "--grant", grant
    )

    assert f'The role "default" may {may} all of its tables.' in result.stdout


@pytest.mark.parametrize("known", [True, False])
def test_a_new_manifest_names_the_schema_where_there_is_one(manifest, known):
    if known:
        (manifest.parent / "schema").mkdir()
        (manifest.parent / "schema" / "faucet.schema.json").write_text("{}")

    faucet(manifest, "role", "create", "clerk")

    text = manifest.read_text()
    assert text.startswith("# yaml-language-server: $schema=./schema" if known else "version: 1\n")


def test_a_key_without_a_claim_of_its_roles_rules_is_made_with_a_warning(manifest):
    manifest.write_text(COMMENTED + "          rows: store_id = {claims.store_id}\n")

    lacking = faucet(manifest, "key", "create", "a", "--role", "clerk")
    complete = faucet(manifest, "key", "create", "b", "--role", "clerk", "--claim", "store_id=7")

    assert (lacking.exit_code, complete.exit_code) == (0, 0)
    assert 'warning: the key "a" lacks the claim "store_id"' in lacking.stderr
    assert "warning" not in complete.stderr
    assert lacking.stdout.startswith("faucet_")


def test_removing_a_service_takes_its_grants_along(manifest):
    manifest.write_text(COMMENTED)

    result = faucet(manifest, "database", "rm", "shop", "--yes")

    assert result.exit_code == 0, result.output
    assert "shop" not in manifest.read_text()
    assert "1 grant" in result.output


@pytest.mark.fault("operators.remove")
def test_what_would_be_removed_is_listed_and_needs_a_confirmation(manifest, monkeypatch):
    manifest.write_text(COMMENTED)

    refused = faucet(manifest, "db", "remove", "shop")
    monkeypatch.setattr("faucet.cli.db.is_interactive", lambda: True)
    runner = CliRunner()
    declined = runner.invoke(main, ["-c", str(manifest), "db", "remove", "shop"], input="n\n")

    assert (refused.exit_code, declined.exit_code) == (2, 1)
    assert [r for r in (refused, declined) if "roles.clerk.grants[0]" not in r.stderr] == []
    assert "--yes" in refused.stderr
    assert manifest.read_text() == COMMENTED

    confirmed = runner.invoke(main, ["-c", str(manifest), "db", "remove", "shop"], input="y\n")

    assert confirmed.exit_code == 0
    assert "shop" not in manifest.read_text()


@pytest.mark.fault("operators.read_only")
@pytest.mark.parametrize("place", ["/proc/faucet.yaml", "file/faucet.yaml", "x" * 300, "a/" * 3000])
@pytest.mark.parametrize("command", [("role", "create", "clerk"), ("db", "list"), ("check",)])
def test_a_place_that_cannot_be_written_or_read_is_one_line(tmp_path, monkeypatch, place, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")

    result = faucet(Path(place), *command)

    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stderr.count("\n") <= 1


def test_the_mode_of_the_file_is_kept_and_a_link_stays_a_link(tmp_path):
    real, link = tmp_path / "real.yaml", tmp_path / "faucet.yaml"
    real.write_text(COMMENTED)
    real.chmod(0o600)
    link.symlink_to(real)

    faucet(link, "role", "create", "boss")

    assert link.is_symlink()
    assert "boss" in real.read_text()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_roles_and_services_are_listed_without_secrets(manifest):
    manifest.write_text(COMMENTED)

    services = json.loads(faucet(manifest, "db", "ls", "--json").stdout)
    roles = json.loads(faucet(manifest, "role", "list", "--json").stdout)

    assert services == [
        {"name": "shop", "driver": "sqlite", "schema": None, "label": None, "read_only": None}
    ]
    assert roles == [{"name": "clerk", "description": None, "extends": [], "grants": 1}]
    assert "clerk" in faucet(manifest, "role", "list").stdout


def test_a_service_is_tested_and_its_tables_are_shown(manifest):
    manifest.write_text(COMMENTED)
    with sqlite3.connect(manifest.parent / "shop.db") as connection:
        connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(9) NOT NULL)")
    connection.close()

    tested = json.loads(faucet(manifest, "db", "test", "shop", "--json").stdout)
    table = json.loads(faucet(manifest, "db", "schema", "shop", "users").stdout)
    every = json.loads(faucet(manifest, "db", "schema", "shop").stdout)

    assert tested["success"]
    assert tested["tables"] == ["users"]
    assert table["primary_key"] == ["id"]
    assert [(c["name"], c["json_type"], c["nullable"]) for c in table["columns"]] == [
        ("id", "integer", False),
        ("name", "string", False),
    ]
    assert every == {"tables": [table], "views": []}
    assert faucet(manifest, "db", "schema", "shop", "user").exit_code == 1


def test_a_database_that_does_not_answer_fails_the_test_command(manifest):
    manifest.write_text(COMMENTED)

    result = faucet(manifest, "db", "test", "shop", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["success"] is False
