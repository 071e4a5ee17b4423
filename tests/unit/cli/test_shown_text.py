"""Lines of a manifest as messages show them: without passwords and secrets."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from faucet.cli import main
from faucet.control.shown_text import secret_ranges

_SECRET = "s3same-open"

_BROKEN = {
    "digits": "dsn: postgresql://u:12345@db:port/x",
    "a url": f"dsn: 'postgresql://u:{_SECRET}@db:port/x'",
    "at the end": f"dsn: postgresql://u:{_SECRET}@",
    "no host": f"dsn: postgresql://u:{_SECRET}",
    "an at sign in it": f"dsn: postgresql://u:p@ss{_SECRET}@db:port/x",
    "blanks and slashes": f"dsn: postgresql://u:a b/{_SECRET}@db:port/x",
    "a default": f"dsn: postgresql://u:${{env:P:-{_SECRET}}}@db:port/x",
    "a misspelled key": f"dns: postgresql://u:{_SECRET}@db/x",
    "no driver of ours": f"dsn: u:{_SECRET}@tcp(db:3306)/x",
    "key and value": f"dsn: host=db port=p password={_SECRET} dbname=x",
    "in quotes": f"dsn: \"host=db port=p password='a {_SECRET}' dbname=x\"",
    "in the query": f"dsn: postgresql://db:port/x?user=u&password={_SECRET}&connect_timeout=x",
    "of a client key": f"dsn: postgresql://db:port/x?sslpassword={_SECRET}",
    "no string": f"dsn: [postgresql://u:{_SECRET}@db/x]",
    "yaml": f"dsn: 'postgresql://u:{_SECRET}@db/x",
    "a key of its own": f"password: {_SECRET}",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("FAUCET_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _outputs(*commands: str) -> str:
    results = [CliRunner().invoke(main, command.split()) for command in commands]
    assert [result.exit_code for result in results if result.exit_code == 0] == []
    return "".join(result.output for result in results)


@pytest.mark.fault("operators.passwords")
@pytest.mark.parametrize("line", _BROKEN.values(), ids=_BROKEN)
def test_no_password_of_a_dsn_is_shown_whatever_is_wrong_with_it(folder: Path, line: str):
    manifest = f"version: 1\nservices:\n  shop:\n    driver: postgres\n    {line}\n    nothing: 1\n"
    (folder / "faucet.yaml").write_text(manifest)

    shown = _outputs(
        "check --strict",
        "check --strict --format json",
        "db test shop",
        "role create clerk",
    )

    assert "FCT" in shown
    assert _SECRET not in shown
    assert "12345" not in shown


@pytest.mark.parametrize("secret", ["s3same", f"'{_SECRET}", f"[{_SECRET}]", f"{_SECRET}, x"])
def test_no_secret_of_a_provider_is_shown(folder: Path, secret: str):
    (folder / "faucet.yaml").write_text(
        f"version: 1\nauth:\n  jwt:\n    corp:\n      secret: {secret}\n      nothing: 1\n"
    )

    shown = _outputs("check --strict", "check --strict --format json", "role create clerk")

    assert "FCT" in shown
    assert "s3same" not in shown


@pytest.mark.parametrize(
    "line",
    [
        "dsn: postgresql://localhost:5432/x",
        "dsn: postgresql://u:${env:P}@db:${env:PORT}/x",
        "dsn: host=db password=${file:/run/p} dbname=x",
        "dsn: sqlite:///C:/shop.db",
        "dsn: shop.db",
        "issuer: https://corp.example:8443/a",
        'secret: "${env:S}" # of the shop',
        "{secret: '${file:/run/s}', issuer: https://corp.example}",
        "mask: {password: redact, secret: null}",
        "rows: store_id = {claims.store_id}",
    ],
)
def test_a_line_without_a_literal_secret_is_shown_as_it_is(line: str):
    assert secret_ranges(line) == ()


def test_the_caret_is_below_its_text_on_a_masked_line(folder: Path):
    (folder / "faucet.yaml").write_text(
        "version: 1\n"
        "services: {shop: {dsn: 'postgresql://u:longer-than-it-seems@db/x', driverx: 1}}\n"
    )

    lines = CliRunner().invoke(main, ["check"]).stdout.splitlines()
    source = next(at for at, text in enumerate(lines) if "driverx" in text and " | " in text)

    assert "u:****@db" in lines[source]
    assert lines[source].index("driverx") == lines[source + 1].index("^")
    assert json.loads(CliRunner().invoke(main, ["check", "--format", "json"]).stdout)


_KEY = "faucet_CANARYrealkey"
_MISPLACED = {
    "a key for the list of its hashes": f"keys: {{k: {{role: r, hash: {_KEY}}}}}",
    "a key for its hash": f"keys: {{k: {{role: r, hash: [{_KEY}]}}}}",
    "a key in a mapping": f"keys: {{k: {{role: r, hash: [{{sha256: {_KEY}}}]}}}}",
    "a key for its entry": f"keys:\n  k: {_KEY}",
    "another word for its entry": "keys:\n  k: CANARY-open",
    "another word for its hash": "keys:\n  k: {role: r, hash: CANARY-open}",
    "a number for its hash": "keys:\n  k: {role: r, hash: 8675309}",
    "a number for a secret": "auth: {jwt: {own: {algorithms: [HS256], secret: 8675309}}}",
    "a key in an unknown option": f"keys:\n  k:\n    role: r\n    key: {_KEY}",
    "a key as a name": f"keys: {{{_KEY}: {{role: r}}}}",
    "a key for a role": f"keys: {{k: {{role: {_KEY}, hash: ['${{file:k}}']}}}}",
    "a misspelled secret": "auth:\n  jwt:\n    own:\n      secretx: CANARY-0123456789",
    "a misspelled secret in a mapping": "auth: {jwt: {own: {secretx: 'CANARY, 0123456789'}}}",
    "a list of secrets": "auth: {jwt: {own: {secrets: [CANARY, CANARY]}}}",
    "a DSN as a name": "services: {postgresql://app:CANARY@h/x: {driver: postgres}}",
    "a DSN as a driver": "services: {s: {driver: 'postgresql://app:CANARY@h/x'}}",
    "a DSN for a list": "server: {trusted_proxies: 'postgresql://app:CANARY@h/x'}",
    "a DSN cut short": f"server: {{trusted_proxies: 'postgresql://app:CANARY{'y' * 80}@h/x'}}",
    "JSON": '{"keys": {"k": {"role": "r", "key": "CANARY"}}}',
}


@pytest.mark.fault("operators.passwords")
@pytest.mark.parametrize("text", _MISPLACED.values(), ids=_MISPLACED)
def test_no_finding_quotes_a_secret_in_the_wrong_place(folder: Path, text: str):
    version = "" if text.startswith("{") else "version: 1\n"
    (folder / "faucet.yaml").write_text(f"{version}{text}\nunknown: 1\n")

    shown = _outputs("check --strict", "check --strict --format json")

    assert "FCT" in shown
    assert "CANARY" not in shown
    assert "8675309" not in shown


@pytest.mark.parametrize(
    "line",
    [
        "    role: clerk",
        "    hash: ['sha256:1efd9ce2411f', '${file:k}']",
        "  own: {algorithms: [HS256], issuer: https://corp.example, leeway: 5s}",
        "  till: {role: clerk, hash: [",
    ],
)
def test_the_options_of_keys_and_providers_are_shown(line: str):
    assert secret_ranges(line, withheld=True) == ()
