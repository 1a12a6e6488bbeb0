"""Both kinds of loops behind one interface, so that one suite runs over both."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flowodm import AsyncConsumerLoop, ConsumerLoop

__all__ = ["KINDS", "Kind", "running"]


class Kind:
    """One of the two."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def is_async(self) -> bool:
        return self.name == "async"

    def make(self, model: Any, handler: Callable[[Any], Any], **options: Any) -> Any:
        """A loop of a plain handler, whichever it wants; one record at a time by default."""
        if not self.is_async:
            return ConsumerLoop(model, handler, **options)
        # what blocks in a plain handler blocks a thread, and not the event loop
        return AsyncConsumerLoop(model, _awaitable(handler), **{"concurrency": 1, **options})

    def run(self, loop: Any, **options: Any) -> None:
        """Run it here, until it ends."""
        asyncio.run(loop.run(**options)) if self.is_async else loop.run(**options)


def _awaitable(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
    async def handle(value: Any) -> None:
        await asyncio.to_thread(handler, value)

    return handle


KINDS = (Kind("sync"), Kind("async"))


class Running:
    """A loop that runs in a thread."""

    def __init__(self, kind: Kind, loop: Any) -> None:
        self.loop = loop
        self.failure: BaseException | None = None
        self._kind = kind
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._kind.run(self.loop)
        except BaseException as error:
            self.failure = error

    def join(self, seconds: float = 60.0) -> None:
        """Wait for its end; what it raised is raised here."""
        self.thread.join(seconds)
        assert not self.thread.is_alive(), "the loop does not end"
        if self.failure is not None:
            raise self.failure


@contextmanager
def running(kind: Kind, loop: Any) -> Iterator[Running]:
    """Run a loop beside the block, and stop it in the end."""
    made = Running(kind, loop)
    made.thread.start()
    try:
        yield made
    finally:
        loop.stop()
        made.thread.join(60)
    made.join()
