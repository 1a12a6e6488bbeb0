"""Caches keep what they may and let the oldest go."""

import pytest

from flowodm.registry.cache import BoundedCache, BriefCache

pytestmark = pytest.mark.unit


def test_the_oldest_entry_goes_first() -> None:
    cache: BoundedCache[int, str] = BoundedCache(max_entries=2, max_weight=100)
    for key in (1, 2, 3):
        cache.put(key, str(key), 1)
    assert [cache.get(key) for key in (1, 2, 3)] == [None, "2", "3"]


def test_weight_is_bounded_too() -> None:
    cache: BoundedCache[int, str] = BoundedCache(max_entries=100, max_weight=10)
    for key in range(5):
        cache.put(key, "x", 4)
    assert len(cache) == 2


def test_what_is_put_again_weighs_once() -> None:
    cache: BoundedCache[int, str] = BoundedCache(max_entries=100, max_weight=10)
    for _ in range(9):
        cache.put(1, "x", 5)
    cache.put(2, "y", 5)
    assert (cache.get(1), cache.get(2)) == ("x", "y")


def test_one_heavy_value_is_still_kept() -> None:
    cache: BoundedCache[int, str] = BoundedCache(max_entries=100, max_weight=10)
    cache.put(1, "x", 5)
    cache.put(2, "y", 5000)
    assert (cache.get(1), cache.get(2)) == (None, "y")


def test_clearing_frees_the_weight() -> None:
    cache: BoundedCache[int, str] = BoundedCache(max_entries=100, max_weight=10)
    cache.put(1, "x", 9)
    cache.clear()
    cache.put(2, "y", 9)
    cache.put(3, "z", 1)
    assert (cache.get(1), cache.get(2), cache.get(3)) == (None, "y", "z")


def test_a_brief_value_ends() -> None:
    cache: BriefCache[str, int] = BriefCache(seconds=5, max_entries=10, max_weight=10)
    cache.put("a", 1, now=100.0)
    assert cache.get("a", 104.9) == 1
    assert cache.get("a", 105.0) is None
