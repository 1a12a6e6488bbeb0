"""Waiting for librdkafka without being deaf: calls in threads, repeated questions, short steps."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

    from confluent_kafka import Producer

__all__ = ["STEP", "flush", "in_thread", "persistently"]

STEP: Final = 0.05
"""Seconds between two looks at what has happened meanwhile."""

_T = TypeVar("_T")


def in_thread(function: Callable[[], _T]) -> "Future[_T]":
    """Make a call in a thread of its own, which does not hold up the end of the process."""
    from concurrent.futures import Future

    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name="flowodm-call", daemon=True).start()
    return future


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
