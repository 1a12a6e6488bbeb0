"""`RecordIterator`: one record after the other, each done when the next is asked for.

A class, since a generator cannot tell `break` from an exception. What it shares with its async
sibling (`aio.py`) is `Iteration`.
"""

import math
import weakref
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from flowodm.subscription.arguments import OnError, check_count, check_timeout, is_strict
from flowodm.subscription.engine import NOTHING, Clock, Engine
from flowodm.subscription.ledger import Hold, Owner
from flowodm.subscription.turns import Steps

__all__ = ["END", "Iteration", "RecordIterator"]

T = TypeVar("T")

END: Final = object()


class Iteration(Generic[T]):
    """One run over a subscription's records.

    Args:
        engine: Whose records.
        maker: The thread or task that makes it; what it took before is done at the first record.
        timeout: Seconds without a record after which it ends, if it does.
        max_messages: After how many it ends.
        stop_when_idle: Whether it ends when nothing comes.
        on_error: What becomes of a record that cannot be decoded.
    """

    def __init__(
        self,
        engine: Engine[T],
        maker: "Owner | None",
        timeout: float,
        *,
        max_messages: int | None,
        stop_when_idle: bool,
        on_error: OnError,
    ) -> None:
        check_count(max_messages)
        check_timeout(timeout)
        self._engine = engine
        self._lock = engine.turns.lock
        self._at_hand = engine.at_hand
        before = None if maker is None else engine.ledger.hold_of(maker)
        self._hold = Hold(weakref.ref(self), before=before)
        self._timeout = timeout
        self._left = math.inf if max_messages is None else max_messages
        self._stops_when_idle = stop_when_idle
        self._is_strict = is_strict(on_error)

    def _wait(self, *, ahead: bool = False) -> Steps[Any]:
        """Take the next record, however long it takes to come; `END` when it is not to be long."""
        value = NOTHING
        while value is NOTHING:
            clock = Clock(
                self._timeout, is_endless=not self._stops_when_idle, to_end=self._stops_when_idle
            )
            value = yield from self._engine.one(self._hold, clock, self._is_strict, ahead=ahead)
            if value is NOTHING and self._stops_when_idle:
                return END
        return value

    def _end(self, is_done: bool) -> None:
        """Settle the record at hand, and take no more."""
        self._left = 0
        ledger, hold = self._engine.ledger, self._hold
        with self._lock:
            ledger.finish(hold) if is_done else ledger.put_back(hold)
            ledger.remove(hold)


class RecordIterator(Iteration[T]):
    """Records of a subscription, for `for` and `with`.

    Under `with`, leaving by `break` or at the end says that the current record is done, and an
    exception that it is not. Without `with`, the record at which an iterator is dropped comes
    again.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        if self._left <= 0:
            self._end(True)
            raise StopIteration
        try:
            with self._lock:
                value = self._at_hand(self._hold, self._is_strict)
        except BaseException:
            self._hold.is_doubtful = True  # nobody has got what was taken
            raise
        if value is NOTHING:
            value = self._engine.turns.drive(self._hold, self._wait())
        if value is END:
            self._end(True)
            raise StopIteration
        self._left -= 1
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
