"""A blocking call in a thread of its own, for an answer that is looked at when it suits."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

__all__ = ["in_background"]

Result = TypeVar("Result")


def in_background(call: Callable[[], Result]) -> Future[Result]:
    """Make a call on a daemon thread: one that never answers keeps no program alive."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001  # raised where the result is asked for
            future.set_exception(error)
        else:
            future.set_result(result)

    Thread(target=run, name="flowodm-read", daemon=True).start()
    return future
