"""DSNs as people paste them: each broken one is told how to write it, and none is quoted."""

import json
from pathlib import Path

import psycopg
import psycopg.pq
import pytest

from faucet.cli.render import render_text
from faucet.control.load import SourceText
from faucet.control.overrides import Overrides
from faucet.control.pipeline import inputs_of, prepare
from faucet.dialects.postgresql.parameters import KEYWORDS
from faucet.model.dsn import check_dsn, read_dsn
from faucet.standard import standard_registry

_REGISTRY = standard_registry()
_KNOWN = _REGISTRY.facts().dsn_forms
_ENV = "${env:"
_PORT = "a number from 1 to 65535"
_DATABASE = "/DATABASE"
_IPV6 = "[::1]:5432"
_BLANKS = "separated by blanks"
_ENCODED = "percent-encoded"
_CHOICES = "verify-full, and is separated by &"
_OF_POSTGRES = {
    # no URL, or not of PostgreSQL
    "localhost/shop": "postgresql://user:password@host:5432/database",
    "user:hunter2@localhost:5432/shop": "postgresql://user:password@host:5432/database",
    "postgres//user:hunter2@localhost/shop": "postgresql://user:password@host:5432/database",
    "postgres:/user:hunter2@localhost/shop": "postgresql://user:password@host:5432/database",
    "/var/run/postgresql": "postgresql://user:password@host:5432/database",
    "http://user:hunter2@localhost/shop": "must start with postgresql://",
    "pgsql://user:hunter2@localhost/shop": "must start with postgresql://",
    "jdbc:postgresql://localhost/shop?user=me&password=hunter2": "remove jdbc:",
    "mysql://user:hunter2@localhost/shop": "MySQL, which this version does not support",
    "user:hunter2@tcp(localhost:3306)/shop": "MySQL, which this version does not support",
    "mongodb://user:hunter2@localhost/shop": "MongoDB, which this version does not support",
    "sqlite:///shop.db": "driver: sqlite",
    # pasted with what was around it
    '"postgresql://user:hunter2@localhost/shop"': 'remove the ""',
    "'postgresql://user:hunter2@localhost/shop'": "remove the ''",
    "“postgresql://user:hunter2@localhost/shop”": "remove the “”",
    "DATABASE_URL=postgresql://user:hunter2@localhost/shop": "without the name of the variable",
    "export DATABASE_URL='postgresql://user:hunter2@localhost/shop'": "without the name",
    "psql postgresql://user:hunter2@localhost/shop": "without the command",
    "postgresql://user:hunter2@localhost/shop\u200b": "a control character",
    "postgresql:// user:hunter2@localhost/shop": "remove the blanks",
    # references to the environment, and placeholders
    "$DATABASE_URL": _ENV,
    "$(DATABASE_URL)": _ENV,
    "%DATABASE_URL%": _ENV,
    "{{ DATABASE_URL }}": _ENV,
    "env:DATABASE_URL": _ENV,
    "{env:DATABASE_URL}": _ENV,
    "${DATABASE_URL}": _ENV,
    "${env.DATABASE_URL}": _ENV,
    "${env:DATABASE_URL": "no closing }",
    "${env:UNSET_FOR_THIS_TEST}": "is not set, or empty",
    "${env:EMPTY_FOR_THIS_TEST}": "is not set, or empty",
    "postgresql://user:${PASSWORD}@localhost/shop": _ENV,
    "postgresql://user:$PASSWORD@localhost/shop": _ENV,
    "postgresql://user:{{password}}@localhost/shop": _ENV,
    "postgresql://user:<password>@localhost/shop": _ENV,
    "postgresql://user:[YOUR-PASSWORD]@localhost/shop": _ENV,
    # passwords that end the part in which they are
    "postgresql://user:hunter2/x@localhost/shop": _ENCODED,
    "postgresql://user:hunter2?x@localhost/shop": _ENCODED,
    # hosts and ports
    "postgresql://user:hunter2@localhost:five/shop": _PORT,
    "postgresql://user:hunter2@localhost:0/shop": _PORT,
    "postgresql://user:hunter2@localhost:70000/shop": _PORT,
    "postgresql://user:hunter2@localhost:5432shop": _PORT,
    "postgresql://user@hunter2:localhost/shop": _PORT,
    "host=localhost port=543x password=hunter2": _PORT,
    "postgresql://user:hunter2@::1/shop": _IPV6,
    "postgresql://user:hunter2@fe80::1:5432/shop": _IPV6,
    "postgresql://user:hunter2@[::1/shop": _IPV6,
    "postgresql://user:hunter2@[localhost]/shop": _IPV6,
    "postgresql://user:hunter2@local host/shop": "letters, digits, dots and hyphens",
    "postgresql://user:hunter2@l\u043ecalhost/shop": "letters, digits, dots and hyphens",
    "postgresql://user:hunter2@a,,b/shop": "remove the comma",
    "host=a,b port=1,2,3 dbname=shop password=hunter2": "write one, or one for each",
    "host=localhost:5432 dbname=shop password=hunter2": "port=5432",
    "host=[::1] dbname=shop password=hunter2": "without brackets",
    # databases
    "postgresql://user:hunter2@localhost": _DATABASE,
    "postgresql://user:hunter2@localhost/": _DATABASE,
    "host=localhost user=me password=hunter2": _DATABASE,
    "postgresql://user:hunter2@/var/run/postgresql/shop": "?host=/var/run/postgresql",
    "postgresql://user:hunter2@localhost/shop/public": "the key `schema`",
    # parameters
    "postgresql://user:hunter2@localhost/shop?schema=public": "the key `schema`",
    "postgresql://user:hunter2@localhost/shop?ssl=true": "sslmode=require",
    "postgresql://user:hunter2@localhost/shop?ssl_mode=require": "did you mean sslmode?",
    "postgresql://user:hunter2@localhost/shop?SSLMODE=require": "did you mean sslmode?",
    "postgresql://user@localhost/shop?passwd=hunter2": "host=HOST port=5432",
    "postgresql://user:hunter2@localhost/shop?sslmode=requires": _CHOICES,
    "postgresql://user:hunter2@localhost/shop?sslmode": _CHOICES,
    "postgresql://user:hunter2@localhost/shop?sslmode=require?connect_timeout=5": _CHOICES,
    "postgresql://user:hunter2@localhost/shop?sslmode=require;connect_timeout=5": _CHOICES,
    "postgresql://user:hunter2@localhost/shop?sslmode=require&sslmode=disable": "set twice",
    "postgresql://user:hunter2@localhost/shop?connect_timeout=5s": "without a unit",
    # pairs of keys and values
    "host=localhost dbname=shop user=me password=hunter2 2": "in '…'",
    "host=localhost password='hunter2": "in '…'",
    "host=localhost; dbname=shop; password=hunter2": _BLANKS,
    "host=localhost,dbname=shop,password=hunter2": _BLANKS,
    "Server=localhost;Database=shop;User Id=me;Password=hunter2": "host=HOST port=5432",
}
_OF_SQLITE = {
    "sqlite:/shop.db": "sqlite:///",
    "sqlite:shop.db": "sqlite:///",
    "sqlite3:///shop.db": "sqlite:///",
    "sqlite://shop.db": "three slashes before a relative path, four before an absolute one",
    "sqlite://": "use a file",
    ":memory:": "use a file",
    "jdbc:sqlite:shop.db": "remove jdbc:",
    "http://localhost/shop.db": "a path, or starts with sqlite:///",
    "Data Source=shop.db": "a path, or starts with sqlite:///",
    "'shop.db'": "remove the ''",
    "sqlite3 shop.db": "without the command",
    "~/shop.db": "write the whole path",
    "sqlite:///$HOME/shop.db": _ENV,
    "sqlite:////data/": "is a folder",
    ".": "is a folder",
    r"C:\data\shop.db": "without a drive",
    "file:shop.db?mode=ro": "read_only: true",
    "file://server/shop.db": "must not name a host",
}
_BROKEN = [
    *(("postgres", dsn, fix) for dsn, fix in _OF_POSTGRES.items()),
    *(("sqlite", dsn, fix) for dsn, fix in _OF_SQLITE.items()),
]


@pytest.mark.fault("input.dsns")
@pytest.mark.parametrize(("driver", "dsn", "fix"), _BROKEN, ids=[dsn for _, dsn, _ in _BROKEN])
def test_a_broken_dsn_is_told_how_to_write_it_without_its_password(
    monkeypatch: pytest.MonkeyPatch, driver: str, dsn: str, fix: str
):
    monkeypatch.setenv("EMPTY_FOR_THIS_TEST", "")
    text = f"version: 1\nservices: {{s: {{driver: {driver}, dsn: {json.dumps(dsn)}}}}}\n"
    source = SourceText(name="faucet.yaml", text=text)

    outcome = prepare(inputs_of(source, registry=_REGISTRY, overrides=Overrides(), now=0))

    shown = render_text(outcome.diagnostics, {source.name: text}, color=False)
    assert outcome.value is None
    assert fix in shown
    assert "hunter2" not in shown


@pytest.mark.fault("input.dsns")
@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://user:hun@ter2@localhost/shop",
        "postgresql://user:hun#ter2@localhost/shop",
        "postgresql://user:hun%ter2@localhost/shop",
        "postgresql://user:$s3cret@localhost/shop",
        "postgresql://user:hunter2@localhost:/shop",
        "postgresql://user:hunter2@a:5432,b:5433/shop",
        "postgresql://user:hunter2@%2Fvar%2Frun/shop",
        "postgresql://user:hunter2@localhost/a%2Fb",
        "postgresql:///shop?host=/var/run/postgresql",
        "postgresql://%3A%3A1/shop",
        "postgresql:///?service=shop",
        "host=a,b port=1,2 dbname=shop",
        "host=/run/pg,::1,db_1.internal dbname=shop",
        "host=@abstract dbname=a/b",
        "postgresql://db/shop?options=-cwork_mem%3D1MB&options=-cjit%3Doff",
        "postgresql://db/shop?connect_timeout=5&sslmode=${env:MODE}",
    ],
)
def test_a_dsn_that_libpq_can_use_is_accepted(dsn: str):
    check_dsn("postgres", dsn.replace("${env:MODE}", "1"), _KNOWN)

    assert read_dsn("postgres", dsn.replace("${env:MODE}", "require"), "/", _KNOWN)


def test_every_parameter_of_libpq_is_known():
    options = psycopg.pq.Conninfo.parse(b"")

    assert {option.keyword.decode() for option in options} <= KEYWORDS


def test_no_setting_of_a_server_is_taken_for_a_misspelled_parameter(postgres_dsn: str):
    with psycopg.connect(postgres_dsn) as connection:
        names = connection.execute(
            "SELECT name FROM pg_settings WHERE context IN ('user', 'superuser', 'backend')"
        ).fetchall()

    for (name,) in names:
        check_dsn("postgres", f"postgresql://db/shop?{name}=1", _KNOWN)


def test_relative_paths_are_those_of_the_manifest(tmp_path: Path):
    for dsn in ("shop.db", "./shop.db", "sqlite:///shop.db", "file:shop.db"):
        assert read_dsn("sqlite", dsn, str(tmp_path), _KNOWN) == str(tmp_path / "shop.db")
