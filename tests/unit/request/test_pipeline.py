"""The order of the request plane, and what it costs the event loop."""

from typing import Any

import msgspec
import pytest

from faucet.extension.executor import Fetched
from faucet.model.headers import Headers
from faucet.model.request import HttpRequest
from faucet.request.pipeline import answer
from tests import factories
from tests.unit.serve.serving import generation


class _Canned:
    async def fetch(self, _call: Any, _time_limit: float) -> Fetched:
        return Fetched(rows=((1, '{"id":1}'),))


def test_a_get_is_answered_without_a_task_a_thread_or_a_pause():
    grant = {"service": "shop", "tables": ["items"], "verbs": ["GET"]}
    surface = factories.surface(
        factories.settings({"visitor": {"grants": [grant]}}),
        factories.catalog(factories.relation("items", "id int pk")),
    )
    made: Any = generation()
    made = msgspec.structs.replace(
        made,
        surface=surface,
        executors={"shop": _Canned()},
        authentication=msgspec.structs.replace(made.authentication, anonymous="visitor"),
    )
    request = HttpRequest(
        method="GET",
        path="/api/v1/shop/_table/items",
        query="filter=id%20%3E%200",
        headers=Headers(),
        peer="127.0.0.1",
    )

    # Without an event loop, whatever waits for anything would fail or come back here.
    with pytest.raises(StopIteration) as ended:
        answer(made, request).send(None)

    assert ended.value.value.status == 200, ended.value.value.body
    assert ended.value.value.body.startswith(b'{"resource":[{"id":1}],"meta":{"count":1,')
