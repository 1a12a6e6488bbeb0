"""Waiting for librdkafka without being deaf: calls in threads, repeated questions, short steps."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from confluent_kafka import Producer

__all__ = ["STEP", "Work", "flush", "persistently"]

STEP: Final = 0.05
"""Seconds between two looks at what has happened meanwhile."""

_T = TypeVar("_T")


class Work(Generic[_T]):
    """A call in a thread of its own, and what became of it."""

    def __init__(self, function: Callable[[], _T]) -> None:
        self._function = function
        self._values: list[_T] = []
        self._error: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        """Make the call; in the thread."""
        try:
            self._values.append(self._function())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error
        finally:
            self.done.set()

    def result(self) -> _T:
        """Return what became of it, once `done` is set."""
        if self._error is not None:
            raise self._error
        return self._values[0]


def persistently(ask: Callable[..., _T], timeout: float) -> _T:
    """Ask again when a broker hangs up on the question, as one does that restarts."""
    from confluent_kafka import KafkaException

    until = time.monotonic() + timeout
    while True:
        try:
            return ask(timeout=max(until - time.monotonic(), 0.01))
        except KafkaException as error:
            if error.args[0].name() != "_TRANSPORT" or time.monotonic() + STEP >= until:
                raise
            time.sleep(STEP)


def flush(producer: "Producer", timeout: float) -> None:
    """Wait for the producer's queue in steps that Ctrl-C can end."""
    until = time.monotonic() + timeout
    while len(producer) and time.monotonic() < until:
        producer.flush(0.1)
