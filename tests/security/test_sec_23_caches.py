"""What depends on who asks is kept by no shared cache, and by none without asking again."""

from typing import Any

import pytest

from tests.databases import Database, key
from tests.plane import plane
from tests.security.manifests import TABLE, grant, manifest

pytestmark = [pytest.mark.anyio, pytest.mark.promise("sec-23")]

_PRIVATE = "private, no-cache"
_VARY = "Authorization, X-Shop-Key, Cookie, Accept, Origin"


def _manifest(database: Database) -> dict[str, Any]:
    made = manifest(
        database,
        clerk=[grant("t"), {"system": ["GET"]}],
        other=[grant("t", "GET")],
        visitor=[grant("t", "GET", fields=["id"])],
    )
    made["auth"] = {"api_key_header": "X-Shop-Key", "anonymous": "visitor"}
    return made


_ASKED: list[tuple[str, str, Any]] = [
    ("GET", f"{TABLE}t", None),
    ("GET", f"{TABLE}t?count=true", None),
    ("GET", f"{TABLE}t/1", None),
    ("GET", f"{TABLE}t/99", None),
    ("GET", f"{TABLE}t?filter=(", None),
    ("GET", f"{TABLE}t?nonsense=1", None),
    ("GET", f"{TABLE}ungranted", None),
    ("GET", f"{TABLE}t/%zz", None),
    ("POST", f"{TABLE}t", {"id": 5}),
    ("POST", f"{TABLE}t", {"id": 1}),
    ("POST", f"{TABLE}t?continue=true", [{"id": 1}, {"id": 6}]),
    ("PATCH", f"{TABLE}t/1", {"n": 2}),
    ("PUT", f"{TABLE}t/1", {"n": 2}),
    ("DELETE", f"{TABLE}t/77", None),
    ("DELETE", f"{TABLE}t?ids=77", None),
    ("GET", TABLE.removesuffix("/"), None),
    ("POST", TABLE.removesuffix("/"), {}),
    ("GET", "/api/v1/nowhere/_table", None),
    ("GET", "/api/v1/shop/_doc", None),
    ("GET", "/api/v1/system/generation", None),
    ("GET", "/openapi.json", None),
    ("GET", "/nowhere", None),
]


@pytest.mark.parametrize("name", ["clerk", "other", None, "unknown"])
@pytest.mark.parametrize(("method", "url", "body"), _ASKED)
async def test_whatever_depends_on_the_caller_says_so(
    database: Database, method: str, url: str, body: Any, name: str | None
):
    database.script("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
    database.fill("t", (1, 1))
    headers = {} if name is None else {"X-Shop-Key": key(name)}

    async with plane(_manifest(database)) as opened:
        answer = await opened.ask(method, url, body, headers=headers)

    assert answer.headers["cache-control"] == _PRIVATE
    assert answer.headers["vary"] == _VARY


async def test_readiness_with_a_credential_is_kept_by_nobody_else(database: Database):
    database.script("CREATE TABLE t (id integer PRIMARY KEY)")

    async with plane(_manifest(database)) as opened:
        told = await opened.get("/readyz", headers={"X-Shop-Key": key("clerk")})
        untold = await opened.get("/readyz")

    assert ("checks" in told.json, "checks" in untold.json) == (True, False)
    assert told.headers["cache-control"] == _PRIVATE
    assert told.headers["vary"] == _VARY
    assert untold.headers["cache-control"] == "no-store"


async def test_the_documents_tag_is_of_one_role(database: Database):
    database.script("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
    paths = ("/openapi.json", "/api/v1/shop/_doc")
    tags: set[str] = set()

    async with plane(_manifest(database)) as opened:
        for path in paths:
            for name in ("clerk", "other", None):
                mine = {} if name is None else {"X-Shop-Key": key(name)}
                answer = await opened.get(path, headers=mine)
                tag = answer.headers["etag"]
                again = await opened.get(path, headers={**mine, "If-None-Match": tag})
                foreign = [
                    (await opened.get(path, headers={**mine, "If-None-Match": other})).status
                    for other in tags
                ]
                assert (answer.status, again.status, again.body) == (200, 304, b"")
                assert again.headers["cache-control"] == _PRIVATE
                assert again.headers["vary"] == _VARY
                assert foreign == [200] * len(tags)
                tags.add(tag)

    assert len(tags) == 6
