"""Raw paths to routes."""

import typing
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.errors import INVALID_PATH, RequestError
from faucet.request.route import (
    ALLOWED,
    Docs,
    Health,
    Home,
    OpenApi,
    Ready,
    Record,
    Records,
    Route,
    ServiceDoc,
    SystemGeneration,
    Tables,
    find_route,
    key_parts,
)

_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/healthz", Health()),
        ("/readyz", Ready()),
        ("/", Home()),
        ("/docs", Docs(asset="")),
        ("/docs/swagger-ui.css", Docs(asset="swagger-ui.css")),
        ("/docs/a/b.js", Docs(asset="a/b.js")),
        ("/openapi.json", OpenApi()),
        ("/api/v1/shop/_table", Tables(service="shop")),
        ("/api/v1/shop/_table/tracks", Records(service="shop", table="tracks")),
        ("/api/v1/shop/_table/tr%C3%A4cks", Records(service="shop", table="träcks")),
        ("/api/v1/shop/_table/tr\xc3\xa4cks", Records(service="shop", table="träcks")),
        ("/api/v1/shop/_table/a+b", Records(service="shop", table="a+b")),
        ("/api/v1/shop/_table/a%252Fb", Records(service="shop", table="a%2Fb")),
        ("/api/v1/shop/_table/t/7", Record(service="shop", table="t", raw_key="7")),
        ("/api/v1/shop/_doc", ServiceDoc(service="shop")),
        ("/api/v1/system/generation", SystemGeneration()),
    ],
)
def test_a_path_leads_to_its_route(path: str, route: Route):
    assert find_route(path) == route


@pytest.mark.parametrize(
    "path",
    [
        "",
        "*",
        "healthz",
        "//",
        "/healthz/",
        "/Healthz",
        "/docs/",
        "/docs/../secret",
        "/docs/%2e%2e/secret",
        "/docs/..%2fsecret",
        "/docs/a%5Cb",
        "/openapi.json/x",
        "/api/v1",
        "/api/v1/shop",
        "/api/v1/shop/",
        "/api/v1/shop/_table/",
        "/api/v1/shop/_table//7",
        "/api//v1/shop/_table",
        "/api/v1/shop/_table/t/",
        "/api/v1/shop/_table/t/7/",
        "/api/v1/shop/_table/t/7/8",
        "/api/v1/shop/_schema",
        "/api/v1/shop/_proc",
        "/api/v1/shop/_query/q",
        "/api/v1/system/role",
        "/api/v1/system/_table",
        "/api/v1/setup",
        "/api/v1/setup/_table/t",
        "/api/v2/shop/_table",
        "/mcp",
        "/metrics",
        "/admin/",
    ],
)
def test_everything_else_is_an_unknown_route(path: str):
    assert find_route(path) is None


@pytest.mark.parametrize(
    "bad", ["%", "%4", "%zz", "%ff", "%C3", "\xe4", "%00", "%ED%A0%80", "%C0%AF"]
)
def test_a_path_that_cannot_be_decoded_is_refused(bad: str):
    with pytest.raises(RequestError) as caught:
        find_route(f"/api/v1/shop/_table/{bad}")

    assert caught.value.kind is INVALID_PATH


@pytest.mark.promise("sec-38")
def test_segments_and_keys_are_cut_in_the_raw_path():
    route = find_route("/api/v1/shop/_table/t/a%2Fb%2Cc,d%252C")

    assert isinstance(route, Record)
    assert key_parts(route.raw_key) == ("a/b,c", "d%2C")


@pytest.mark.promise("sec-38")
@given(service=_TEXTS, table=_TEXTS, key=st.lists(_TEXTS, min_size=1, max_size=4))
def test_whatever_the_names_an_encoded_path_leads_back_to_them(service, table, key):
    encoded = ",".join(quote(part, safe="") for part in key)
    path = f"/api/v1/{quote(service, safe='')}/_table/{quote(table, safe='')}/{encoded}"

    route = find_route(path)

    if service not in {"system", "setup"}:
        assert route == Record(service=service, table=table, raw_key=encoded)
        assert key_parts(encoded) == tuple(key)


def test_a_key_has_a_part_before_and_after_each_comma():
    assert key_parts("7") == ("7",)
    assert key_parts("a,") == ("a", "")
    assert key_parts("a+b") == ("a+b",)


@pytest.mark.promise("sec-19")
def test_methods_depend_on_the_pattern_alone():
    assert set(ALLOWED) == set(typing.get_args(Route))
    assert ALLOWED[Records] == ("GET", "POST", "PUT", "PATCH", "DELETE")
    assert ALLOWED[Record] == ("GET", "PUT", "PATCH", "DELETE")
    assert {methods for route, methods in ALLOWED.items() if route not in {Record, Records}} == {
        ("GET",)
    }
