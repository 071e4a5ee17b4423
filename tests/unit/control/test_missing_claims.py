"""FCT1219: claims that keys lack are told at the key, and at a rule only where nobody has any."""

import pytest

from faucet.control.load import source_text
from faucet.control.pipeline import check_manifest
from faucet.diagnostics import Diagnostic
from faucet.standard import standard_registry

_FACTS = standard_registry().facts()

_MANIFEST = """\
version: 1
services: {shop: {driver: sqlite, dsn: shop.db}}
roles:
  clerk:
    grants:
      - {service: shop, tables: [orders], verbs: [GET], rows: "branch_id = {claims.branch_id}"}
      - {service: shop, tables: [notes], verbs: [POST], set: {by: "{claims.who}"}}
  manager:
    extends: [clerk]
    grants:
      - {service: shop, tables: [%s], verbs: [GET, POST], rows: all}
"""
_BOTH = "{branch_id: 7, who: ada}"


def _found(keys: str, *, own: str = "stores", more: str = "") -> list[Diagnostic]:
    text = f"{_MANIFEST % own}{keys and 'keys:'}\n{keys}\n{more}"
    found = check_manifest((source_text("f", text.encode()),), _FACTS, None).diagnostics
    assert {one.severity for one in found} <= {"warning"}
    return [one for one in found if one.code == "FCT1219"]


def _key(name: str, role: str, claims: str) -> str:
    return f'  {name}: {{role: {role}, hash: ["${{file:{name}}}"], claims: {claims}}}\n'


def test_a_key_with_the_claims_of_its_role_has_no_finding():
    assert _found(_key("till", "clerk", _BOTH) + _key("boss", "manager", _BOTH)) == []


@pytest.mark.parametrize("role", ["clerk", "manager"])
def test_a_key_that_lacks_a_claim_is_told_of_at_the_key(role: str):
    keys = _key("till", "clerk", _BOTH) + _key("other", role, "{branch_id: 7}")

    (found,) = _found(keys)

    assert (found.address, found.at_key) == (("keys", "other"), True)
    assert 'the key "other" lacks the claim "who"' in found.message
    assert "roles.clerk.grants[1].set.by" in found.message
    assert found.hint == "add it: claims: {who: …}"


def test_a_misspelled_claim_leads_to_the_rules_name_and_not_the_other_way_round():
    (found,) = _found(_key("till", "clerk", "{brnch_id: 7, who: ada}"))

    assert found.address == ("keys", "till", "claims", "brnch_id")
    assert found.hint == 'did you mean "branch_id"?'


def test_a_claim_that_a_rule_needs_is_no_misspelling_of_another():
    (found,) = _found(_key("till", "clerk", "{who: ada}").replace("{who", "{x: 1, who"))

    assert found.address == ("keys", "till")


def test_tokens_do_not_speak_for_keys():
    anything = "auth: {jwt: {own: {algorithms: [HS256], secret: '${env:S}'}}}"

    assert len(_found(_key("till", "clerk", "{x: 1}"), more=anything)) == 2


@pytest.mark.parametrize(
    ("own", "lacking"),
    [
        ("orders, notes", 0),
        ("'*'", 0),
        ("orders", 1),
        ("'o*', 'n*'", 0),
        ("'*', '!notes'", 1),
        ("stores", 2),
    ],
)
def test_rules_that_a_nearer_grant_takes_the_place_of_need_no_claim(own: str, lacking: int):
    assert len(_found(_key("boss", "manager", "{x: 1}"), own=own)) == lacking


def test_a_rule_of_a_role_without_keys_is_told_of_where_no_provider_brings_its_claim():
    provider = "auth: {anonymous: clerk, jwt: {own: {algorithms: [HS256], secret: '${env:S}'%s}}}"

    assert [one.address[-1] for one in _found("", more="auth: {anonymous: clerk}")] == [
        "rows",
        "by",
    ]
    assert _found("", more=provider % "") == []
    (found,) = _found("", more=provider % ", claims: [brnch_id, who]")
    assert "did you mean" not in found.hint


@pytest.mark.fault("operators.providers")
def test_a_provider_is_told_of_each_of_its_roles_whose_claim_its_tokens_cannot_have():
    providers = """\
auth:
  jwt:
    own: {algorithms: [HS256], secret: "${env:S}", issuer: us, roles: {a: clerk, b: clerk},
          claims: [brnch_id]}
    partner: {algorithms: [HS256], secret: "${env:T}", issuer: them, roles: {a: clerk, m: manager},
              claims: [branch_id]}
    open: {algorithms: [HS256], secret: "${env:U}", roles: {a: clerk}}
"""
    found = _found(_key("till", "clerk", _BOTH), own="notes", more=providers)

    told = sorted((str(one.address[2]), one.message, one.hint) for one in found)
    needs = 'needs of the role "clerk"'
    assert [(name, message.split('"')[3]) for name, message, _ in told] == [
        ("own", "branch_id"),
        ("own", "who"),
        ("partner", "who"),
    ]
    assert all(needs in message for _, message, _ in told)
    assert told[0][2] == 'did you mean "branch_id" instead of "brnch_id"?'
    assert told[2][2] == 'add "who" to the claims of the provider'


@pytest.mark.parametrize("rule", ["{claims.branch-id}", "{ claims.branch-id }", "{claims.größe}"])
def test_a_claim_of_any_name_counts_however_it_is_spelled(rule: str):
    text = _MANIFEST.replace("{claims.branch_id}", rule).replace("{claims.who}", rule)
    keys = "keys:\n" + _key("till", "clerk", "{x: 1}")
    found = check_manifest((source_text("f", f"{text % 'stores'}{keys}".encode()),), _FACTS, None)

    (one,) = [each for each in found.diagnostics if each.code == "FCT1219"]
    assert f'lacks the claim "{rule.strip("{} ").removeprefix("claims.")}"' in one.message
    assert not [each for each in found.diagnostics if each.severity == "error"]


def test_what_looks_like_a_claim_in_a_text_is_none():
    text = _MANIFEST.replace("branch_id = {claims.branch_id}", "note != '{claims.foo}'")
    keys = "keys:\n" + _key("till", "clerk", "{who: ada}")
    found = check_manifest((source_text("f", f"{text % 'stores'}{keys}".encode()),), _FACTS, None)

    assert [each.code for each in found.diagnostics] == ["FCT1210"]
