"""Compiled statements are kept by their shape, and only so many of them."""

import threading

import pytest

from faucet.model.filters.condition import EVERY_ROW
from faucet.model.settings import ValueOptions
from faucet.model.statement import Count, RelationName
from faucet.request.execute import StatementCache
from faucet.sql.compiled import Compiled
from faucet.sql.render import RenderContext
from faucet.standard import standard_registry

_CONTEXT = RenderContext(
    forms=standard_registry().dialects["sqlite"].forms(),
    options=ValueOptions(),
    transforms={},
    mask_key=b"",
    max_bytes=2**20,
)


def _ask(cache: StatementCache, table: str, role: str = "r", service: str = "s") -> Compiled:
    name = RelationName(schema=None, name=table)
    return cache.compiled(
        role, service, Count(relation=name, columns=(), where=EVERY_ROW), _CONTEXT
    )


def test_an_equal_shape_is_compiled_once():
    cache = StatementCache()

    assert _ask(cache, "t") is _ask(cache, "t")
    assert "FROM t" in _ask(cache, "t").sql.replace('"', "")


@pytest.mark.promise("sec-35")
def test_role_service_and_shape_each_count():
    cache = StatementCache()
    made = [
        _ask(cache, "t"),
        _ask(cache, "u"),
        _ask(cache, "t", role="other"),
        _ask(cache, "t", service="other"),
    ]

    assert len({id(each) for each in made}) == 4


def test_what_is_used_is_kept_and_the_others_are_forgotten():
    cache = StatementCache(size=8)
    kept = _ask(cache, "kept")
    passing = _ask(cache, "passing")
    for number in range(100):
        _ask(cache, f"t{number}")
        assert _ask(cache, "kept") is kept
        assert len(cache) <= 8

    assert _ask(cache, "passing") is not passing


def test_threads_share_a_cache():
    cache = StatementCache(size=4)
    wrong: list[str] = []

    def work() -> None:
        for number in range(300):
            name = f"t{number % 7}"
            if name not in _ask(cache, name).sql:
                wrong.append(name)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(cache) <= 4
