"""`Producer`: the verbs. Waiting in an event loop is in `aio.py`, the poller's thread in `poller.py`."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from flowodm.connection.waiting import flush
from flowodm.errors import DeliveryTimeout, FlowODMError, UsageError
from flowodm.producer import aio, many
from flowodm.producer.delivery import Delivery, Outcome, Outgoing
from flowodm.producer.failures import LOGGER, expired, failure
from flowodm.producer.sender import Sender
from flowodm.record import Headers

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message
    from confluent_kafka import Producer as Client

    from flowodm.connection import KafkaConnection

__all__ = ["Producer"]

_STEP: Final = 0.1
_HEARD: Final = 0.5
"""Seconds of one wait: a Ctrl-C that comes right before a wait is heard only after it."""
"""Seconds between two looks at a queue; Ctrl-C is heard in between."""
_CLOSE: Final = 10.0


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
        self._sender = Sender(connection, config or {}, client)
        self._background = background
        self.delivered = 0
        """Records of `send` that the broker has acknowledged."""
        self.failed = 0
        """Records of `send` that were not delivered, those that `cancel` took back included."""
        self.last_error: FlowODMError | None = None
        """Why the last of them was not."""

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
        self._sender.poller().end(_STEP)

    @property
    def client(self) -> "Client":
        """The client underneath, which everyone here shares: for what is not offered here."""
        return self._sender.poller().client

    def is_of(self, connection: "KafkaConnection") -> bool:
        """Tell whether it sends to that cluster, on that connection."""
        return self._sender.connection is connection

    @property
    def outstanding(self) -> int:
        """Records that were sent and have no report yet."""
        client = self.client
        client.poll(0)  # other events than reports count with them
        return len(client)

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
        count = self._sender.partitions.get(topic)
        return self._sender.learn(topic, operation=operation) if count is None else count

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
        self._sender.enqueue(record, partial(self._report, on_delivery))
        if self._background:
            self._sender.poller().wake()

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
            timeout: Seconds to wait at most; None is refused.

        Raises:
            DeliveryTimeout: Time is up; unless it says otherwise the record may still land.
            DeliveryError: The record was refused, or given up.
            UsageError: No such partition, a timestamp or timeout that means nothing, or called in a
                delivery callback, which would wait for itself.
            TopicNotFound: There is no such topic.
            BrokerUnreachable: The topic is not known yet, and no broker answers.
        """
        until = time.monotonic() + _checked(timeout)
        poller, inbox = self._sender.poller(), SimpleQueue[Outcome]()
        if poller.is_here():
            raise UsageError("a delivery callback cannot wait for a delivery", hint="use `send`")
        poller.awaited.add(inbox)
        try:
            record = Outgoing(topic, key, value, headers, partition, timestamp)
            if not self._sender.enqueue(record, partial(self._settle, inbox.put), until):
                raise expired(topic, timeout, self._sender.connection, is_queued=False)
            poller.wake()
            outcome = _taken(inbox, until)
        except Empty:
            raise expired(topic, timeout, self._sender.connection) from None
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
        return many.deliver_many(self._sender, records)

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
        return await aio.deliver(self._sender, record, _checked(timeout))

    async def adeliver_many(self, records: Iterable[Outgoing]) -> list[Outcome]:
        """Do as `deliver_many` without blocking the event loop."""
        return await aio.deliver_many(self._sender, records)

    async def asend_many(self, records: Iterable[Outgoing]) -> None:
        """Hand records over as `send` does; waits for room without blocking the event loop."""
        await aio.send_many(self._sender, records, partial(self._report, None))

    def wait(self, seconds: float) -> int:
        """Hand out what is queued and take reports in, for at most so many seconds.

        Returns:
            How many records have no report yet; with 0 it returns early.
        """
        try:
            open_reports: int = self._sender.poller().client.flush(seconds)
        except self._sender.refused as error:  # fatal: refused for good
            raise failure(error.args[0], None, self._sender.connection) from error
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
        self._sender.poller().client.purge(in_queue=True, in_flight=False, blocking=False)
        self.wait(timeout)

    def close(self, timeout: float = _CLOSE) -> None:
        """Wait for what is open, and end the thread.

        What is not acknowledged in time is given up: whoever waits for it is told, and what
        nobody waits for is logged.

        Args:
            timeout: Seconds to wait at most.
        """
        if (poller := self._sender.poller()).is_here():
            return
        flush(poller.client, timeout)
        if len(poller.client):
            poller.client.purge(blocking=False)
            flush(poller.client, _STEP)
        poller.end(timeout=_STEP * 2)

    def _report(
        self,
        on_delivery: Callable[[Outcome], None] | None,
        error: "KafkaError | None",
        message: "Message",
    ) -> None:
        """Take in the report of what `send` took."""
        outcome = self._sender.outcome(error, message)
        with self._sender.lock:
            if isinstance(outcome, Delivery):
                self.delivered += 1
            else:
                self.failed += 1
                self.last_error = outcome
        if on_delivery is None:
            if self._background and not isinstance(outcome, Delivery):
                self._sender.poller().unheard.add(outcome)
            return
        try:
            on_delivery(outcome)
        except Exception as error:
            if not self._background:
                raise
            LOGGER.error("a delivery callback failed: %r", error, exc_info=error)

    def _settle(
        self, settle: Callable[[Outcome], None], error: "KafkaError | None", message: "Message"
    ) -> None:
        """Hand the outcome of a record to whoever waits for it."""
        settle(self._sender.outcome(error, message))


def _checked(timeout: float) -> float:
    """Refuse what is no time to wait."""
    try:
        if 0 <= timeout <= threading.TIMEOUT_MAX:
            return timeout
    except TypeError:
        pass
    raise UsageError(
        f"`timeout` cannot be `{timeout!r:.40}`", hint="give seconds, 0 or more: `timeout=10.0`"
    )


def _taken(inbox: "SimpleQueue[Outcome]", until: float) -> Outcome:
    """Wait for an outcome until a moment on the monotonic clock; else `Empty`."""
    while (left := until - time.monotonic()) > _HEARD:
        with suppress(Empty):
            return inbox.get(timeout=_HEARD)
    return inbox.get(timeout=max(left, 0))
