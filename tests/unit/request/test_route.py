"""Raw paths to routes."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.errors import INVALID_PATH, RequestError
from faucet.model.routes import ROUTES, RouteName
from faucet.request.pipeline import check_handlers
from faucet.request.route import RouteMatch, find_route, key_parts

_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


def _to(name: RouteName, **parameters: str) -> RouteMatch:
    return RouteMatch(route=ROUTES[name], parameters=parameters)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/healthz", _to(RouteName.HEALTH)),
        ("/readyz", _to(RouteName.READY)),
        ("/", _to(RouteName.HOME)),
        ("/docs", _to(RouteName.DOCS)),
        ("/docs/swagger-ui.css", _to(RouteName.DOCS_ASSET, asset="swagger-ui.css")),
        ("/docs/a/b.js", _to(RouteName.DOCS_ASSET, asset="a/b.js")),
        ("/openapi.json", _to(RouteName.OPENAPI)),
        ("/api/v1/shop/_table", _to(RouteName.TABLES, service="shop")),
        ("/api/v1/shop/_table/tracks", _to(RouteName.RECORDS, service="shop", table="tracks")),
        ("/api/v1/shop/_table/tr%C3%A4cks", _to(RouteName.RECORDS, service="shop", table="träcks")),
        (
            "/api/v1/shop/_table/tr\xc3\xa4cks",
            _to(RouteName.RECORDS, service="shop", table="träcks"),
        ),
        ("/api/v1/shop/_table/a+b", _to(RouteName.RECORDS, service="shop", table="a+b")),
        ("/api/v1/shop/_table/a%252Fb", _to(RouteName.RECORDS, service="shop", table="a%2Fb")),
        ("/api/v1/shop/_table/t/7", _to(RouteName.RECORD, service="shop", table="t", id="7")),
        ("/api/v1/shop/_doc", _to(RouteName.SERVICE_OPENAPI, service="shop")),
        ("/api/v1/system/generation", _to(RouteName.GENERATION)),
    ],
)
def test_a_path_leads_to_its_route(path: str, route: RouteMatch):
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

    assert route is not None
    assert key_parts(route.parameters["id"], 2) == ("a/b,c", "d%2C")


@pytest.mark.promise("sec-38")
@given(service=_TEXTS, table=_TEXTS, key=st.lists(_TEXTS, min_size=1, max_size=4))
def test_whatever_the_names_an_encoded_path_leads_back_to_them(service, table, key):
    encoded = ",".join(quote(part, safe="") for part in key)
    path = f"/api/v1/{quote(service, safe='')}/_table/{quote(table, safe='')}/{encoded}"

    route = find_route(path)

    if service not in {"system", "setup"}:
        assert route == _to(RouteName.RECORD, service=service, table=table, id=encoded)
        assert key_parts(encoded, len(key)) == tuple(key)


@pytest.mark.fault("http.composite")
@given(key=st.lists(_TEXTS, min_size=2, max_size=4))
def test_a_composite_key_may_be_encoded_as_a_whole(key):
    joined = ",".join(part.replace("%", "%25").replace(",", "%2C") for part in key)

    assert key_parts(quote(joined, safe=""), len(key)) == tuple(key)


@pytest.mark.fault("http.composite")
@pytest.mark.parametrize(
    ("raw", "columns", "parts"),
    [
        ("1%2Cx", 2, ("1", "x")),
        ("1%2cx%20y", 2, ("1", "x y")),
        ("50%25%2C%C3%A9", 2, ("50%", "é")),
        ("a%252Cb%2C", 2, ("a,b", "")),
        ("1%2Cx", 1, ("1,x",)),
        ("1%2Cx,y", 2, ("1,x", "y")),
        ("1", 2, ("1",)),
    ],
)
def test_an_encoded_comma_separates_the_parts_of_a_composite_key_alone(raw, columns, parts):
    assert key_parts(raw, columns) == parts


def test_a_key_has_a_part_before_and_after_each_comma():
    assert key_parts("7", 1) == ("7",)
    assert key_parts("a,", 2) == ("a", "")
    assert key_parts("a+b", 1) == ("a+b",)


@pytest.mark.promise("sec-19")
def test_methods_depend_on_the_pattern_alone():
    methods = {name: route.methods for name, route in ROUTES.items()}

    assert set(methods) == set(RouteName) - {RouteName.MCP}
    assert methods.pop(RouteName.RECORDS) == (
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
    )
    assert methods.pop(RouteName.RECORD) == ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
    assert set(methods.values()) == {("GET", "HEAD", "OPTIONS")}


_PLAIN = "api v1 shop system setup generation _table _doc docs healthz readyz openapi.json x.css"
_SEGMENTS = st.sampled_from(
    [*_PLAIN.split(), "", "%5ftable", "sh%6Fp", "..", "a%2Fb", "1%2C2", "t\xe4"]
)


@given(segments=st.lists(_SEGMENTS, max_size=7), matched=st.sampled_from([None, *ROUTES]))
def test_a_route_that_the_server_found_by_the_raw_text_decides_nothing(segments, matched):
    path = "/" + "/".join(segments)

    def found(name):
        try:
            return find_route(path, name)
        except RequestError as fault:
            return fault.kind

    assert found(matched) == found(None)


def test_a_route_without_a_handler_is_refused_at_import():
    # It used to be answered by whatever came last in the chain of routes.
    routes, handled = list(ROUTES.values()), set(ROUTES)
    check_handlers(routes, handled, handled)

    for route in routes:
        others = handled - {route.name}
        with pytest.raises(LookupError, match=f"the route {route.name} has no handler"):
            check_handlers(routes, *((others, handled) if route.open else (handled, others)))


def test_a_path_is_made_from_its_pattern():
    assert ROUTES[RouteName.RECORD].path(service="shop", table="a/b ä") == (
        "/api/v1/shop/_table/a%2Fb%20%C3%A4/{id}"
    )


@pytest.mark.fault("attacks.heads")
@pytest.mark.parametrize("segment", ["a", "%61", "%zz"])
@pytest.mark.parametrize("start", ["", "/docs", "/api/v1/shop/_table"])
def test_a_path_of_very_many_segments_is_unknown_whatever_they_are(start: str, segment: str):
    assert find_route(start + f"/{segment}" * 33) is None
