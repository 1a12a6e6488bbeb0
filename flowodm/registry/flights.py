"""One fetch for all who ask for the same thing at the same time, among threads."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

from flowodm.errors import FlowODMError

__all__ = ["Flights", "again"]

_T = TypeVar("_T")


def again(error: FlowODMError) -> FlowODMError:
    """Return a fresh copy of an error, because raising one twice makes its traceback grow."""
    copy = type(error).__new__(type(error))
    copy.args = error.args
    copy.__dict__.update(error.__dict__)
    copy.__cause__ = error.__cause__
    return copy


class Flights:
    """What is being fetched right now."""

    def __init__(self) -> None:
        self._futures: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    def join(self, key: Hashable, fetch: Callable[[], _T]) -> _T:
        """Fetch, or wait for the thread that is fetching the same.

        Args:
            key: What is fetched.
            fetch: How.
        """
        while True:
            with self._lock:
                future = self._futures.get(key)
                if future is None:
                    leading = self._futures[key] = Future[_T]()
                    break
            error = future.exception()
            if error is None:
                return future.result()  # type: ignore[no-any-return]  # one key, one type
            if isinstance(error, FlowODMError):
                raise again(error)
            # The leader was interrupted, which says nothing about the thing: fetch it here.
        return self._lead(key, leading, fetch)

    def _lead(self, key: Hashable, future: "Future[_T]", fetch: Callable[[], _T]) -> _T:
        try:
            result = fetch()
        except BaseException as error:
            self._land(key)
            future.set_exception(error)
            raise
        self._land(key)
        future.set_result(result)
        return result

    def _land(self, key: Hashable) -> None:
        with self._lock:
            self._futures.pop(key, None)
