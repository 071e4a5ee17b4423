"""`faucet check`: what it opens, prints and answers."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from faucet.cli import main
from tests.bare_python import output_of

_EXAMPLE = Path(__file__).parents[3] / "faucet.yaml.example"
_GOOD = "version: 1\nservices: {shop: {driver: sqlite, dsn: shop.db}}\n"
_WARNED = _GOOD + "roles: {clerk: {}}\n"
_BAD = "version: 2\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("FAUCET_")]:
        monkeypatch.delenv(name)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments])


def test_the_example_is_clean():
    result = check(str(_EXAMPLE))

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "1 file: 0 errors, 0 warnings\n"


def test_an_error_is_1_and_a_warning_0(folder: Path):
    (folder / "faucet.yaml").write_text(_BAD)
    (folder / "warned.yml").write_text(_WARNED)

    assert check().exit_code == 1
    assert "faucet.yaml:1:10: error FCT1104" in check().stdout
    assert check("warned.yml").exit_code == 0
    assert "warning FCT1210" in check("warned.yml").stdout


def test_warnings_can_be_errors_or_left_out(folder: Path):
    (folder / "faucet.yaml").write_text(_WARNED)

    assert check("--strict").exit_code == 1
    assert check("--deny", "FCT1210").exit_code == 1
    assert check("--deny", "FCT1209").exit_code == 0
    assert check("--strict", "--allow", "FCT1210").stdout == ""
    assert check("--deny", "E501").exit_code == 2


@pytest.mark.fault("operators.options")
@pytest.mark.parametrize("option", ["--deny", "--allow"])
def test_a_code_that_does_not_exist_is_a_usage_error(folder: Path, option: str):
    (folder / "faucet.yaml").write_text(_WARNED)

    result = check(option, "FCT1299")

    assert result.exit_code == 2
    assert "FCT1299" in result.stderr


_COMPOSE = 'version: "3.8"\nservices:\n  api: {image: faucet, ports: ["8080:8080"]}\n'
_FOREIGN = {
    "compose.yaml": _COMPOSE,
    "compose.override.yml": "services:\n  api:\n    build: .\nvolumes: {}\n",
    "deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\n",
    "list.yml": "- a\n- b\n",
    "empty.yaml": "# nothing\n",
    "chart.yaml": "name: {{ .Values.name }}\n",
    "ci.yaml": "name: ci\non: [push]\njobs: {}\n",
}


@pytest.mark.fault("operators.others")
def test_files_of_a_folder_that_are_no_manifests_are_skipped_with_a_message(folder: Path):
    (folder / "faucet.yaml").write_text(_GOOD)
    for name, text in _FOREIGN.items():
        (folder / name).write_text(text)

    result = check(".")

    assert (result.exit_code, result.stdout) == (0, "")
    assert [
        name for name in _FOREIGN if f"{name}: not a manifest; skipped\n" not in result.stderr
    ] == []
    assert "1 file: 0 errors" in result.stderr


@pytest.mark.parametrize("name", _FOREIGN)
def test_a_file_that_is_named_is_always_checked(folder: Path, name: str):
    (folder / name).write_text(_FOREIGN[name])

    assert check(name).exit_code == 1
    assert check().exit_code == 3
    assert check(".").exit_code == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("faucet.yaml", _COMPOSE),
        ("faucet.yml", "- a\n"),
        ("api.yaml", "version: 1\nsrvices: {}\n"),
        ("api.yaml", "version: '1'\nservices: {shop: {driver: sqlite}}\n"),
        ("api.yaml", "services: {shop: {driver: sqlite, dsn: shop.db}}\n"),
        ("api.yaml", "services: {shop: {dsn: x}}\nrolls: {}\n"),
        ("api.yaml", "version: 1\nroles: {clerk: [}\n"),
        ("api.yaml", "roles: {clerk: {grants: 1}}\n"),
    ],
)
def test_a_manifest_with_errors_is_not_taken_for_another_file(folder: Path, name: str, text: str):
    (folder / name).write_text(text)

    assert check(".").exit_code == 1


@pytest.mark.fault("operators.options")
def test_standard_input_can_be_checked(folder: Path):
    clean = CliRunner().invoke(main, ["check", "-"], input=_GOOD)
    faulty = CliRunner().invoke(main, ["check", "-", "--format", "json"], input=_BAD)

    assert (clean.exit_code, clean.stdout) == (0, "")
    assert faulty.exit_code == 1
    assert json.loads(faulty.stdout)["diagnostics"][0]["file"] == "<stdin>"


@pytest.mark.fault("operators.options")
def test_quiet_prints_findings_alone(folder: Path):
    (folder / "faucet.yaml").write_text(_WARNED)
    (folder / "compose.yaml").write_text(_COMPOSE)

    result = check(".", "--quiet")

    assert "FCT1210" in result.stdout
    assert result.stderr == ""
    assert "absent.yaml" in check("absent.yaml", "--quiet").stderr


def test_an_error_cannot_be_left_out(folder: Path):
    (folder / "faucet.yaml").write_text(_BAD)

    assert check("--allow", "FCT1104").exit_code == 1


def test_nothing_to_check_is_3(folder: Path):
    (folder / "empty").mkdir()

    assert (check().exit_code, check("empty").exit_code) == (3, 3)
    assert check().stdout == ""


def test_what_cannot_be_read_is_2_and_the_rest_is_still_checked(folder: Path):
    (folder / "bad.yaml").write_text(_BAD)

    result = check("absent.yaml", "bad.yaml")

    assert result.exit_code == 2
    assert "FCT1104" in result.stdout
    assert "absent.yaml" in result.stderr
    assert check("--format", "xml").exit_code == 2


def test_json_is_all_of_standard_output(folder: Path):
    (folder / "faucet.yaml").write_text(_BAD)

    result = check("--format", "json")

    assert json.loads(result.stdout)["summary"] == {"errors": 1, "warnings": 0}


def test_the_manifest_of_the_environment_is_checked(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "other.yaml").write_text(_BAD)
    monkeypatch.setenv("FAUCET_CONFIG", "other.yaml")

    assert check().stdout.startswith("other.yaml:1:10")
    assert CliRunner().invoke(main, ["-c", str(_EXAMPLE), "check"]).exit_code == 0


@pytest.mark.promise("sec-40")
def test_only_regular_yaml_files_of_the_folder_are_opened(folder: Path):
    outside = folder.parent / "outside.yaml"
    outside.write_text("canary: 1\n")
    for name in ("a.yaml", "b.yml", "sub/c.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(_BAD)
    for name in ("notes.txt", ".hidden/d.yaml", ".e.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("canary: 1\n")
    (folder / "link.yaml").symlink_to(outside)
    (folder / "up").symlink_to(folder.parent)
    os.mkfifo(folder / "pipe.yaml")

    result = check(".")

    files = {
        one["file"] for one in json.loads(check(".", "--format", "json").stdout)["diagnostics"]
    }
    assert files == {"a.yaml", "b.yml", "sub/c.yaml"}
    assert "canary" not in result.output


@pytest.mark.promise("sec-40")
def test_a_link_or_a_file_of_another_kind_is_not_shown(folder: Path):
    (folder.parent / "outside.yaml").write_text("canary: 1\n")
    (folder / "secret").write_text("canary: 1\n")
    (folder / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    (folder / "disguise.yaml").symlink_to(folder / "secret")
    os.mkfifo(folder / "pipe.yaml")

    results = [check(name) for name in ("link.yaml", "disguise.yaml", "secret", "pipe.yaml")]

    assert [result.exit_code for result in results] == [2] * 4
    assert not any("canary" in result.output for result in results)


def test_a_mounted_config_map_is_read(folder: Path):
    (folder / "..2026").mkdir()
    (folder / "..2026" / "faucet.yaml").write_text(_GOOD)
    (folder / "..data").symlink_to("..2026")
    (folder / "faucet.yaml").symlink_to("..data/faucet.yaml")

    assert check().exit_code == 0


@pytest.mark.promise("sec-40")
def test_no_secret_is_looked_up(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CANARY", "canary-value")
    (folder / "canary.txt").write_text("canary-value")
    (folder / "faucet.yaml").write_text(
        "version: 1\nserver: {port: '${env:CANARY}'}\nlogging: {level: '${file:canary.txt}'}\n"
        "services: {s: {driver: postgres, dsn: 'postgresql://u:${env:ABSENT}@h:${env:CANARY}/d'}}\n"
    )

    result = check()

    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.promise("sec-40")
@pytest.mark.parametrize("dsn", ["", "postgresql://u:p@h1,[::1]:1/d?x=1", "dbname=d user='p q'"])
def test_checking_loads_no_server_and_no_driver(tmp_path: Path, dsn: str):
    manifest = tmp_path / "faucet.yaml" if dsn else _EXAMPLE
    if dsn:
        manifest.write_text(f'version: 1\nservices: {{shop: {{driver: postgres, dsn: "{dsn}"}}}}\n')
    script = (
        "import sys, atexit\natexit.register(lambda: print(*sys.modules))\n"
        "from faucet.cli import main\n"
        f"main(['check', {str(manifest)!r}], standalone_mode=True)"
    )

    loaded = set(output_of(script).split())

    assert not {"litestar", "uvicorn", "sqlalchemy", "psycopg", "sqlite3", "jsonschema"} & loaded


def test_online_looks_up_secrets_and_asks_the_databases(folder: Path, sqlite_database: Path):
    sqlite_database.rename(folder / "shop.db")
    (folder / "faucet.yaml").write_text(_GOOD.replace("shop.db", "'${env:SHOP_FILE}'"))

    missing = check("--online")
    found = CliRunner().invoke(main, ["check", "--online"], env={"SHOP_FILE": "shop.db"})
    down = CliRunner().invoke(main, ["check", "--online"], env={"SHOP_FILE": "absent.db"})

    assert (missing.exit_code, found.exit_code, down.exit_code) == (1, 0, 2)
    assert "FCT1301" in missing.stdout
    assert "FCT1402" in down.stdout
