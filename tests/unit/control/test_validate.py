"""Documents to manifests: form, meaning, and what the two agree on."""

import copy
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.control.load import load, source_text
from faucet.control.pipeline import check_manifest
from faucet.control.structure import structural_faults
from faucet.control.validate import validate
from faucet.diagnostics import Diagnostic
from faucet.extension.registry import Registrar
from faucet.model.manifest.document import Document
from faucet.model.manifest.sections import Manifest
from faucet.standard import standard_registry

_FACTS = standard_registry().facts()

_EXAMPLE = Path(__file__).parents[3] / "faucet.yaml.example"
_NOW = 1767225600.0


def findings_in(text: str) -> tuple[Diagnostic, ...]:
    return check_manifest((source_text("f", text.encode()),), _FACTS, _NOW).diagnostics


def codes_in(text: str) -> list[str]:
    return [found.code for found in findings_in(text)]


def manifest_with(grant: str = "", *, top: str = "", key: str = "") -> str:
    """A manifest without findings, but for what is put in."""
    return f"""
version: 1
services:
  shop: {{driver: sqlite, dsn: shop.db}}
roles:
  clerk:
    grants:
      - {{service: shop, tables: [orders], verbs: [GET, POST]{grant and ", " + grant}}}
keys:
  till: {{role: clerk, hash: ["${{file:till.hash}}"], claims: {{store_id: 7}}{key and ", " + key}}}
{top}
"""


def test_the_frame_of_these_tests_has_no_findings():
    assert codes_in(manifest_with()) == []


def test_the_example_has_no_findings():
    assert findings_in(_EXAMPLE.read_text(encoding="utf-8")) == ()


def test_all_structural_faults_are_reported_at_once():
    found = codes_in(manifest_with("fields: [], verb: x", top="server: {port: x, watch: maybe}"))

    assert sorted(found) == ["FCT1102", "FCT1104", "FCT1105", "FCT1106"]


def test_a_misspelled_key_is_not_reported_as_missing_too():
    assert codes_in("version: 1\nservices: {shop: {driver: sqlite, dns: x.db}}") == ["FCT1102"]


@pytest.mark.parametrize(
    ("top", "message"),
    [
        ("limits: {batch: true}", "limits.batch must be an integer, not true"),
        ("server: {host: 1}", "server.host must be a string, not the number 1"),
        ("server: {trusted_proxies: a}", "server.trusted_proxies must be a list, not a string"),
        ("limits: {page: 5}", "limits.page must be a mapping, not the number 5"),
        ("limits:", "limits must be a mapping, not empty"),
        (
            "logging: {level: verbose}",
            "logging.level must be one of debug, error, info, warn, warning",
        ),
    ],
)
def test_a_structural_fault_says_what_is_expected(top: str, message: str):
    (found,) = findings_in(manifest_with(top=top))

    assert found.message.startswith(message)


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        ("SELECT READ select", "GET"),
        ("INSERT CREATE", "POST"),
        ("UPDATE EDIT", "PATCH"),
        ("REPLACE", "PUT"),
        ("REMOVE", "DELETE"),
        ("get GETT", "GET"),
    ],
)
def test_what_people_call_a_verb_leads_to_it_and_never_to_a_mightier_one(words: str, verb: str):
    for word in words.split():
        (found,) = findings_in(manifest_with().replace("[GET, POST]", f"[{word}]"))

        assert (found.code, found.hint) == ("FCT1104", f'did you mean "{verb}"?')


def test_a_verb_that_the_system_does_not_have_is_no_hint():
    text = manifest_with().replace("{service: shop, tables: [orders], verbs: [GET, POST]}", "{}")

    assert findings_in(text.replace("{}", "{system: [SELECT]}"))[0].hint == 'did you mean "GET"?'
    assert findings_in(text.replace("{}", "{system: [REMOVE]}"))[0].hint == ""


def test_a_driver_must_be_registered_and_the_rest_is_checked_all_the_same():
    text = "version: 1\nservices: {shop: {driver: postgresq, dsn: 'u:p@h'}}\nroles: {}\nkeys: {"
    found = findings_in(text + "a: {role: ghost, hash: ['${env:A}']}}")

    assert [one.code for one in found] == ["FCT1104", "FCT1201"]
    assert found[0].message == "services.shop.driver must be one of postgres, sqlite"
    assert found[0].hint == 'did you mean "postgres"?'


def test_a_driver_is_one_of_those_of_the_registry_given():
    registrar = Registrar()
    dialect = standard_registry().dialects["sqlite"]
    facts = msgspec.structs.replace(dialect.facts, name="other", aliases=())
    registrar.dialect(msgspec.structs.replace(dialect, facts=facts))
    text = b"version: 1\nservices: {a: {driver: other, dsn: x}, b: {driver: sqlite, dsn: x}}"

    found = check_manifest((source_text("f", text),), registrar.freeze().facts(), _NOW).diagnostics

    assert [one.message for one in found] == ["services.b.driver must be other"]


def test_a_dsn_that_cannot_be_read_gets_an_example_of_its_driver():
    (found,) = findings_in("version: 1\nservices: {shop: {driver: sqlite, dsn: 'sqlite:x'}}")

    assert found.code == "FCT1235"
    assert found.hint == "a DSN of driver sqlite looks like sqlite:///shop.db"


_ROLES = "version: 1\nservices: {shop: {driver: sqlite, dsn: shop.db}}\nroles: "


@pytest.mark.parametrize(
    ("roles", "hint"),
    [
        (
            "{clerk: {grants: [{system: [GET], extends: [a]}]}}",
            "it is a key of a role: check the indentation",
        ),
        (
            "{clerk: {service: shop, grants: []}}",
            "it is a key of a grant: check the indentation or a missing dash",
        ),
        ("{clerk: {keys: {}}}", "it is a key of the whole manifest: check the indentation"),
        (
            "{clerk: {grants: []}, grants: [{system: [GET]}]}",
            "it is a key of a role: check the indentation",
        ),
        ("{clerk: {grants: {system: [GET]}}}", "start each item with a dash"),
    ],
)
def test_a_key_on_the_wrong_level_leads_to_the_indentation(roles: str, hint: str):
    (found,) = findings_in(_ROLES + roles)

    assert found.hint == hint


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("{a: 1}", "must be true or false or an integer or"),
        ("[[1]]", "must be true or false or an integer or a number or a string"),
    ],
)
def test_a_claim_of_no_possible_type_lists_the_types(claim: str, message: str):
    text = manifest_with().replace("store_id: 7", f"store_id: {claim}")

    (found,) = findings_in(text)

    assert message in found.message


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  - name: a\n    driver: mysql\nrate_limit: {}",
        "config_db: x.db",
        "rate_limit: {requests: 5}\nunknown: 1",
    ],
)
def test_the_configuration_of_the_go_product_gets_one_diagnostic(text: str):
    (found,) = findings_in(text)

    assert found.code == "FCT1108"
    assert "faucet import" in found.hint


def test_findings_are_sorted_by_place():
    places = [
        (one.span.line, one.span.column)
        for one in findings_in(manifest_with("rows: (, mask: {a: b}", top="auth: {anonymous: x}"))
        if one.span
    ]

    assert places == sorted(places)
    assert len(places) == 3


@pytest.mark.parametrize(
    ("scalar", "line"),
    [
        ("a = 1 AND b = = 2", 0),
        ("'a = ''x'' AND b = = 2'", 0),
        ('"a = \\u0027x\\u0027\\tAND b = = 2"', 0),
        ("|\n  a = 1\n  AND b = = 2", 2),
        (">-\n  a = 1\n  AND b = = 2", 2),
        ("a = 1\n  AND b = = 2", 1),
    ],
)
def test_the_place_inside_a_rule_is_found_however_it_is_spelled(scalar: str, line: int):
    text = manifest_with().replace(
        "      - {service: shop, tables: [orders], verbs: [GET, POST]}",
        "      - service: shop\n        tables: [orders]\n        verbs: [GET]\n        rows: "
        + scalar.replace("\n", "\n        "),
    )
    rows = next(n for n, one in enumerate(text.split("\n"), 1) if "rows:" in one)

    (found,) = findings_in(text)

    assert found.span is not None
    assert (found.code, found.span.line) == ("FCT1229", rows + line)
    assert text.split("\n")[found.span.line - 1][found.span.column - 1 :].startswith("= 2")


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2**70)
    | st.floats(allow_nan=False, allow_infinity=False, width=32).filter(
        lambda x: not x.is_integer()
    )
    | st.sampled_from(["", "x", "10s", "GET", "*", "${env:X}", "1KB", "sqlite", "info"])
)
_VALUES: st.SearchStrategy = (
    _SCALARS | st.lists(_SCALARS, max_size=2).map(tuple) | st.just({}) | st.just({"a": 1})
)


def _leaves(tree, address=()):
    yield address
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*address, key))
    elif isinstance(tree, tuple):
        for index, value in enumerate(tree):
            yield from _leaves(value, (*address, index))


def _changed(tree, address, value):
    if not address:
        return value
    first, *rest = address
    if isinstance(tree, dict):
        return {**tree, first: _changed(tree[first], rest, value)}
    return (*tree[:first], _changed(tree[first], rest, value), *tree[first + 1 :])


_DOCUMENT = load([source_text("f", _EXAMPLE.read_bytes())]).value
assert _DOCUMENT is not None
_TREE = _DOCUMENT.tree
_SOURCES = _DOCUMENT.sources
_ADDRESSES = [address for address in _leaves(_TREE) if address]


@given(st.lists(st.tuples(st.sampled_from(_ADDRESSES), _VALUES), min_size=1, max_size=2))
def test_what_the_schema_takes_converts_and_the_other_way_round(changes):
    tree = copy.deepcopy(_TREE)
    for address, value in changes:
        try:
            tree = _changed(tree, address, value)
        except (KeyError, TypeError, IndexError):
            continue  # the first change took the place of the second away

    try:
        msgspec.convert(tree, Manifest)
    except msgspec.ValidationError:
        converts = False
    else:
        converts = True

    assert converts == (structural_faults(tree) == ())


@given(st.sampled_from(_ADDRESSES), _VALUES)
def test_no_change_of_the_example_makes_a_check_fail(address, value):
    tree = _changed(_TREE, address, value)
    document = Document(tree=tree, values={}, keys={}, sources=_SOURCES)

    outcome = validate(document, _FACTS, _NOW)

    assert outcome.value is not None or outcome.diagnostics


@pytest.mark.promise("sec-04")
@pytest.mark.parametrize(
    "key", ["fields", "write", "rows", "check", "set", "mask", "verbs", "tables", "service"]
)
@pytest.mark.parametrize("blank", ["", "''", "'  '", "[]", "['']", "['  ']", "{}", "{a: ''}"])
def test_a_blank_in_a_grant_is_an_error(key: str, blank: str):
    text = manifest_with(f"{key}: {blank}")
    if key in {"verbs", "tables", "service"}:
        text = text.replace(f"{key}: ", "__", 1).replace(f"{key}: {blank}", "", 1)
        text = text.replace("__", f"{key}: {blank}, old_{key}: ", 1)
    # A preset of an empty text is a value to write.
    if (key, blank) == ("set", "{a: ''}"):
        return

    assert any(found.severity == "error" for found in findings_in(text))


@pytest.mark.promise("sec-04")
@pytest.mark.parametrize("blank", ["", "''", "'  '", "[]", "['']", "['  ']"])
@pytest.mark.parametrize(
    "line",
    [
        "auth: {{jwt: {{own: {{algorithms: [HS256], secret: '${{env:S}}', audience: {0}}}}}}}",
        "auth: {{jwt: {{own: {{algorithms: [HS256], secret: {0}}}}}}}",
        "auth: {{jwt: {{own: {{algorithms: {0}, secret: '${{env:S}}'}}}}}}",
        "auth: {{jwt: {{own: {{algorithms: [HS256], secret: '${{env:S}}', roles: {0}}}}}}}",
        "auth: {{anonymous: {0}}}",
    ],
)
def test_a_blank_in_authentication_is_an_error(line: str, blank: str):
    found = findings_in(manifest_with(top=line.format(blank)))

    assert any(one.severity == "error" for one in found)


@pytest.mark.promise("sec-04")
@pytest.mark.parametrize("blank", ["", "''", "[]", "['']", "['  ']"])
@pytest.mark.parametrize("key", ["allow_from", "expires"])
def test_a_blank_in_a_key_is_an_error(key: str, blank: str):
    found = findings_in(manifest_with(key=f"{key}: {blank}"))

    assert any(one.severity == "error" for one in found)


@pytest.mark.promise("sec-04")
def test_every_row_must_be_said_beside_a_row_filter():
    def codes(*grants: str) -> list[str]:
        lines = "\n".join(f"      - {{service: shop, {grant}}}" for grant in grants)
        return codes_in(
            manifest_with().replace(
                "      - {service: shop, tables: [orders], verbs: [GET, POST]}", lines
            )
        )

    filtered = "tables: ['ord*'], verbs: [GET], rows: store_id = 7"

    assert codes(filtered, "tables: [orders], verbs: [DELETE]") == ["FCT1213"]
    assert codes(filtered, "tables: [orders], verbs: [POST]") == ["FCT1213"]
    assert codes(filtered, "tables: [orders], verbs: [POST], check: store_id = 7") == ["FCT1213"]
    assert codes(filtered, "tables: [orders], verbs: [POST], rows: all, check: store_id = 7") == []
    assert codes("tables: ['*'], verbs: [GET]", filtered) == ["FCT1213"]
    assert codes("tables: ['*'], verbs: [GET, PUT]", filtered) == ["FCT1213"]
    assert codes(filtered, "tables: [orders], verbs: [DELETE], rows: store_id = 7") == []
    assert codes(filtered, "tables: [orders], verbs: [DELETE], rows: all") == ["FCT1212"]
    assert codes(filtered, "tables: [products], verbs: [DELETE]") == []
    assert codes(filtered, "tables: ['ord*', '!orders'], verbs: [DELETE]") == ["FCT1213"]


@pytest.mark.promise("sec-04")
def test_every_row_must_be_said_beside_an_inherited_row_filter():
    text = """
version: 1
services: {shop: {driver: sqlite, dsn: shop.db}}
roles:
  clerk:
    grants: [{service: shop, tables: [orders], verbs: [GET], rows: store_id = 7}]
  manager:
    extends: [clerk]
    grants: [{service: shop, tables: [orders], verbs: [GET, PATCH]%s}]
keys:
  boss: {role: manager, hash: ["${file:boss.hash}"]}
"""

    assert codes_in(text % "") == ["FCT1213"]
    assert codes_in(text % ", rows: all") == []


@pytest.mark.promise("sec-14")
@pytest.mark.parametrize("value", ["0", "-1", "0s", "unlimited", "none", ""])
@pytest.mark.parametrize("key", ["page: {{max: {}}}", "batch: {}", "statement_timeout: {}"])
def test_a_limit_is_positive(key: str, value: str):
    top = f"limits: {{{key.format(value)}}}"

    assert any(found.severity == "error" for found in findings_in(manifest_with(top=top)))


@pytest.mark.promise("sec-14")
@pytest.mark.parametrize(
    "limit", ["page: {max: 101}", "page: {default: 26}", "batch: 11", "statement_timeout: 6s"]
)
def test_no_limit_is_looser_than_the_one_above(limit: str):
    top = "limits: {page: {max: 100}, batch: 10, statement_timeout: 5s}"
    limits = f"limits: {{{limit}}}"

    assert codes_in(manifest_with(top=top)) == []
    assert codes_in(manifest_with(limits, top=top)) == ["FCT1220"]
    assert codes_in(manifest_with(top=top, key=limits)) == ["FCT1220"]
    on_service = manifest_with(top=top).replace("dsn: shop.db", f"dsn: shop.db, {limits}")
    assert codes_in(on_service) == ["FCT1220"]
    on_role = manifest_with(top=top).replace("  clerk:\n", f"  clerk:\n    {limits}\n")
    assert codes_in(on_role) == ["FCT1220"]


@pytest.mark.promise("sec-14")
def test_a_grant_is_bounded_by_its_role_and_its_service():
    tight = "limits: {batch: 5}"
    grant = manifest_with("limits: {batch: 6}")

    assert codes_in(grant.replace("dsn: shop.db", f"dsn: shop.db, {tight}")) == ["FCT1220"]
    assert codes_in(grant.replace("  clerk:\n", f"  clerk:\n    {tight}\n")) == ["FCT1220"]


_JWKS = "algorithms: [RS256], jwks: {file: k.json}"
_NAMED = {"issuer": "me", "audience": "shop", "roles": "{A: clerk}", "claims": "[store_id]"}


@pytest.mark.promise("sec-27")
@pytest.mark.parametrize("absent", _NAMED)
def test_a_provider_with_public_keys_names_what_its_tokens_may_say(absent: str):
    named = ", ".join(f"{key}: {value}" for key, value in _NAMED.items())
    rest = ", ".join(f"{key}: {value}" for key, value in _NAMED.items() if key != absent)

    assert codes_in(manifest_with(top=f"auth: {{jwt: {{a: {{{_JWKS}, {named}}}}}}}")) == []
    found = codes_in(manifest_with(top=f"auth: {{jwt: {{a: {{{_JWKS}, {rest}}}}}}}"))
    assert found == ["FCT1224"]


@pytest.mark.promise("sec-27")
@pytest.mark.parametrize(
    ("providers", "codes"),
    [
        ("a: {algorithms: [HS256, RS256], secret: '${env:S}'}", ["FCT1222"]),
        ("a: {algorithms: [none], secret: '${env:S}'}", ["FCT1104"]),
        ("a: {secret: '${env:S}'}", ["FCT1103"]),
        ("a: {algorithms: [HS256], secret: '${env:S}', jwks: {file: k}}", ["FCT1223", "FCT1224"]),
        ("a: {algorithms: [RS256], secret: '${env:S}'}", ["FCT1223"]),
        ("a: {algorithms: [HS256]}", ["FCT1223"]),
        ("own: {algorithms: [HS256]}", []),
        ("a: {algorithms: [HS256], secret: short}", ["FCT1226"]),
        ("a: {algorithms: [HS256], secret: '${env:S:-x}'}", ["FCT1227"]),
        (
            "a: &a {algorithms: [HS256], secret: '${env:S}'}, b: *a",
            ["FCT1225"],
        ),
    ],
)
def test_a_provider_is_one_way_to_verify(providers: str, codes: list[str]):
    found = codes_in(manifest_with(top=f"auth: {{jwt: {{{providers}}}}}"))

    assert sorted(set(found)) == codes


@pytest.mark.promise("sec-28")
@pytest.mark.parametrize(
    ("preset", "is_fine"),
    [
        ("'{principal.name}'", True),
        ("'{claims.store_id}'", True),
        ("7", True),
        ("'a literal'", True),
        ("'{\"a\": 1}'", True),
        ("'by {principal.name}'", False),
        ("'{claims.store_id}{claims.store_id}'", False),
        ("'{principal.role} '", False),
        ("'{principal.email}'", False),
        ("'{claim.store_id}'", False),
    ],
)
def test_a_preset_is_one_whole_reference_or_a_literal(preset: str, is_fine: bool):
    codes = codes_in(manifest_with(f"set: {{by: {preset}}}"))

    assert codes == ([] if is_fine else ["FCT1228"])


@pytest.mark.promise("sec-28")
def test_a_digest_belongs_to_one_key():
    digest = "sha256:" + "aB" * 32
    other = f"  other: {{role: clerk, hash: [{digest.lower()}]}}"
    text = manifest_with().replace('"${file:till.hash}"', digest) + other

    assert codes_in(text) == ["FCT1216"]


@pytest.mark.promise("sec-41")
@pytest.mark.parametrize(
    "text",
    [
        manifest_with("rows: 'a = ${env:A}'"),
        manifest_with("check: '${file:/etc/passwd}'"),
        manifest_with("fields: ['${env:A}']"),
        manifest_with("set: {a: '${env:A}'}"),
        manifest_with("set: {'${env:A}': 1}"),
        manifest_with("mask: {a: '${env:A}'}"),
        manifest_with().replace("driver: sqlite", "driver: sqlite, label: '${env:A}'"),
        manifest_with().replace("[orders]", "['${env:A}']"),
        manifest_with().replace("store_id: 7", "store_id: '${env:A}'"),
        manifest_with(top="server: {trusted_proxies: ['${env:A}']}"),
        manifest_with().replace("  clerk:\n", "  clerk:\n    description: '${file:x}'\n"),
    ],
)
def test_a_reference_where_the_schema_marks_none_is_an_error(text: str):
    assert "FCT1230" in codes_in(text)


@pytest.mark.promise("sec-41")
@pytest.mark.parametrize("reference", ["${SHOP}", "${env:}", "${env:A", "${vault:A}", "${}"])
def test_a_reference_is_well_formed_and_of_a_known_source(reference: str):
    codes = codes_in(manifest_with().replace("dsn: shop.db", f"dsn: '{reference}'"))

    assert codes == ["FCT1231"]


@pytest.mark.parametrize("written", ["{file:a.txt}", "p://u:{env:PW}@h/d", "${env:A}{env:B}"])
def test_a_reference_without_its_dollar_is_told_of(written: str):
    text = manifest_with().replace("dsn: shop.db", f"dsn: '{written}'")

    found = [one for one in findings_in(text) if one.code == "FCT1231"]

    assert [one.hint in {"write ${file:…}", "write ${env:…}"} for one in found] == [True]


@pytest.mark.parametrize("written", ["{note: x}.db", "$${env:A}.db", "${env:A:-{env}.db"])
def test_other_braces_are_plain_text(written: str):
    assert "FCT1231" not in codes_in(manifest_with().replace("dsn: shop.db", f"dsn: '{written}'"))


@pytest.mark.promise("sec-04")
@pytest.mark.parametrize("name", ["set", "claims", "resources", "fields"])
def test_a_blank_is_an_error_whatever_its_role_is_named(name: str):
    text = manifest_with("fields: ['  ']").replace("clerk", name)

    assert codes_in(text) == ["FCT1207"]


@pytest.mark.parametrize(
    "text",
    [
        manifest_with() + "".join(f"z{n}: 1\n" for n in range(20_000)),
        manifest_with() + "".join(f"  k{n}: {{role: none, hash: [x]}}\n" for n in range(5_000)),
        manifest_with() + "version: 1\n" * 5_000,
    ],
    ids=["unknown keys", "unknown roles", "repeated keys"],
)
def test_only_the_first_errors_of_many_are_reported(text: str):
    started = time.process_time()

    codes = codes_in(text)

    assert 200 < len(codes) < 500
    assert codes.count("FCT1109") == 1
    assert time.process_time() - started < 10


def test_all_errors_are_reported_up_to_the_most():
    codes = codes_in(manifest_with() + "".join(f"z{n}: 1\n" for n in range(200)))

    assert codes == ["FCT1102"] * 200


def test_many_grants_are_checked_quickly():
    lines = "\n".join(
        f"      - {{service: shop, tables: [t{n}], verbs: [GET]{', rows: a = 1' * (n % 2)}}}"
        for n in range(4000)
    )
    grant = "      - {service: shop, tables: [orders], verbs: [GET, POST]}"
    started = time.process_time()

    assert codes_in(manifest_with().replace(grant, lines)) == []
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "setting",
    [
        "head_timeout: 0s",
        "head_timeout: 2h",
        "body_timeout: 0ms",
        "min_rate: 0B/s",
        "min_rate: 2GiB/s",
        "max_connections: 2000000",
    ],
)
def test_a_limit_of_connections_out_of_its_bounds_is_an_error(setting: str):
    (found,) = findings_in(manifest_with(top=f"server: {{{setting}}}"))

    assert (found.code, found.address) == ("FCT1221", ("server", setting.partition(":")[0]))


@pytest.mark.parametrize("rate", ["4KiB", "4096", "4KiB/m", "4 KiB/s", "-1B/s"])
def test_a_rate_is_a_size_per_second(rate: str):
    (found,) = findings_in(manifest_with(top=f'server: {{min_rate: "{rate}"}}'))

    assert found.address == ("server", "min_rate")


@pytest.mark.parametrize(
    "hosts",
    ["[]", "['']", "['*']", "[a.example.com:80]", "['https://a']", "['a.*']", "['::1']", "[a, a]"],
)
def test_a_host_is_a_name_without_a_port_and_listed_once(hosts: str):
    (found,) = findings_in(manifest_with(top=f"server: {{allowed_hosts: {hosts}}}"))

    assert found.address[:2] == ("server", "allowed_hosts")
