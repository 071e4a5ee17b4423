"""What is answered from a shape that was met before is what is answered cold."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faucet.request.execute import StatementCache
from faucet.request.known_reads import KnownReads
from tests.budget import examples
from tests.databases import DIALECTS, Database, key, key_of, scratch
from tests.plane import Plane, plane
from tests.security.manifests import TABLE, ask, grant, manifest, told

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-35")]

_NAMES: dict[str, dict[str, Any]] = {
    "seven": {"tenant": 7, "tenants": [7]},
    "eight": {"tenant": 8, "tenants": [8, 7]},
    "nobody": {},
    "text": {"tenant": "7", "tenants": ["7"]},
    "truth": {"tenant": True, "tenants": [True]},
    "empty": {"tenant": None, "tenants": []},
}
"""Keys by name, each with the claims that it gives; only the first two satisfy the rules."""

_SETS = "tenant IN {claims.tenants}"
_OWN = "tenant = {claims.tenant}"
_ROLES: dict[str, list[dict[str, Any]]] = {
    "plain": [grant("t", rows=_OWN)],
    "masked": [grant("t", rows=_OWN, mask={"name": "last4"}, aggregate=True)],
    "listed": [grant("t", rows=_SETS, fields=["id", "n", "tenant"], aggregate=True)],
    "free": [
        grant("t", "GET DELETE", rows="all", aggregate=True),
        grant("t", "POST PUT PATCH", rows="all", check=_OWN, set={"name": "{principal.name}"}),
    ],
    "other": [grant("u", rows=_OWN, aggregate=True), grant("t", "GET", rows="tenant = 8")],
}


def _manifest(database: Database) -> dict[str, Any]:
    made = manifest(database, **_ROLES)
    made["keys"] = {
        f"{role}-{name}": key_of(role, f"{role}-{name}", **claims)
        for role in _ROLES
        for name, claims in _NAMES.items()
    }
    for name in ("seven", "eight"):
        tight = key_of("plain", f"tight-{name}", **_NAMES[name])
        tight["limits"] = {"page": {"max": 1}, "batch": 1}
        made["keys"][f"tight-{name}"] = tight
    return made


_KEYS = [*(f"{role}-{name}" for role in _ROLES for name in _NAMES), "tight-seven", "tight-eight"]


def _reset(database: Database) -> None:
    database.script(
        "DELETE FROM t",
        "DELETE FROM u",
        *(
            f"INSERT INTO {table} VALUES ({n}, {7 + n % 2}, 'name-of-{n}', {n})"
            for table in ("t", "u")
            for n in range(1, 7)
        ),
    )


@pytest.fixture(scope="module", params=DIALECTS)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with scratch(request.param, request, tmp_path_factory.mktemp("shapes")) as made:
        shape = "(id integer PRIMARY KEY, tenant integer, name text, n integer)"
        made.script(*(f"CREATE TABLE {table} {shape}" for table in ("t", "u")))
        yield made


@pytest.fixture(scope="module")
async def opened(shop: Database) -> AsyncIterator[Plane]:
    async with plane(_manifest(shop)) as made:
        yield made


_FILTERS = (
    "id = 1",
    "id = 2",
    "id != 1",
    "id IN (1)",
    "id IN (1, 2, 3)",
    "id IN (4, 5, 6, 9)",
    "name = 'x'",
    "name LIKE 'name%'",
    "name ILIKE 'NAME%'",
    "NOT name CONTAINS '3'",
    "n IS NULL",
    "n > 2 AND n < 5",
    "n > 2 OR n < 5",
    "n > 99999999999999999999",
    "n > 7",
    "n = 2.5",
    "n IN (2, 2.5)",
    "n IN (2, 3)",
    "n BETWEEN 2 AND 4",
    "n BETWEEN 2 AND 99999999999999999999",
    "n = '3'",
    "n = 'x'",
    "n = TRUE",
    "name LIKE 'na\\%'",
    "name LIKE 'na\\x'",
    "name STARTS WITH 'name%'",
    "name = 'it''s'",
    "n=1.",
    "n=1a",
)
_queries = st.fixed_dictionaries(
    {},
    optional={
        "filter": st.sampled_from(_FILTERS),
        "limit": st.sampled_from(("0", "1", "3")),
        "offset": st.sampled_from(("0", "1")),
        "order": st.sampled_from(("id", "-id", "n DESC", "n NULLS FIRST", "name")),
        "fields": st.sampled_from(("id", "id,name", "name,id", "name AS x", "MAX(n)", "COUNT(*)")),
        "count": st.sampled_from(("true", "false")),
    },
)
_keys = st.sampled_from(("/1", "/2", "/99999999999999999999", "/x", "/1,2", "/1.0", "/9"))
_reads: st.SearchStrategy[tuple[Any, ...]] = st.builds(
    lambda query: ("GET", "", None, query), _queries
) | st.builds(lambda key: ("GET", key, None, {}), _keys)
_writes = st.sampled_from(
    [
        *(("PATCH", f"/{n}", {"n": n + m}, {}) for n in (1, 2) for m in (0, 5)),
        ("PATCH", "", {"n": 1}, {"filter": "id IN (1, 2)"}),
        ("PATCH", "", [{"id": 1, "n": 3}, {"id": 2, "tenant": 8}], {"continue": "true"}),
        ("PATCH", "/1", {"tenant": 8}, {}),
        ("POST", "", {"id": 20, "tenant": 7}, {}),
        ("POST", "", {"id": 20, "tenant": 8}, {}),
        ("POST", "", [{"id": 20, "tenant": 7}, {"id": 21, "tenant": 7}], {}),
        ("PUT", "/1", {"tenant": 8, "n": 1}, {}),
        ("DELETE", "/1", None, {}),
        ("DELETE", "", None, {"ids": "1,2", "fields": "*"}),
    ]
)
_asked = st.tuples(st.sampled_from(_KEYS), st.sampled_from("tu"), _reads | _writes)


def _with_cache(opened: Plane, size: int) -> Plane:
    generation = msgspec.structs.replace(
        opened.generation, statements=StatementCache(size=size), known_reads=KnownReads(size=size)
    )
    return Plane(generation, opened.reported)


async def _tell(opened: Plane, name: str, table: str, request: tuple[Any, ...]) -> object:
    method, rest, body, query = request
    return told(await ask(opened, name, method, table + rest, body, **query))


@examples(40)
@given(asked=st.lists(_asked, min_size=2, max_size=8))
async def test_warm_answers_are_the_cold_ones(opened: Plane, shop: Database, asked: list[Any]):
    """Each request cold, in a cache of two shapes, and after its like was answered twice."""
    answers = []
    for size in (0, 2, 2048):
        shared = _with_cache(opened, size)
        for each in asked * 2 if size == 2048 else ():
            await _tell(shared, *each)
        _reset(shop)
        answers.append(
            [await _tell(shared if size else _with_cache(opened, 1), *each) for each in asked]
        )

    assert answers[1] == answers[0]
    assert answers[2] == answers[0]


@pytest.mark.parametrize(
    "asked",
    [
        ("GET", "t", None),
        ("GET", "t/2", None),
        ("PATCH", "t?all=true", {"n": 1}),
        ("DELETE", "t/2", None),
        ("POST", "t", {"id": 30, "tenant": 8}),
    ],
)
@pytest.mark.parametrize("role", ["plain", "masked", "listed"])
async def test_claims_are_asked_for_on_warm_shapes(
    opened: Plane, shop: Database, role: str, asked: tuple[str, str, Any]
):
    _reset(shop)
    warm = _with_cache(opened, 2048)
    for _ in range(2):
        await ask(warm, f"{role}-seven", *asked)
    _reset(shop)

    denied = [
        await ask(warm, f"{role}-{name}", *asked) for name in ("nobody", "text", "truth", "empty")
    ]

    assert {(answer.status, answer.error) for answer in denied} == {(403, "claim_missing")}


async def test_limits_hold_on_warm_shapes(opened: Plane, shop: Database):
    _reset(shop)
    warm = _with_cache(opened, 2048)
    body = [{"id": 20, "tenant": 7}, {"id": 21, "tenant": 7}]
    wide = await ask(warm, "plain-seven", "GET", "t", limit="3")
    posted = await ask(warm, "plain-seven", "POST", "t", body)
    _reset(shop)

    narrow = await ask(warm, "tight-seven", "GET", "t", limit="3")
    refused = await ask(warm, "tight-seven", "POST", "t", body)

    assert (len(wide.rows), posted.status) == (3, 201)
    assert (len(narrow.rows), narrow.json["meta"]["limit"]) == (1, 1)
    assert refused.error == "batch_too_large"


async def test_denials_hold_on_warm_shapes(opened: Plane):
    warm = _with_cache(opened, 2048)
    url = f"{TABLE}u"

    first = await warm.get(url, key=key("other-seven"))
    denied = await warm.get(url, key=key("plain-seven"))
    stranger = await warm.get(url, key=key("no such key"))

    assert (first.status, denied.status, stranger.status) == (200, 403, 401)
