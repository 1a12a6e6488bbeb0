"""`Turns`: one at a time uses the consumer, for one step of a verb.

A verb is a generator that pauses wherever it has waited for a moment. Who waits runs its steps
one after the other; for an event loop, a thread runs them. Between two steps others have theirs.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias, TypeVar

from flowodm.subscription.ledger import Hold

__all__ = ["Steps", "Turns"]

R = TypeVar("R")
Steps: TypeAlias = Generator[None, None, R]


class Turns:
    """Who uses the consumer of a subscription, and in which thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Held for one step."""
        self._waiting = 0
        self._thread: ThreadPoolExecutor | None = None
        self._is_closed = False

    def drive(self, hold: Hold, steps: Steps[R]) -> R:
        """Run steps to their end, in this thread.

        Args:
            hold: What takes the messages; they come again when the end is not reached.
            steps: The verb.
        """
        is_over, result = False, None
        try:
            while not is_over:
                is_over, result = self._turn(steps)
        except BaseException:
            hold.is_doubtful = True
            raise
        return result  # type: ignore[return-value]  # the result of the last step

    async def adrive(self, hold: Hold, steps: Steps[R]) -> R:
        """Run steps to their end, in the thread for that; of a cancelled call, one may still run.

        Args:
            hold: What takes the messages; they come again when the end is not reached.
            steps: The verb.
        """
        is_over, result = False, None
        try:
            while not is_over:
                is_over, result = await self.in_thread(self._turn, steps)
        except BaseException:
            hold.is_doubtful = True
            raise
        return result  # type: ignore[return-value]  # the result of the last step

    async def in_thread(self, call: Callable[..., R], *arguments: Any) -> R:
        """Make a call in the one thread of ours; here, once that has ended."""
        if self._is_closed:
            return call(*arguments)
        return await asyncio.get_running_loop().run_in_executor(self._executor(), call, *arguments)

    def soon(self, call: Callable[..., object], *arguments: Any) -> None:
        """Make a call that needs the lock: now, or in the thread when somebody has it."""
        if self.lock.acquire(blocking=self._is_closed):
            try:
                call(*arguments)
            finally:
                self.lock.release()
        else:
            self._executor().submit(call, *arguments)

    def close(self) -> None:
        """Let the thread finish what it was given."""
        self._is_closed = True
        if self._thread is not None:
            self._thread.shutdown()

    def _executor(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="flowodm-consume")
        return self._thread

    def _turn(self, steps: Steps[R]) -> tuple[bool, R | None]:
        """Run one step; say whether it was the last, and then the result."""
        if not self.lock.acquire(blocking=False):
            self._waiting += 1
            self.lock.acquire()
            self._waiting -= 1
        try:
            next(steps)
        except StopIteration as stop:
            return True, stop.value
        finally:
            self.lock.release()
        if self._waiting:
            time.sleep(0.001)  # a lock goes to whoever asks first, and that would be us again
        return False, None
