"""`AsyncRecordIterator`: one record after the other on an event loop, which waits for none of them.

A thread of the engine's own runs the steps. What is decoded already is handed out without it.
"""

import asyncio
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from flowodm.subscription.engine import NOTHING
from flowodm.subscription.iterator import END, Iteration

__all__ = ["AsyncRecordIterator"]

T = TypeVar("T")

_BREATH: Final = 0.01
"""Seconds after which others on the event loop have their turn, however much is at hand."""


class AsyncRecordIterator(Iteration[T]):
    """Records of a subscription, for `async for` and `async with`.

    Under `async with`, leaving by `break` or at the end says that the current record is done, and
    an exception, a cancellation too, that it is not. Without it, the record at which an iterator
    is dropped comes again.
    """

    _breath = 0.0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._left <= 0:
            await self._end_soon(True)
            raise StopAsyncIteration
        if monotonic() >= self._breath:
            await asyncio.sleep(0)
            self._breath = monotonic() + _BREATH
        value: Any = NOTHING
        if self._lock.acquire(False):  # nobody uses the consumer; written out, for its speed
            try:
                value = self._at_hand(self._hold, self._is_strict, False)
            finally:
                self._lock.release()
        if value is NOTHING:
            value = await self._engine.turns.adrive(self._hold, self._wait(ahead=True))
            self._breath = monotonic() + _BREATH
        if value is END:
            await self._end_soon(True)
            raise StopAsyncIteration
        self._left -= 1
        return value  # type: ignore[no-any-return]  # NOTHING and END are sorted out

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._end_soon(kind is None)

    async def aclose(self) -> None:
        """End; the record at hand comes again."""
        await self._end_soon(False)

    async def _end_soon(self, is_done: bool) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self._end(is_done)
            finally:
                self._lock.release()
        else:
            await self._engine.turns.in_thread(self._end, is_done)
