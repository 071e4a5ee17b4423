"""An object without a member inserts a row of defaults, or resets a row to them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import DIALECTS, scratch
from tests.plane import Plane, plane

pytestmark = [pytest.mark.anyio, pytest.mark.fault("http.empty")]

_ITEMS = "/api/v1/shop/_table/items"


@pytest.fixture(params=DIALECTS)
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Plane]:
    with scratch(request.param, request, tmp_path) as database:
        database.script(
            "CREATE TABLE items (id {serial}, n integer DEFAULT 5, t varchar(9))",
            "INSERT INTO items VALUES (7, 9, 'x')",
        )
        grant = {"service": "shop", "tables": ["*"], "verbs": ["*"]}
        made = {
            "version": 1,
            "auth": {"anonymous": "all"},
            "services": {"shop": database.service()},
            "roles": {"all": {"grants": [grant]}},
        }
        async with plane(made) as plane_:
            yield plane_


@pytest.mark.parametrize("body", [{}, {"resource": {}}, [{}], {"resource": [{}, {}]}])
async def test_a_post_without_values_inserts_defaults(opened: Plane, body: Any):
    answer = await opened.ask("POST", f"{_ITEMS}?fields=n,t", body)

    assert answer.status == 201
    assert {str(row) for row in answer.rows} == {"{'n': 5, 't': None}"}


@pytest.mark.parametrize("body", [{}, {"resource": {}}])
async def test_a_put_without_values_resets_the_row(opened: Plane, body: Any):
    answer = await opened.ask("PUT", f"{_ITEMS}/7", body)

    assert (answer.status, answer.json) == (200, {"id": 7, "n": 5, "t": None})


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [("PATCH", f"{_ITEMS}/7", {}), ("PATCH", f"{_ITEMS}?all=true", {}), ("PUT", _ITEMS, {})],
)
async def test_what_an_empty_object_does_not_select_or_change_is_refused(
    opened: Plane, method: str, url: str, body: Any
):
    answer = await opened.ask(method, url, body)

    assert answer.status == 400
    assert (await opened.get(_ITEMS)).rows == [{"id": 7, "n": 9, "t": "x"}]
