"""The command line as a whole: names, aliases, which manifest, what is imported."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from faucet.cli import main
from faucet.cli.lazy_group import AliasedGroup
from faucet.cli.manifest_path import config_option, manifest_path


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch):
    for name in ("FAUCET_CONFIG", "FAUCET_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_help_lists_the_commands_without_importing_them():
    script = (
        "import sys\nfrom faucet.cli import main\n"
        "main(['--help'], standalone_mode=False)\nprint(*sys.modules)"
    )

    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)

    for name in ("serve", "check", "openapi", "routes", "version", "key", "db", "role"):
        assert f"\n  {name} " in run.stdout
    assert "demo" not in run.stdout.partition("Commands")[2].partition("sys")[0]
    assert not {"litestar", "sqlalchemy", "jsonschema"} & set(run.stdout.split())


def test_version_is_also_json():
    text = CliRunner().invoke(main, ["version"])
    answer = json.loads(CliRunner().invoke(main, ["version", "--json"]).output)

    assert (text.exit_code, answer["name"]) == (0, "faucet")
    assert f"faucet {answer['version']} " in text.output


def test_version_is_also_an_option():
    result = CliRunner().invoke(main, ["--version"])

    assert (result.exit_code, result.output) == (0, CliRunner().invoke(main, ["version"]).output)


def test_an_unknown_command_is_a_usage_error():
    assert CliRunner().invoke(main, ["srve"]).exit_code == 2


def test_subcommands_have_their_aliases():
    @click.group(cls=AliasedGroup)
    def group():
        """A group."""

    for name in ("list", "remove"):
        group.command(name)(lambda name=name: click.echo(name))

    said = [CliRunner().invoke(group, [alias]).output.strip() for alias in ("ls", "rm", "delete")]

    assert said == ["list", "remove", "remove"]


def test_the_manifest_is_the_option_the_variable_the_data_folder_or_here(
    monkeypatch: pytest.MonkeyPatch,
):
    found = [manifest_path()]
    monkeypatch.setenv("FAUCET_DATA_DIR", "/data")
    found.append(manifest_path())
    monkeypatch.setenv("FAUCET_CONFIG", "/etc/f.yaml")
    found.append(manifest_path())
    found.append(manifest_path("own.yaml"))

    assert found == [
        Path(p) for p in ("faucet.yaml", "/data/faucet.yaml", "/etc/f.yaml", "own.yaml")
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run"], "faucet.yaml"),
        (["-c", "a.yaml", "run"], "a.yaml"),
        (["run", "-c", "b.yaml"], "b.yaml"),
        (["-c", "a.yaml", "run", "--config", "b.yaml"], "b.yaml"),
    ],
)
def test_config_is_global_and_of_each_command(arguments: list[str], expected: str):
    @click.group()
    @click.option("-c", "--config")
    def group(config: str | None):
        """A group."""

    @group.command()
    @config_option
    def run(manifest: Path):
        click.echo(str(manifest))

    assert CliRunner().invoke(group, arguments).output.strip() == expected


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_start_that_is_refused_shows_what_check_does_in_a_text_log(
    tmp_path: Path, log_format: str
):
    manifest = tmp_path / "faucet.yaml"
    dsn = "postgresql://u:hunter2@h/d"
    manifest.write_text(
        f"version: 1\nservices: {{shop: {{driver: oracle, dsn: '{dsn}'}}}}\n"
        f"logging: {{format: {log_format}}}\n"
    )

    command = [sys.executable, "-m", "faucet", "serve", "-c", str(manifest), "-p", "0"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert result.returncode == 1
    shown = f"{manifest}:2:27: error FCT1104: services.shop.driver must be one of"
    assert result.stderr.startswith(shown) == (log_format == "text")
    assert "FCT1104" in result.stderr
    assert "hunter2" not in result.stderr


def test_the_schema_that_is_printed_is_the_one_in_the_repository():
    result = CliRunner().invoke(main, ["schema"])

    committed = Path(__file__).parents[3] / "schema" / "faucet.schema.json"
    assert (result.exit_code, result.output) == (0, committed.read_text(encoding="utf-8"))
