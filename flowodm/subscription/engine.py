"""`Engine`: the membership of one topic and one group, and the verbs as steps.

Each verb is written once: a generator that pauses wherever it has waited for a moment. The caller's
thread runs the steps one after the other, or for an event loop a thread of their own does; that is
`subscription.py`. Between two steps others have their turn.
"""

import asyncio
import os
import threading
import time
import weakref
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeAlias, TypeVar

from flowodm.errors import BrokerError, DeserializationError, RegistryError, UsageError
from flowodm.record import Undecodable
from flowodm.settings import BaseSettings, profile_of
from flowodm.subscription.configuration import consumer_config
from flowodm.subscription.intake import Intake
from flowodm.subscription.ledger import Hold, Ledger
from flowodm.subscription.shelf import Shelf

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

    from flowodm.connection import KafkaConnection

__all__ = ["Batch", "Clock", "Engine", "OnError", "Steps", "check_count", "unreadable"]

OnError: TypeAlias = Literal["raise", "yield"]
"""What becomes of a record that cannot be decoded: an exception, or an `Undecodable`."""

T = TypeVar("T")
R = TypeVar("R")
Steps: TypeAlias = Generator[None, None, R]

_STEP: Final = 0.1
"""Seconds of one wait, and so the longest that an interrupt or another's turn is kept waiting."""
_CLOSE: Final = 10.0
_COMMIT: Final = 10.0


class Batch(list[T]):
    """Records that were taken together. They are done with `ack()`, or when more are asked for."""

    def __init__(self, values: list[T], acknowledge: Callable[[], None]) -> None:
        super().__init__(values)
        self._acknowledge = acknowledge

    def ack(self) -> None:
        """Say that all of them are done; once more is asked for, this says nothing any more."""
        self._acknowledge()


class Engine(Generic[T]):
    """One consumer of one topic as a member of one group; threads may share it.

    The consumer is made when the first record is asked for. A record is done when its owner asks
    for the next: the thread (the task, for the async verbs), or the iterator that gave it.

    Args:
        connection: The cluster.
        topic: The topic.
        group_id: The group.
        decode: Makes a value of a message: an `Undecodable` of a bad one; it raises a
            `RegistryError` in an outage, and the position stays.
        settings: The profile; None for `BaseSettings`.
        make_consumer: Makes the consumer of librdkafka's configuration, that it subscribes to
            nothing yet; the connection's own when absent.
    """

    def __init__(
        self,
        connection: "KafkaConnection",
        topic: str,
        group_id: str,
        *,
        decode: "Callable[[Message], T | Undecodable]",
        settings: BaseSettings | type[BaseSettings] | None = None,
        make_consumer: "Callable[[Mapping[str, Any]], Consumer] | None" = None,
    ) -> None:
        self._connection = connection
        self.topic = topic
        self.group_id = group_id
        self.settings = profile_of(settings)
        self._make_consumer = make_consumer or connection.consumer
        self.shelf: Shelf[T] = Shelf(decode)
        self.ledger = Ledger(topic, self.shelf)
        self.lock = threading.RLock()
        """Held by whoever uses the consumer, for one step."""
        self._waiting = 0
        self._intake: Intake | None = None
        self._leave: weakref.finalize[..., Any] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._is_closed = False
        self._owner = os.getpid()

    def __repr__(self) -> str:
        return f"<Subscription {self.topic} of {self.group_id}>"

    @property
    def due(self) -> float:
        """When the consumer must be polled again, on the monotonic clock; 0: at once."""
        return 0.0 if self._intake is None else self._intake.due

    def one(self, hold: Hold, timeout: float, on_error: OnError) -> Steps[Any]:
        """Take one record; see `consume_one`."""
        self.ledger.settle(hold)
        if not (yield from self.filled(Clock(timeout))):
            return None
        return self.take(hold, on_error)

    def batch(
        self,
        hold: Hold,
        max_messages: int,
        timeout: float,
        on_error: OnError,
        acknowledge: "Callable[[Hold, list[Message]], None]",
    ) -> Steps[Batch[Any]]:
        """Take several; see `consume_batch`."""
        self.ledger.settle(hold)
        values: list[Any] = []
        clock = Clock(timeout)
        try:
            while len(values) < max_messages and (yield from self.filled(clock)):
                values.append(self.take(hold, on_error))
        except (DeserializationError, RegistryError):
            if not values:
                raise
        return Batch(values, partial(acknowledge, hold, hold.messages[:]))

    def commitment(self, hold: Hold, timeout: float) -> Steps[None]:
        """Commit; see `commit`."""
        yield from ()  # one step, and steps all the same
        if not hold.messages and (other := self.ledger.last_given()) is not None:
            hold = other
        self.ledger.finish(hold)
        if self._intake is not None:
            self._intake.commit(timeout)

    def filled(self, clock: "Clock") -> Steps[bool]:
        """Wait until a record is ready; False when none came in time."""
        wait = 0.0
        while True:
            intake = self._opened()
            if not self.shelf.ready or monotonic() >= intake.due:
                if not self.shelf:
                    self.ledger.relax()
                self._step(intake, wait)
                self.shelf.prepare()
            if self.shelf.ready:
                return True
            left = clock.left(is_running=intake.is_member)
            if left is None:
                self._check_patience(intake)
            elif left <= 0:
                return False
            yield
            wait = _STEP if left is None else min(left, _STEP)

    def take(self, hold: Hold, on_error: OnError) -> Any:
        """Hand out the record that is ready.

        Raises:
            DeserializationError: It could not be decoded; it stays where it is.
        """
        message, value = self.shelf.ready[0]
        if on_error == "raise" and type(value) is Undecodable:
            raise unreadable(message, value)
        hold.messages.append(message)  # before it leaves the shelf: an interrupt repeats it
        self.shelf.ready.popleft()
        return value

    def acknowledge(self, hold: Hold, messages: "list[Message]") -> None:
        """Say that a batch is done, unless more was asked for since."""
        with self.lock:
            if hold.messages and hold.messages[-1] in messages:
                self.ledger.finish(hold)

    def close(self, timeout: float = _CLOSE) -> None:
        """Commit what is stored and leave the group; what is in work is not done.

        Args:
            timeout: Seconds to wait for the broker.
        """
        with self.lock:
            self._is_closed = True
            self._let_go(timeout)
        if self._thread is not None:
            self._thread.shutdown(wait=False)

    def use(
        self,
        settings: BaseSettings | type[BaseSettings],
        make_consumer: "Callable[[Mapping[str, Any]], Consumer] | None" = None,
    ) -> None:
        """Go on with another profile: a new member takes over; what is in work comes again."""
        profile = profile_of(settings)
        with self.lock:
            if profile != self.settings:
                self._let_go(_CLOSE)
                self.settings = profile
                self._make_consumer = make_consumer or self._connection.consumer

    def turn(self, steps: Steps[R]) -> tuple[bool, R | None]:
        """Run one step; whether it was the last, and then the result."""
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

    def drive(self, hold: Hold, steps: Steps[R]) -> R:
        """Run steps to their end, in this thread."""
        is_over, result = False, None
        try:
            while not is_over:
                is_over, result = self.turn(steps)
        except BaseException:
            hold.is_doubtful = True  # nobody has got what these steps have taken
            raise
        return result  # type: ignore[return-value]  # the result of the last step

    async def adrive(self, hold: Hold, steps: Steps[R]) -> R:
        """Run steps to their end, in the thread for that."""
        is_over, result = False, None
        try:
            while not is_over:
                is_over, result = await self.in_thread(self.turn, steps)
        except BaseException:
            hold.is_doubtful = True  # a cancelled call: a step may still run, and take
            raise
        return result  # type: ignore[return-value]  # the result of the last step

    async def in_thread(self, call: Callable[..., R], *arguments: Any) -> R:
        """Make a call in the one thread of ours."""
        return await asyncio.get_running_loop().run_in_executor(self._executor(), call, *arguments)

    def hold_of_task(self) -> Hold:
        """Return what the running task holds."""
        task = asyncio.current_task()
        assert task is not None
        return self.ledger.hold_of(task)

    def acknowledge_soon(self, hold: Hold, messages: "list[Message]") -> None:
        """Say that a batch is done, in the thread."""
        self._executor().submit(self.acknowledge, hold, messages)

    def _executor(self) -> ThreadPoolExecutor:
        if self._is_closed:
            raise self._closed()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="flowodm-consume")
        return self._thread

    def _closed(self) -> UsageError:
        return UsageError(
            f"the connection of topic `{self.topic}`, group `{self.group_id}` was closed",
            hint="ask for records anew; that connects again",
        )

    def _opened(self) -> Intake:
        if self._owner != os.getpid():
            raise UsageError(
                f"{self!r} was made in another process, before a fork",
                hint="ask for records anew in this one",
            )
        if self._is_closed:
            raise self._closed()
        if self._intake is None:
            self._intake = self._open()
        return self._intake

    def _open(self) -> Intake:
        """Become a member of the group; the topic must be there."""
        from flowodm.producer import count_partitions

        self._connection.check_change("consume", self.topic)
        config = consumer_config(self._connection, self.group_id, self.settings)
        count_partitions(self._connection, self.topic)
        consumer = self._make_consumer(config)
        self.ledger.consumer = consumer
        self._leave = weakref.finalize(self, _leave, consumer, os.getpid())
        return Intake(
            self._connection,
            consumer,
            self.topic,
            self._connection.context.client_config("consumer") | config,
            most=self.settings.max_poll_records,
            shelf=self.shelf,
            ledger=self.ledger,
        )

    def _step(self, intake: Intake, wait: float) -> None:
        try:
            intake.step(wait)
        except BrokerError:
            self._let_go(0.0)  # the next call begins anew: what was wrong may be cured
            raise

    def _let_go(self, timeout: float) -> None:
        intake, self._intake = self._intake, None
        self.ledger.consumer = None
        if self._leave is not None:
            self._leave.detach()
            self._leave = None
        if intake is not None and self._owner == os.getpid():
            intake.close(timeout)

    def _check_patience(self, intake: Intake) -> None:
        """Give up waiting for the group to give us partitions.

        Raises:
            BrokerError: It has taken too long.
        """
        if intake.waited < self.settings.assignment_timeout:
            return
        waited = intake.waited
        self._let_go(0.0)
        if (failure := self._connection.journal.worst()) is not None:
            from flowodm.connection.errors import unreachable

            raise unreachable(self._connection, failure, elapsed=waited)
        raise BrokerError(
            f"group `{self.group_id}` gave us no partitions of topic `{self.topic}` in"
            f" {waited:.0f} s",
            hint="another member may be at work, which holds up the group until it asks for its"
            " next record; `assignment_timeout` of the settings is how long to wait",
        )


class Clock:
    """Seconds that begin to run when there is something to wait for."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None

    def left(self, *, is_running: bool) -> float | None:
        """Return the seconds that are left; None: they do not run yet."""
        if self._until is None:
            if not is_running:
                return None
            self._until = monotonic() + self._seconds
        return self._until - monotonic()


def check_count(max_messages: int | None) -> None:
    """Refuse a number of records that is none.

    Raises:
        UsageError: It is less than one.
    """
    if max_messages is not None and max_messages < 1:
        raise UsageError(f"`max_messages` is at least 1, not {max_messages}")


def unreadable(message: "Message", bad: Undecodable) -> DeserializationError:
    """Make the error for a record that cannot be decoded."""
    schema = "" if bad.schema_id is None else f", schema id {bad.schema_id}"
    return DeserializationError(
        f"the record of topic `{message.topic()}`, partition {message.partition()}, offset"
        f" {message.offset()}{schema} cannot be read: {bad.error}",
        path=bad.path,
        position=bad.position,
        schema_id=bad.schema_id,
        hint='the position stays on it; `on_error="yield"` gives it as a value and goes on',
    )


def _leave(consumer: "Consumer", owner: int) -> None:
    """Leave the group when the program ends, or nobody has the subscription any more."""
    if owner == os.getpid():
        consumer.close()
