"""Manifests and secrets to settings."""

from collections.abc import Mapping

import pytest
from psycopg.conninfo import conninfo_to_dict

from faucet.control.load import load, source_text
from faucet.control.resolve import Overrides, references, resolve
from faucet.control.validate import validate
from faucet.diagnostics import Outcome
from faucet.extension.secret_source import SecretReference
from faucet.model.limits import LimitSettings
from faucet.model.manifest.sections import Manifest
from faucet.model.settings import Settings
from faucet.secret import Secret
from faucet.standard import standard_registry

_FACTS = standard_registry().facts()

_SECRET = "x" * 32
_DIGEST = "0f3c" * 16
_JWKS = """{"keys": [{"kty": "EC", "crv": "P-256",
"x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
"y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}"""


def manifest_of(body: str) -> Manifest:
    document = load([source_text("f", f"version: 1\n{body}".encode())]).value
    assert document is not None
    outcome = validate(document, _FACTS)
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value


def resolved(
    body: str, secrets: Mapping[str, str] | None = None, overrides: Overrides | None = None
) -> Outcome[Settings]:
    manifest = manifest_of(body)
    given = secrets or {}
    fetched: dict[SecretReference, Secret | None] = {}
    while new := references(manifest, "/m", fetched).difference(fetched):
        for one in new:
            value = given.get(f"{one.scheme}:{one.name}")
            fetched[one] = None if value is None else Secret(value)
    return resolve(manifest, _FACTS, fetched, overrides or Overrides(), "/m")


def settings_of(*args, **kwargs) -> Settings:
    outcome = resolved(*args, **kwargs)
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value


def codes_of(*args, **kwargs) -> list[str]:
    return [found.code for found in resolved(*args, **kwargs).diagnostics]


def _service(dsn: str, driver: str = "postgres") -> str:
    return f"services: {{shop: {{driver: {driver}, dsn: '{dsn}'}}}}"


def test_defaults_are_filled_in():
    settings = settings_of("")

    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 8080)
    assert settings.server.max_body == 10 * 2**20
    assert settings.limits == LimitSettings()
    assert settings.auth.api_key_header == "X-API-Key"
    assert settings.purpose_key is None


@pytest.mark.parametrize(
    ("dsn", "value", "expected"),
    [
        ("postgresql://u:${env:A}@h/d", "p@:/?#%", "postgresql://u:p%40%3A%2F%3F%23%25@h/d"),
        ("postgresql://u@${env:A}/d", "db.internal", "postgresql://u@db.internal/d"),
        ("postgresql://u@h:${env:A}/d", "6543", "postgresql://u@h:6543/d"),
        ("${env:A}", "postgres://u:p@h/d", "postgresql://u:p@h/d"),
        (
            "host=h dbname=d password=${env:A}",
            r"a 'b\ c",
            "postgresql://:a%20%27b%5C%20c@/d?host=h",
        ),
        ("${env:A}/d", "postgres://u:p%40@h", "postgresql://u:p%40@h/d"),
        ("postgres://u:$${env:A}@h/d", "x", "postgresql://u:%24%7Benv%3AA%7D@h/d"),
    ],
)
def test_a_reference_fills_the_part_of_a_dsn_in_which_it_stands(
    dsn: str, value: str, expected: str
):
    found = settings_of(_service(dsn), {"env:A": value}).services["shop"].dsn.reveal()

    assert conninfo_to_dict(found) == conninfo_to_dict(expected)


def test_what_libpq_cannot_read_is_reported_in_its_words_alone():
    outcome = resolved(_service("postgresql://u:${env:A}@%FF/d"), {"env:A": "hunter2"})

    assert [found.code for found in outcome.diagnostics] == ["FCT1302"]
    assert "not UTF-8" in outcome.diagnostics[0].message
    assert "hunter2" not in repr(outcome.diagnostics)


def test_a_sqlite_path_starts_at_the_manifest():
    settings = settings_of(_service("sqlite:///${env:A}.db", "sqlite"), {"env:A": "shop"})

    assert settings.services["shop"].dsn.reveal() == "/m/shop.db"


def test_a_missing_secret_is_an_error_and_a_default_fills_in():
    missing = _service("postgresql://u:${env:A}@h/d")

    assert codes_of(missing) == ["FCT1301"]
    assert codes_of(missing, {"env:A": ""}) == ["FCT1301"]
    host = settings_of(_service("postgresql://u@${env:A:-localhost}/d"))
    assert host.services["shop"].dsn.reveal() == "user=u dbname=d host=localhost"


def test_all_missing_secrets_are_reported():
    body = """
server: {host: "${env:H}", port: "${env:P}"}
services:
  a: {driver: postgres, dsn: "postgresql://u:${file:a}@h/d", pool: {size: "${env:S}"}}
logging: {level: "${env:L}", format: "${env:F}"}
"""

    assert codes_of(body) == ["FCT1301"] * 6


def test_a_whole_reference_takes_the_type_that_is_asked_for():
    body = """
server: {host: "${env:H}", port: "${env:P}"}
logging: {level: "${env:L}", format: "${env:F:-text}"}
"""
    settings = settings_of(body, {"env:H": "::1", "env:P": "9000", "env:L": "debug"})

    assert (settings.server.host, settings.server.port) == ("::1", 9000)
    assert (settings.logging.level, settings.logging.format) == ("debug", "text")


@pytest.mark.parametrize("port", ["http", "-1", "65536", "8080.0", "٨٠", "9" * 5000])
def test_what_does_not_fit_is_refused_without_being_shown(port: str):
    (found,) = resolved('server: {port: "${env:P}"}', {"env:P": port}).diagnostics

    assert found.code == "FCT1303"
    assert port not in found.message


def test_overrides_beat_the_manifest():
    overrides = Overrides(
        host="::1", port=1, api_key_header="X-Key", log_level="error", log_format="text"
    )
    settings = settings_of('server: {host: "${env:ABSENT}"}', overrides=overrides)

    assert (settings.server.host, settings.server.port) == ("::1", 1)
    assert settings.auth.api_key_header == "X-Key"
    assert (settings.logging.level, settings.logging.format) == ("error", "text")


def test_the_secret_of_the_environment_is_that_of_own_and_the_root_of_purpose_keys():
    overrides = Overrides(jwt_secret=Secret(_SECRET))
    own = "auth: {jwt: {own: {algorithms: [HS256], secret: '${env:ABSENT}'}}}"

    settings = settings_of(own, overrides=overrides)

    assert settings.auth.providers[0].secret == Secret(_SECRET)
    assert settings.purpose_key == Secret(_SECRET)
    assert settings_of("", overrides=overrides).purpose_key == Secret(_SECRET)


def test_own_without_any_secret_is_an_error():
    assert codes_of("auth: {jwt: {own: {algorithms: [HS256]}}}") == ["FCT1301"]


@pytest.mark.promise("sec-27")
def test_a_short_secret_is_an_error_for_a_provider_and_a_warning_elsewhere():
    own = "auth: {jwt: {own: {algorithms: [HS256], secret: '${env:S}'}}}"

    assert codes_of(own, {"env:S": "x" * 31}) == ["FCT1304"]
    assert codes_of(own, {"env:S": "x" * 32}) == []
    short = Overrides(jwt_secret=Secret("x" * 31))
    assert codes_of("", overrides=short) == ["FCT1306"]
    assert settings_of("", overrides=short).purpose_key is not None


@pytest.mark.promise("sec-27")
def test_what_a_provider_may_assert_is_all_only_without_issuer_and_keys():
    def claims(more: str) -> frozenset[str] | None:
        body = f"auth: {{jwt: {{a: {{algorithms: [HS256], secret: {_SECRET}{more}}}}}}}"
        return settings_of(body).auth.providers[0].claims

    assert claims("") is None
    assert claims(", claims: [a]") == frozenset({"a"})
    assert claims(", claims: []") == frozenset()
    assert claims(", issuer: me") == frozenset()


_CORP = (
    "auth: {jwt: {corp: {algorithms: [ES256], issuer: me, audience: shop, roles: {A: a},"
    " claims: [], jwks: {file: '%s'}}}}\nroles: {a: {}}"
)


def test_the_public_keys_are_read_from_their_file_whose_path_may_hold_references():
    body = _CORP % "${env:DIR}/keys.json"
    secrets = {"env:DIR": "/etc", "file:/etc/keys.json": _JWKS}

    assert settings_of(body, secrets).auth.providers[0].jwks == _JWKS


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (None, "FCT1301"),
        ("[", "FCT1307"),
        ('{"keys": []}', "FCT1307"),
        ('{"keys": [{"kty": "oct", "k": "AAAA"}]}', "FCT1307"),
        (_JWKS.replace("P-256", "P-384"), "FCT1307"),
    ],
)
def test_public_keys_that_verify_nothing_are_an_error(document: str | None, code: str):
    secrets = {} if document is None else {"file:k.json": document}

    assert codes_of(_CORP % "k.json", secrets) == [code]


@pytest.mark.promise("sec-28")
def test_a_digest_that_two_references_bring_is_an_error():
    body = """
roles: {a: {}}
keys:
  b: {role: a, hash: ["${file:b}"]}
  c: {role: a, hash: ["${file:c}"]}
"""
    secrets = {"file:b": f"sha256:{_DIGEST}", "file:c": f"sha256:{_DIGEST.upper()}"}

    assert codes_of(body, secrets) == ["FCT1305"]
    assert codes_of(body, {**secrets, "file:c": "sha256:0f"}) == ["FCT1303"]


@pytest.mark.promise("sec-27")
def test_an_issuer_that_two_references_bring_is_an_error():
    one = f"{{algorithms: [HS256], secret: {_SECRET}, issuer: '${{env:%s}}'}}"
    body = f"auth: {{jwt: {{a: {one % 'A'}, b: {one % 'B'}}}}}"

    assert codes_of(body, {"env:A": "me", "env:B": "me"}) == ["FCT1305"]
    assert codes_of(body, {"env:A": "me", "env:B": "you"}) == []


def test_keys_become_digests_instants_and_limits():
    body = f"""
limits: {{batch: 100}}
roles: {{a: {{}}}}
keys:
  b:
    role: a
    hash: [sha256:{_DIGEST.upper()}]
    claims: {{n: 1, many: [a, b]}}
    expires: 1970-01-01T00:01:00Z
    allow_from: [192.0.2.0/24]
    limits: {{batch: 5}}
"""
    (key,) = settings_of(body).auth.keys

    assert (key.name, key.role, key.digests, key.expires) == ("b", "a", frozenset({_DIGEST}), 60.0)
    assert (key.claims, key.allow_from) == ({"n": 1, "many": ("a", "b")}, ("192.0.2.0/24",))
    assert key.limits == LimitSettings(batch=5)


def test_no_secret_is_printed():
    settings = settings_of(_service("postgresql://u:${env:A}@h/d"), {"env:A": "hunter2"})

    assert "hunter2" not in repr(settings)


def test_time_limits_are_in_seconds_and_the_rate_in_bytes_per_second():
    defaults = settings_of("").server
    written = settings_of(
        "server: {head_timeout: 500ms, body_timeout: 1m, min_rate: 1KB/s, max_connections: 7}"
    ).server

    assert (defaults.head_timeout, defaults.body_timeout, defaults.min_rate) == (10.0, 30.0, 4096)
    assert defaults.max_connections is None
    assert (written.head_timeout, written.body_timeout, written.min_rate) == (0.5, 60.0, 1000)
    assert written.max_connections == 7


def test_hosts_are_compared_in_lower_case():
    server = settings_of("server: {allowed_hosts: [API.example.com, '*.b', '[::1]']}").server

    assert server.allowed_hosts == ("api.example.com", "*.b", "[::1]")


def test_the_size_of_responses_is_in_bytes():
    assert settings_of("").server.max_response == 64 * 2**20
    assert settings_of("server: {max_response: 1MB}").server.max_response == 10**6
