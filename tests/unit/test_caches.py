"""A cache is limited in bytes and in entries, and says how much of it is in use."""

import threading

import pytest

from faucet.caches import SizedCache, cache_uses


def _cache(limit: int = 100, largest: int = 50, most: int = 100) -> SizedCache[str, str]:
    return SizedCache("test", limit=limit, largest=largest, most=most)


def test_what_was_put_is_found():
    cache = _cache()
    cache.put("a", "x", 1)

    assert cache.get("a") == "x"
    assert cache.get("b") is None
    assert "a" in cache


def test_the_limit_in_bytes_holds_whatever_is_put():
    cache = _cache()
    for number in range(1000):
        cache.put(f"{number}", "x", number % 37)
        assert cache.use.bytes <= cache.use.limit == 100

    assert 0 < len(cache) < 100


def test_the_limit_in_entries_holds():
    cache = _cache(limit=10**6, most=10)
    for number in range(1000):
        cache.put(f"{number}", "x", 1)
        assert len(cache) <= 10


@pytest.mark.parametrize("size", [51, 101, 10**9])
def test_what_is_too_large_is_not_kept_and_evicts_nothing(size: int):
    cache = _cache()
    cache.put("a", "x", 50)
    cache.put("b", "x", size)

    assert cache.get("b") is None
    assert cache.get("a") == "x"


def test_what_is_used_stays():
    cache = _cache(most=10, limit=10**6)
    cache.put("used", "x", 1)
    for number in range(100):
        cache.put(f"{number}", "x", 1)
        assert cache.get("used") == "x"


def test_replacing_a_value_replaces_its_size():
    cache = _cache()
    for _ in range(100):
        cache.put("a", "x", 10)

    assert cache.use.bytes == 10
    assert len(cache) == 1


def test_a_cache_of_no_entries_keeps_nothing():
    cache = _cache(most=0)
    cache.put("a", "x", 1)

    assert len(cache) == 0


def test_the_uses_are_sums_over_caches_of_one_name():
    one, other = (SizedCache[str, str]("twins", limit=100, largest=50, most=9) for _ in range(2))
    one.put("a", "x", 10)
    other.put("a", "x", 20)
    use = cache_uses()["twins"]

    assert (use.entries, use.bytes, use.limit) == (2, 30, 200)
    del other
    assert cache_uses()["twins"].bytes == 10


def test_threads_share_a_cache():
    cache = _cache()

    def work(own: str) -> None:
        for number in range(2000):
            cache.put(f"{own}{number % 9}", own, number % 23)
            cache.get(f"{own}{number % 5}")

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert cache.use.bytes <= 100
