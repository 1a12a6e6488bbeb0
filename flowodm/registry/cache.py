"""Caches with a bound: the oldest entry goes when a limit is reached.

Reads are one dictionary lookup without a lock, because `parsed(id)` is asked once per message.
"""

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["BoundedCache", "BriefCache"]

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class BoundedCache(Generic[_K, _V]):
    """Keeps values for ever, up to a number of entries and a total weight.

    Args:
        max_entries: How many values are kept.
        max_weight: The sum of the weights that is kept; what one weighs is the caller's measure.
    """

    def __init__(self, *, max_entries: int, max_weight: int) -> None:
        self._values: dict[_K, _V] = {}
        self._weights: dict[_K, int] = {}
        self._weight = 0
        self._max_entries = max_entries
        self._max_weight = max_weight
        self._lock = Lock()
        self.get = self._values.get
        """The hit path: the dictionary's own `get`."""

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: _K, value: _V, weight: int) -> None:
        """Keep `value`, and let the oldest go while there is too much."""
        with self._lock:
            self._drop(key)
            self._values[key] = value
            self._weights[key] = weight
            self._weight += weight
            while len(self._values) > 1 and self._is_full():
                self._drop(next(iter(self._values)))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._weights.clear()
            self._weight = 0

    def _is_full(self) -> bool:
        return len(self._values) > self._max_entries or self._weight > self._max_weight

    def _drop(self, key: _K) -> None:
        if key in self._values:
            del self._values[key]
            self._weight -= self._weights.pop(key)


class BriefCache(Generic[_K, _V]):
    """Keeps values for some seconds; the caller gives the time, so tests need no clock.

    Args:
        seconds: How long a value is good.
        max_entries: How many values are kept.
        max_weight: The sum of the weights that is kept.
    """

    def __init__(self, *, seconds: float, max_entries: int, max_weight: int) -> None:
        self._seconds = seconds
        self._entries: BoundedCache[_K, tuple[float, _V]] = BoundedCache(
            max_entries=max_entries, max_weight=max_weight
        )

    def get(self, key: _K, now: float) -> _V | None:
        """Return the value when it is still good at `now`."""
        entry = self._entries.get(key)
        if entry is None or entry[0] <= now:
            return None
        return entry[1]

    def put(self, key: _K, value: _V, *, now: float, weight: int = 1) -> None:
        """Keep `value` from `now` on."""
        self._entries.put(key, (now + self._seconds, value), weight)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
