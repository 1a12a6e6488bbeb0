"""`RecordIterator`: one record after the other, each done when the next is asked for.

A class, since a generator cannot tell `break` from an exception. What it shares with its async
sibling (`aio.py`) is `Iteration`.
"""

import math
import weakref
from time import monotonic
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from flowodm.record import Undecodable
from flowodm.subscription.engine import (
    Clock,
    Engine,
    OnError,
    Steps,
    check_count,
    unreadable,
)
from flowodm.subscription.ledger import Hold

__all__ = ["END", "NOTHING", "Iteration", "RecordIterator"]

T = TypeVar("T")

NOTHING: Final = object()
"""Nothing is at hand: ask the consumer."""
END: Final = object()


class Iteration(Generic[T]):
    """One run over a subscription's records.

    Args:
        engine: Whose records.
        timeout: Seconds without a record after which it ends, if it does.
        max_messages: After how many it ends.
        stop_when_idle: Whether it ends when nothing comes.
        on_error: What becomes of a record that cannot be decoded.
    """

    def __init__(
        self,
        engine: Engine[T],
        timeout: float,
        *,
        max_messages: int | None,
        stop_when_idle: bool,
        on_error: OnError,
    ) -> None:
        check_count(max_messages)
        self._engine = engine
        self._ledger = engine.ledger
        self._ready = engine.shelf.ready
        self._timeout = timeout
        self._left = math.inf if max_messages is None else max_messages
        self._stops_when_idle = stop_when_idle
        self._is_strict = on_error == "raise"
        self._hold = Hold(weakref.ref(self))

    def _next_at_hand(self) -> Any:
        """Take the next record if it is here and decoded; the last one is done in any case."""
        hold, ledger = self._hold, self._ledger
        if ledger.plain is not hold or hold.is_doubtful:
            ledger.settle(hold)
        elif hold.messages:
            ledger.store(hold.messages[0])
            hold.messages.clear()
        if self._left <= 0:
            return END
        if not self._ready or monotonic() >= self._engine.due:
            return NOTHING
        message, value = self._ready[0]
        if type(value) is Undecodable and self._is_strict:
            raise unreadable(message, value)
        hold.messages.append(message)  # before it leaves the shelf: an interrupt repeats it
        self._ready.popleft()
        self._left -= 1
        return value

    def _next_in_time(self) -> Steps[Any]:
        while True:
            if (value := self._next_at_hand()) is not NOTHING:
                return value
            is_filled = yield from self._engine.filled(Clock(self._timeout))
            if not is_filled and self._stops_when_idle:
                return END

    def _end(self, is_done: bool) -> None:
        """Settle the record at hand, and take no more."""
        self._left = 0
        with self._engine.lock:
            if is_done and not self._hold.is_doubtful:
                self._ledger.finish(self._hold)
            self._ledger.put_back(self._hold)
            self._ledger.remove(self._hold)


class RecordIterator(Iteration[T]):
    """Records of a subscription, for `for` and `with`.

    Under `with`, leaving by `break` or at the end says that the current record is done, and an
    exception that it is not. Without `with`, the record at which an iterator is dropped comes
    again.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        with self._engine.lock:
            value = self._next_at_hand()
        if value is NOTHING:
            value = self._engine.drive(self._hold, self._next_in_time())
        if value is END:
            raise StopIteration
        return value  # type: ignore[no-any-return]  # NOTHING and END are sorted out

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(kind is None)

    def close(self) -> None:
        """End; the record at hand comes again."""
        self._end(False)
