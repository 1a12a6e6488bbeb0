"""`Engine`: the membership of one topic and one group, and the verbs as steps.

Each verb is written once: a generator that pauses wherever it has waited for a moment. The caller's
thread runs the steps one after the other, or for an event loop a thread of their own does; that is
`subscription.py`. Between two steps others have their turn.
"""

import os
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from flowodm.connection.kafka import PATIENCE
from flowodm.errors import BrokerError, DeserializationError, RegistryError, UsageError
from flowodm.record import Undecodable
from flowodm.settings import BaseSettings, profile_of
from flowodm.subscription.arguments import check_timeout
from flowodm.subscription.batch import Batch
from flowodm.subscription.configuration import consumer_config
from flowodm.subscription.intake import Intake
from flowodm.subscription.ledger import Hold, Ledger
from flowodm.subscription.shelf import Shelf
from flowodm.subscription.topic import check_topic
from flowodm.subscription.turns import Steps, Turns

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

    from flowodm.connection import KafkaConnection

__all__ = ["NOTHING", "Batch", "Clock", "Engine", "Steps", "unreadable"]

T = TypeVar("T")

NOTHING: Final = object()
"""No record is at hand, or none came in time."""
_STEP: Final = 0.1
"""Seconds of one wait, and so the longest that an interrupt or another's turn is kept waiting."""
_CLOSE: Final = 5.0
_SOON: Final = 0.005
"""Seconds of the first wait for an answer of the cluster; later ones are longer."""
_ENDS: Final = "enable.partition.eof"
_COMMIT: Final = 10.0


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
        decode_at_once: Does so without waiting for anything; None where it would have to. An event
            loop calls it.
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
        decode_at_once: "Callable[[Message], T | Undecodable | None] | None" = None,
        settings: BaseSettings | type[BaseSettings] | None = None,
        make_consumer: "Callable[[Mapping[str, Any]], Consumer] | None" = None,
    ) -> None:
        self._connection = connection
        self.topic = topic
        self.group_id = group_id
        self.settings = profile_of(settings)
        self._make_consumer = make_consumer or connection.consumer
        self.shelf: Shelf[T] = Shelf(decode, decode_at_once)
        self.ledger = Ledger(topic, self.shelf)
        self.turns = Turns()
        self._intake: Intake | None = None
        self._leave: weakref.finalize[..., Any] | None = None
        self._is_closed = False
        self._owner = os.getpid()

    def __repr__(self) -> str:
        return f"<Subscription {self.topic} of {self.group_id}>"

    def one(
        self, hold: Hold, clock: "Clock", is_strict: bool, *, ahead: bool = False
    ) -> Steps[Any]:
        """Take one record, when what is held is settled; `NOTHING` when none came in time.

        Args:
            hold: Takes it.
            clock: How long to wait.
            is_strict: Whether to raise what cannot be decoded.
            ahead: Whether to take and decode some more, for a caller that cannot wait.
        """
        self.ledger.settle(hold)
        while (value := self.take(hold, is_strict)) is NOTHING:
            if not (yield from self.filled(hold, clock, ahead=ahead)):
                return NOTHING
        if ahead:
            self.shelf.prepare()
        return value

    def batch(
        self,
        hold: Hold,
        clock: "Clock",
        is_strict: bool,
        max_messages: int,
        acknowledge: "Callable[[Hold, list[Message]], None]",
    ) -> Steps[Batch[Any]]:
        """Take several, when what is held is settled; fewer when no more came in time."""
        self.ledger.settle(hold)
        values: list[Any] = []
        try:
            while len(values) < max_messages:
                if (value := self.take(hold, is_strict)) is not NOTHING:
                    values.append(value)
                elif not (yield from self.filled(hold, clock, is_known=bool(values))):
                    break
        except (DeserializationError, RegistryError):
            if not values:
                raise
            # else it comes up again when it is the first
        self.ledger.plain = None  # what is held is more than one
        return Batch(values, partial(acknowledge, hold, hold.messages[:]))

    def commitment(self, hold: Hold, timeout: float) -> Steps[None]:
        """Commit; see `commit`."""
        yield from ()  # one step, and steps all the same
        self.ledger.settle(hold)
        if self._intake is not None:
            self._intake.commit(timeout)

    def filled(
        self, hold: Hold, clock: "Clock", *, is_known: bool = False, ahead: bool = False
    ) -> Steps[bool]:
        """Wait until a record is here for `hold`; False when none came in time.

        Args:
            hold: For which.
            clock: How long.
            is_known: Whether the caller has heard from the cluster, so that it need not be asked.
            ahead: Whether to take some more.

        Raises:
            BrokerError: None came, and the cluster does not answer.
        """
        wait = 0.0
        while True:
            intake = self._opened()
            if not self.shelf:
                self.ledger.relax()
            if not self.shelf or monotonic() >= self.shelf.due:
                self._step(intake, wait, ahead=ahead)
            if self.shelf:
                self.ledger.enter(hold)  # others may have had their turn since it was settled
                return True
            left = clock.left(is_running=intake.is_member)
            if left is None:
                self._check_patience(intake, clock)
            elif left <= 0 and (is_known or clock.is_over(intake)):
                intake.tell_of_others()
                return False
            yield
            wait = _STEP if left is None else min(max(left, -left, _SOON), _STEP)

    def at_hand(self, hold: Hold, is_strict: bool, may_wait: bool = True) -> Any:
        """Settle what is held, and take the next record if it is here: the way of nearly all."""
        ledger = self.ledger
        if ledger.plain is not hold or hold.is_doubtful:
            ledger.settle(hold)
        elif hold.messages:
            ledger.store(hold.messages.pop())
        return self.take(hold, is_strict, may_wait)

    def at_once(self, hold: Hold, is_strict: bool) -> Any:
        """Do as `at_hand` without any wait: if nobody uses the consumer, and a schema is known."""
        if not self.turns.lock.acquire(blocking=False):
            return NOTHING
        try:
            return self.at_hand(hold, is_strict, False)
        finally:
            self.turns.lock.release()

    def take(self, hold: Hold, is_strict: bool, may_wait: bool = True) -> Any:
        """Take the next record if it is here and no poll is due; else `NOTHING`.

        Raises:
            DeserializationError: It cannot be decoded; it stays where it is.
            RegistryError: Its schema cannot be had; it stays where it is.
        """
        shelf = self.shelf
        if monotonic() >= shelf.due:
            return NOTHING
        source: deque[Any]
        value: Any
        if source := shelf.ready:
            message, value = source[0]
        elif source := shelf.raw:
            message = source[0]
            try:
                value = shelf.decode_at_once(message)
            except (SystemError, UnicodeDecodeError):
                message.set_headers([])  # names that are not UTF-8
                value = None
            if value is None:
                if not may_wait:
                    return NOTHING
                value = shelf.decode(message)
        else:
            return NOTHING
        if is_strict and type(value) is Undecodable:
            raise unreadable(message, value)
        hold.messages.append(message)  # before it leaves the shelf: an interrupt repeats it
        source.popleft()
        return value

    def acknowledge(self, hold: Hold, messages: "list[Message]") -> None:
        """Say that a batch is done, unless more was asked for since."""
        with self.turns.lock:
            if hold.messages and hold.messages[-1] in messages:
                self.ledger.finish(hold)

    def close(self, timeout: float = _CLOSE) -> None:
        """Commit what is stored and leave the group; what is in work is not done.

        Args:
            timeout: Seconds to wait for the broker.
        """
        self._is_closed = True
        self.turns.close()
        with self.turns.lock:
            self._let_go(timeout)

    def use(
        self,
        settings: BaseSettings | type[BaseSettings],
        make_consumer: "Callable[[Mapping[str, Any]], Consumer] | None" = None,
    ) -> None:
        """Go on with another profile: a new member takes over; what is in work comes again."""
        profile = profile_of(settings)
        with self.turns.lock:
            if profile != self.settings:
                self._let_go(_CLOSE)
                self.settings = profile
                self._make_consumer = make_consumer or self._connection.consumer

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
        self._connection.check_change("consume", self.topic)
        config = consumer_config(self._connection, self.group_id, self.settings)
        check_topic(self._connection, self.topic)
        said = self._connection.context.client_config("consumer")
        config = {_ENDS: said.get(_ENDS, "true"), **config}
        is_ours = self._make_consumer == self._connection.consumer
        consumer = self._make_consumer(config)
        self.ledger.use(consumer)
        intake = Intake(
            self._connection,
            consumer,
            self.topic,
            said | config,
            most=self.settings.max_poll_records,
            is_told_ends=is_ours and str(config[_ENDS]).lower() == "true",
            shelf=self.shelf,
            ledger=self.ledger,
        )
        # a member that nobody has any more leaves; at the end of the program all do
        self._leave = weakref.finalize(self, intake.membership.leave)
        self._leave.atexit = False
        return intake

    def _step(self, intake: Intake, wait: float, *, ahead: bool) -> None:
        try:
            intake.step(wait, ahead=ahead)
        except BrokerError:
            self._let_go(0.0)  # the next call begins anew: what was wrong may be cured
            raise

    def _let_go(self, timeout: float) -> None:
        intake, self._intake = self._intake, None
        self.ledger.use(None)
        self.shelf.due = 0.0
        if self._leave is not None:
            self._leave.detach()
            self._leave = None
        if intake is not None and self._owner == os.getpid():
            intake.close(timeout)

    def _check_patience(self, intake: Intake, clock: "Clock") -> None:
        """Give up waiting for the group to give us partitions.

        Raises:
            BrokerError: It has taken too long, or the cluster does not answer.
        """
        if clock.waits_for_assignment_too_long:
            intake.check_answers(clock.begun)  # else no answer looks like a slow group
        if intake.waited < self.settings.assignment_timeout:
            return
        waited = intake.waited
        intake.wait_anew()
        if (failure := self._connection.journal.worst()) is not None:
            if clock.is_endless and intake.has_joined:
                return
            from flowodm.connection.errors import unreachable

            raise unreachable(self._connection, failure, elapsed=waited)
        raise BrokerError(
            f"group `{self.group_id}` gave us no partitions of topic `{self.topic}` in"
            f" {waited:.0f} s",
            hint="another member may be at work, which holds up the group until it asks for its"
            " next record; `assignment_timeout` of the settings is how long to wait",
        )


class Clock:
    """Seconds that begin to run when there is something to wait for.

    Args:
        seconds: How many.
        is_endless: Whether who waits goes on afterwards, so that an outage only takes longer.
        to_end: Whether who waits ends for good, so that nothing may be left to read.
    """

    def __init__(self, seconds: float, *, is_endless: bool = False, to_end: bool = False) -> None:
        check_timeout(seconds)
        self._seconds = seconds
        self.is_endless = is_endless
        self._to_end = to_end
        self._until: float | None = None
        self.begun = monotonic()

    def left(self, *, is_running: bool) -> float | None:
        """Return the seconds that are left; None: they do not run yet."""
        if self._until is None:
            if not is_running:
                return None
            self._until = monotonic() + self._seconds
        return self._until - monotonic()

    def is_over(self, intake: Intake) -> bool:
        """Tell whether nothing came, and that is known; when the seconds are over.

        Raises:
            BrokerError: The cluster does not answer.
        """
        return self.is_endless or intake.is_quiet(self.begun, to_end=self._to_end)

    @property
    def waits_for_assignment_too_long(self) -> bool:
        """Whether the cluster is to be asked if it is there, since the group says nothing."""
        return not self.is_endless and monotonic() - self.begun > PATIENCE + self._seconds


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
