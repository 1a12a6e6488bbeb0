"""Blocking calls off the caller's thread, so that an interrupt is never kept waiting.

librdkafka's calls return to Python when they are done; until then no signal is handled. They run
on a daemon thread of their own, and the caller waits for the answer in a way that signals end.
"""

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

__all__ = ["Calls"]

Result = TypeVar("Result")
_SLICE = 0.1  # seconds; Windows handles a signal only between two waits


class Calls:
    """One daemon thread that makes calls, one after the other."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread: Thread | None = None

    def start(self, call: Callable[[], Result]) -> Future[Result]:
        """Make a call later; look at the future when it suits."""
        if self._thread is None:
            self._thread = Thread(target=_serve, args=(self._queue,), daemon=True, name="reader")
            self._thread.start()
        future: Future[Result] = Future()
        self._queue.put((future, call))
        return future

    def run(self, call: Callable[[], Result]) -> Result:
        """Make a call and wait for it; its error is raised here."""
        return wait(self.start(call))

    def end(self) -> None:
        """Let the thread end after the calls that were started."""
        self._queue.put(None)


def wait(future: Future[Result], *, seconds: float | None = None) -> Result:
    """Wait for a result where a signal can end the wait.

    Raises:
        TimeoutError: There was none within the time given.
    """
    until = None if seconds is None else monotonic() + seconds
    while True:
        try:
            return future.result(timeout=_SLICE)
        except TimeoutError:
            if future.done():
                return future.result()
            if until is not None and monotonic() >= until:
                raise


def _serve(queue: "SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]") -> None:
    while (work := queue.get()) is not None:
        future, call = work
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001  # raised by the one who waits
            future.set_exception(error)
        else:
            future.set_result(result)
        del work, future, call
