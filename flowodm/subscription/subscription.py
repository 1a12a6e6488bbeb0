"""`Subscription`: the consume verbs, for callers who wait and for those on an event loop."""

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from flowodm.subscription.aio import AsyncRecordIterator
from flowodm.subscription.arguments import OnError, check_count, check_timeout, is_strict
from flowodm.subscription.batch import Batch
from flowodm.subscription.engine import NOTHING, Clock, Engine
from flowodm.subscription.iterator import RecordIterator
from flowodm.subscription.ledger import Hold

if TYPE_CHECKING:
    from confluent_kafka import Message

__all__ = ["Subscription"]

T = TypeVar("T")

_COMMIT: Final = 10.0


class Subscription(Engine[T]):
    """One consumer of one topic as a member of one group; threads and tasks may share it.

    The consumer is made when the first record is asked for. A record is done when its owner asks
    for the next one: the thread, the task for the async verbs, or the iterator that gave it.
    """

    def consume_one(self, timeout: float = 1.0, *, on_error: OnError = "raise") -> Any:
        """Take the next record; what this thread took before is done.

        Args:
            timeout: Seconds to wait for one, from when the group has given us partitions.
            on_error: Raise what cannot be decoded, and stay there; or give it as a value.

        Returns:
            The value; None when nothing came in time.

        Raises:
            DeserializationError: The record cannot be decoded; the next call says so again.
            RegistryError: Its schema cannot be had; the next call tries again.
            BrokerError: The cluster does not answer, or refuses.
        """
        check_timeout(timeout)
        hold, strict = self._mine(), is_strict(on_error)
        try:
            with self.turns.lock:
                value = self.at_hand(hold, strict)
        except BaseException:
            hold.is_doubtful = True  # nobody has got what was taken
            raise
        if value is NOTHING:
            value = self.turns.drive(hold, self.one(hold, Clock(timeout), strict))
        return None if value is NOTHING else value

    def consume_iter(
        self,
        timeout: float = 1.0,
        *,
        max_messages: int | None = None,
        stop_when_idle: bool = False,
        on_error: OnError = "raise",
    ) -> RecordIterator[T]:
        """Iterate over the records; each is done when the next is asked for.

        Args:
            timeout: Seconds without a record after which the iterator ends, if it is to.
            max_messages: After how many records it ends.
            stop_when_idle: End when nothing comes; else it waits for ever.
            on_error: Raise what cannot be decoded, and stay there; or give it as a value.
        """
        return RecordIterator(
            self,
            threading.current_thread(),
            timeout,
            max_messages=max_messages,
            stop_when_idle=stop_when_idle,
            on_error=on_error,
        )

    def consume_batch(
        self, max_messages: int, timeout: float = 1.0, *, on_error: OnError = "raise"
    ) -> Batch[Any]:
        """Take up to so many records; what this thread took before is done.

        Args:
            max_messages: How many at most.
            timeout: Seconds to wait for them all, from when the group has given us partitions.
            on_error: Raise what cannot be decoded when it is the first, and end before it when
                it is not; or give it as a value.

        Returns:
            What came in time, perhaps nothing.

        Raises:
            FlowODMError: As of `consume_one`.
        """
        check_count(max_messages)
        hold, clock, strict = self._mine(), Clock(timeout), is_strict(on_error)
        steps = self.batch(hold, clock, strict, max_messages, self.acknowledge)
        return self.turns.drive(hold, steps)

    def commit(self, timeout: float = _COMMIT) -> None:
        """Store that what this thread took is done; return when the broker has it.

        Args:
            timeout: Seconds to wait for the broker.

        Raises:
            BrokerError: The broker does not have it: it did not answer, or the partitions are
                another member's by now.
        """
        check_timeout(timeout)
        hold = self._mine()
        self.turns.drive(hold, self.commitment(hold, timeout))

    async def aconsume_one(self, timeout: float = 1.0, *, on_error: OnError = "raise") -> Any:
        """Take the next record, as `consume_one` does; what this task took before is done."""
        check_timeout(timeout)
        hold, strict = self.ledger.hold_of(_task()), is_strict(on_error)
        value = self.at_once(hold, strict)
        if value is NOTHING:
            value = await self.turns.adrive(
                hold, self.one(hold, Clock(timeout), strict, ahead=True)
            )
        return None if value is NOTHING else value

    def aconsume_iter(
        self,
        timeout: float = 1.0,
        *,
        max_messages: int | None = None,
        stop_when_idle: bool = False,
        on_error: OnError = "raise",
    ) -> AsyncRecordIterator[T]:
        """Iterate over the records, as `consume_iter` does, for `async for` and `async with`."""
        return AsyncRecordIterator(
            self,
            _task() if asyncio._get_running_loop() else None,
            timeout,
            max_messages=max_messages,
            stop_when_idle=stop_when_idle,
            on_error=on_error,
        )

    async def aconsume_batch(
        self, max_messages: int, timeout: float = 1.0, *, on_error: OnError = "raise"
    ) -> Batch[Any]:
        """Take up to so many records, as `consume_batch` does."""
        check_count(max_messages)
        hold, strict = self.ledger.hold_of(_task()), is_strict(on_error)
        clock = Clock(timeout)
        steps = self.batch(hold, clock, strict, max_messages, self._acknowledge_soon)
        return await self.turns.adrive(hold, steps)

    async def acommit(self, timeout: float = _COMMIT) -> None:
        """Commit what this task took, as `commit` does."""
        check_timeout(timeout)
        hold = self.ledger.hold_of(_task())
        await self.turns.adrive(hold, self.commitment(hold, timeout))

    def _acknowledge_soon(self, hold: Hold, messages: "list[Message]") -> None:
        self.turns.soon(self.acknowledge, hold, messages)

    def _mine(self) -> Hold:
        return self.ledger.hold_of(threading.current_thread())


def _task() -> "asyncio.Task[Any]":
    task = asyncio.current_task()
    assert task is not None
    return task
