"""`Producer`: the verbs. Waiting in an event loop is in `aio.py`, the poller's thread in `poller.py`."""

import asyncio
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from flowodm.connection.waiting import flush
from flowodm.errors import DeliveryTimeout, FlowODMError, TopicNotFound, UsageError
from flowodm.producer import aio, many
from flowodm.producer.config import settled
from flowodm.producer.delivery import Delivery, Outcome, Outgoing, Report, delivery_of
from flowodm.producer.failures import LOGGER, expired, failure
from flowodm.producer.poller import Poller
from flowodm.producer.targets import check_partition, count_partitions
from flowodm.record import Headers

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message
    from confluent_kafka import Producer as Client

    from flowodm.connection import KafkaConnection

__all__ = ["Producer"]

_STEP: Final = 0.1
"""Seconds between two looks at a queue; Ctrl-C is heard in between."""
_ROOM: Final = 0.01
"""Seconds between two looks at a full one."""
_SENDS_A_POLL: Final = 128
_CLOSE: Final = 10.0
_PATIENCE: Final = 4.0


class Producer:
    """Sends records and tells what becomes of them; threads, tasks and event loops may share it.

    `send` leaves it to the caller to `wait` or `flush`; `deliver` and the other verbs take their
    reports in by themselves, in a thread that starts when first needed. Close it, or use `with`.
    A forked child gets a client of its own.

    Args:
        connection: The cluster.
        config: librdkafka's keys for this producer; they win over the context's.
        client: A client of the caller's own to send with, in place of one made here.
        background: Whether `send` too has its reports taken in by the thread. A failure that
            has no `on_delivery` is then logged.
    """

    def __init__(
        self,
        connection: "KafkaConnection",
        *,
        config: Mapping[str, Any] | None = None,
        client: "Client | None" = None,
        background: bool = False,
    ) -> None:
        from confluent_kafka import KafkaException

        self.connection = connection
        self._config = dict(config or {})
        self._is_borrowed = client is not None
        self._background = background
        self._refused: type[Exception] = KafkaException
        self._sends = 0
        self.delivered = 0
        """Records of `send` that the broker has acknowledged."""
        self.failed = 0
        """Records of `send` that were not delivered, those that `cancel` took back included."""
        self.last_error: FlowODMError | None = None
        """Why the last of them was not."""
        self._forget()
        self._poller: Poller | None = self._serve(client or self._make())
        _ALIVE.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.flush()
        else:
            self.cancel()
        self._live().end(_STEP)

    @property
    def client(self) -> "Client":
        """The client underneath, which everyone here shares: for what is not offered here."""
        return self._live().client

    @property
    def outstanding(self) -> int:
        """Records that were sent and have no report yet."""
        return 0 if self._poller is None else _open(self._poller.client)

    def check_topic(self, topic: str, *, operation: str = "produce") -> int:
        """Make sure, once, that a topic may be written to and is there; nothing is created.

        Args:
            topic: The topic.
            operation: What is about to be done, as a user would say it.

        Returns:
            The number of its partitions.

        Raises:
            ChangeRefused: The context is read-only, or this is another cluster than it is for.
            TopicNotFound: There is no such topic.
            BrokerUnreachable: No broker answers.
        """
        count = self._partitions.get(topic)
        return self._learn(topic, operation=operation) if count is None else count

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        headers: Headers = (),
        partition: int | None = None,
        timestamp: int | None = None,
        on_delivery: Callable[[Outcome], None] | None = None,
    ) -> None:
        """Hand a record over for delivery; waits while the queue is full.

        Args:
            topic: Where to.
            key: Its bytes; None for none.
            value: Its bytes; None for a tombstone.
            headers: Names and values.
            partition: Where to in the topic; None lets the key decide.
            timestamp: Milliseconds since the epoch; None is now.
            on_delivery: Called once with the outcome, in whichever thread gets the report.

        Raises:
            UsageError: No such partition, or a timestamp that cannot be sent.
            TopicNotFound: There is no such topic.
            DeliveryError: The record is refused at once: it is too large.
        """
        record = Outgoing(topic, key, value, headers, partition, timestamp)
        self._enqueue(record, partial(self._report, on_delivery))
        if self._background:
            self._live().wake()

    def deliver(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        headers: Headers = (),
        partition: int | None = None,
        timestamp: int | None = None,
        timeout: float = 10.0,
    ) -> Delivery:
        """Send a record and wait until the broker has acknowledged it, and for no other record.

        Args:
            topic: Where to.
            key: Its bytes; None for none.
            value: Its bytes; None for a tombstone.
            headers: Names and values.
            partition: Where to in the topic; None lets the key decide.
            timestamp: Milliseconds since the epoch; None is now.
            timeout: Seconds to wait at most.

        Raises:
            DeliveryTimeout: Time is up; unless it says otherwise the record may still land.
            DeliveryError: The record was refused, or given up.
            UsageError: No such partition, a timestamp that cannot be sent, or called in a
                delivery callback, which would wait for itself.
            TopicNotFound: There is no such topic.
            BrokerUnreachable: The topic is not known yet, and no broker answers.
        """
        until = time.monotonic() + timeout
        poller, inbox = self._live(), SimpleQueue[Outcome]()
        if poller.is_here():
            raise UsageError("a delivery callback cannot wait for a delivery", hint="use `send`")
        poller.awaited.add(inbox)
        try:
            record = Outgoing(topic, key, value, headers, partition, timestamp)
            if not self._enqueue(record, partial(self._settle, inbox.put), until):
                raise expired(topic, timeout, self.connection, is_queued=False)
            poller.wake()
            outcome = inbox.get(timeout=max(until - time.monotonic(), 0))
        except Empty:
            raise expired(topic, timeout, self.connection) from None
        finally:
            poller.awaited.discard(inbox)
        if isinstance(outcome, FlowODMError):
            raise outcome
        return outcome

    def deliver_many(self, records: Iterable[Outgoing]) -> list[Outcome]:
        """Send records one after the other and wait until each has its outcome.

        What concerns one record is its outcome. What an iterable raises passes through; the
        records before it are on their way.

        Args:
            records: What to send; taken as fast as the queue has room.

        Returns:
            What became of each, in their order.

        Raises:
            TopicNotFound: There is no such topic as the first record's; nothing was sent.
            ChangeRefused: It may not be written to; nothing was sent.
            BrokerUnreachable: No broker answers; nothing was sent.
        """
        return many.deliver_many(self, records)

    async def adeliver(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        headers: Headers = (),
        partition: int | None = None,
        timestamp: int | None = None,
        timeout: float = 10.0,
    ) -> Delivery:
        """Do as `deliver` without blocking the event loop, full queue or not.

        When it is cancelled, the record may still land.
        """
        record = Outgoing(topic, key, value, headers, partition, timestamp)
        return await aio.deliver(self, record, timeout)

    async def adeliver_many(self, records: Iterable[Outgoing]) -> list[Outcome]:
        """Do as `deliver_many` without blocking the event loop."""
        return await aio.deliver_many(self, records)

    def wait(self, seconds: float) -> int:
        """Hand out what is queued and take reports in, for at most so many seconds.

        Returns:
            How many records have no report yet; with 0 it returns early.
        """
        try:
            open_reports: int = self._live().client.flush(seconds)
        except self._refused as error:  # fatal: the broker refuses this producer for good
            raise failure(error.args[0], None, self.connection) from error
        return open_reports

    def flush(self, timeout: float | None = None) -> None:
        """Wait until every record has its report.

        Args:
            timeout: Seconds; None waits as long as librdkafka tries (`message.timeout.ms`).

        Raises:
            DeliveryTimeout: Some have none yet; they may still land.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while count := self.wait(_STEP):
            if until is not None and time.monotonic() >= until:
                raise DeliveryTimeout(
                    f"{count:,} record{'s have' if count != 1 else ' has'} no delivery report"
                    f" after {timeout:g} s",
                    hint="they may still be delivered",
                )

    def cancel(self, timeout: float = 0.5) -> None:
        """Take back what has not left yet, and wait shortly for reports of what has.

        Records taken back count as failed; `outstanding` are those that may or may not land.
        """
        self._live().client.purge(in_queue=True, in_flight=False, blocking=False)
        self.wait(timeout)

    def close(self, timeout: float = _CLOSE) -> None:
        """Wait for what is open, end the thread, and log what was not acknowledged in time.

        Args:
            timeout: Seconds to wait at most.
        """
        if (poller := self._poller) is None or poller.is_here():
            return
        flush(poller.client, timeout)
        poller.end(timeout=_STEP * 2)
        if count := _open(poller.client):
            LOGGER.error(
                "%s not acknowledged %g s after closing, and may be lost",
                "1 record was" if count == 1 else f"{count:,} records were",
                timeout,
            )

    def _learn(
        self,
        topic: str,
        partition: int | None = None,
        timeout: float = _PATIENCE,
        *,
        operation: str = "produce",
    ) -> int:
        """Ask for a topic, which may have got partitions meanwhile; this may take `timeout`."""
        self.connection.check_change(operation, topic)
        patience = max(min(timeout, _PATIENCE), _STEP)
        metadata = (
            self._live().client.list_topics(timeout=patience)
            if self._is_borrowed
            else self.connection.metadata(patience)
        )
        count = self._partitions[topic] = count_partitions(self.connection, topic, metadata)
        check_partition(topic, partition, count)
        return count

    def _enqueue(self, record: Outgoing, report: Report, until: float | None = None) -> bool:
        """Hand a record over, once there is room; False when time is up before."""
        self._sends += 1
        client = self._live().client
        if self._sends % _SENDS_A_POLL == 0:
            client.poll(0)
        while True:
            left = _PATIENCE if until is None else until - time.monotonic()
            try:
                if self._offer(record, report):
                    return True
            except LookupError:
                self._learn(record.topic, record.partition, left)
                continue
            if left <= 0:
                return False
            client.poll(_ROOM)

    def _offer(self, record: Outgoing, report: Report) -> bool:
        """Hand a record over, without asking anybody; False when the queue is full.

        Raises:
            LookupError: The topic was not asked for, or had no such partition then.
        """
        topic, key, value, headers, partition, timestamp = record
        count = self._partitions[topic]
        if partition is None:
            partition = -1
        elif not 0 <= partition < count:
            raise LookupError(partition)
        if timestamp is not None and timestamp <= 0:
            raise UsageError(
                f"a record cannot be sent with timestamp {timestamp}: librdkafka takes it for now"
            )
        try:
            (self._poller or self._live()).client.produce(
                topic, value, key, partition, report, report, timestamp or 0, list(headers) or None
            )
        except BufferError:
            return False
        except self._refused as error:
            raise self._refusal(error.args[0], topic) from error
        return True

    def _refusal(self, error: "KafkaError", topic: str) -> FlowODMError:
        if error.name() == "_FATAL":
            self.wait(0)  # which raises why, unless the thread has heard it
            trouble = self._live().trouble
            if isinstance(trouble, self._refused):
                error = trouble.args[0]
        return self._failure(error, topic)

    def _report(
        self,
        on_delivery: Callable[[Outcome], None] | None,
        error: "KafkaError | None",
        message: "Message",
    ) -> None:
        """Take in the report of what `send` took."""
        outcome = self._outcome(error, message)
        with self._lock:
            if isinstance(outcome, Delivery):
                self.delivered += 1
            else:
                self.failed += 1
                self.last_error = outcome
        if on_delivery is not None:
            on_delivery(outcome)
        elif self._background and not isinstance(outcome, Delivery):
            self._live().unheard.add(outcome)

    def _settle(
        self, settle: Callable[[Outcome], None], error: "KafkaError | None", message: "Message"
    ) -> None:
        """Hand the outcome of a record to whoever waits for it."""
        settle(self._outcome(error, message))

    def _outcome(self, error: "KafkaError | None", message: "Message") -> Outcome:
        return delivery_of(message) if error is None else self._failure(error, message.topic())

    def _failure(self, error: "KafkaError", topic: str | None) -> FlowODMError:
        failed = failure(error, topic, self.connection)
        if isinstance(failed, TopicNotFound):
            self._partitions.pop(topic or "", None)
        return failed

    def _live(self) -> Poller:
        poller = self._poller
        if poller is not None:
            return poller
        if self._is_borrowed:
            raise UsageError("a producer of the parent process cannot be used after a fork")
        with self._lock:
            if self._poller is None:
                self._poller = self._serve(self._make())
            return self._poller

    def _make(self) -> "Client":
        return self.connection.producer(settled(self.connection.context, self._config))

    def _serve(self, client: "Client") -> Poller:
        poller = Poller(client)
        self._finalizer = weakref.finalize(self, poller.end, None)
        self._finalizer.atexit = False
        return poller

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._partitions: dict[str, int] = {}
        self._bridges: dict[asyncio.AbstractEventLoop, aio.Bridge] = {}

    def _leave_parent(self) -> None:
        """Leave the client to the parent process: nothing here may touch it."""
        self._finalizer.detach()
        _PARENTS.append(self._poller)
        self._poller = None
        self._forget()


def _open(client: "Client") -> int:
    """Count the records without a report; the client counts other events with them."""
    client.poll(0)
    return len(client)


_ALIVE: "weakref.WeakSet[Producer]" = weakref.WeakSet()
_PARENTS: list[Poller | None] = []
"""What a fork left behind; kept, since destroying it would wait for lost threads."""


def _after_fork() -> None:
    for producer in list(_ALIVE):
        producer._leave_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
