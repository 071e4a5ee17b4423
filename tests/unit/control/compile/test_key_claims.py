"""Claims of keys that no column takes are told of where the catalog is known."""

import msgspec
import pytest

from faucet.diagnostics import Severity
from faucet.model.limits import LimitSettings
from faucet.model.settings import ApiKey, AuthSettings
from tests.factories import catalog, compiled, grant, relation, settings

_COLUMNS = ("id int pk", "store_id int", "label text(9)", "price decimal(6,2)", "open bool")
_CATALOG = catalog(
    relation("orders", *_COLUMNS, "note text null", "state enum(new,paid)"),
    relation("items", *_COLUMNS),
    relation("log", "label text"),
)


def _found(claims: dict, *grants: dict, role: str = "clerk"):
    key = ApiKey(
        name="till",
        role=role,
        digests=frozenset({"a"}),
        claims=claims,
        expires=None,
        allow_from=(),
        limits=LimitSettings(),
    )
    auth = AuthSettings(api_key_header="X-API-Key", anonymous=None, providers=(), keys=(key,))
    roles = {"clerk": {"grants": list(grants)}, "manager": {"extends": ["clerk"]}}
    value, diagnostics = compiled(msgspec.structs.replace(settings(roles), auth=auth), _CATALOG)
    assert value is not None, diagnostics
    return [one for one in diagnostics if one.code == "FCT1527"]


@pytest.mark.fault("operators.claims")
@pytest.mark.parametrize(
    ("rule", "value", "hint"),
    [
        ("store_id = {claims.c}", "7", "write it without quotes"),
        ("store_id = {claims.c}", 7.5, "write a value that the column can hold"),
        ("store_id = {claims.c}", 2**40, "write a value that the column can hold"),
        ("store_id = {claims.c}", (7,), "write a single value, or use IN in the rule"),
        ("store_id = {claims.c}", True, "write a value that the column can hold"),
        ("label = {claims.c}", 7, "write it in quotes"),
        ("state = {claims.c}", "gone", "write a value that the column can hold"),
        ("open = {claims.c}", "true", "write it without quotes"),
        ("store_id IN {claims.c}", 7, "write a list: [ … ]"),
        ("store_id IN {claims.c}", (7, "8"), "write a value that the column can hold"),
        ("id = 1 OR NOT (store_id = {claims.c})", "7", "write it without quotes"),
    ],
)
def test_a_claim_that_can_never_fit_its_column_is_an_error_at_the_claim(rule, value, hint):
    (found,) = _found({"c": value}, grant("orders", rows=rule))

    assert found.severity is Severity.ERROR
    assert found.address == ("keys", "till", "claims", "c")
    assert '"orders"' in found.message
    assert found.hint == hint


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("store_id = {claims.c}", 7),
        ("price = {claims.c}", 7.25),
        ("label = {claims.c}", "x"),
        ("state = {claims.c}", "new"),
        ("open = {claims.c}", True),
        ("store_id IN {claims.c}", (7, 8)),
        ("store_id = {claims.other}", 7),
    ],
)
def test_a_claim_that_fits_is_none(rule, value):
    assert _found({"c": value}, grant("orders", rows=rule)) == []


def test_checks_presets_and_inherited_rules_count_too():
    check = grant("orders", "POST", check="store_id = {claims.c}")
    preset = grant("orders", "POST", set={"store_id": "{claims.c}"})

    assert len(_found({"c": "7"}, check)) == 1
    assert len(_found({"c": "7"}, preset)) == 1
    assert len(_found({"c": "7"}, check, role="manager")) == 1


def test_one_claim_on_many_tables_is_one_finding():
    (found,) = _found({"c": "7"}, grant("orders items", rows="store_id = {claims.c}"))

    assert '"items" and 1 more' in found.message
