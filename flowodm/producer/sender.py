"""What all verbs of a producer send with: a client and its thread, the topics that are known.

Nothing here waits but for a topic's metadata, or for room in the queue.
"""

import threading
import time
import weakref
from collections.abc import Mapping
from functools import partial
from sys import modules
from typing import TYPE_CHECKING, Any, Final

from flowodm.connection.forking import keep, mind_forks
from flowodm.connection.waiting import persistently
from flowodm.errors import FlowODMError, TopicNotFound, UsageError
from flowodm.producer.config import settled
from flowodm.producer.delivery import Outcome, Outgoing, Report, delivery_of
from flowodm.producer.failures import failure
from flowodm.producer.poller import Poller
from flowodm.producer.targets import check_partition, check_timestamp, count_partitions, is_whole
from flowodm.tracing import API as _API
from flowodm.tracing import inject

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from confluent_kafka import KafkaError, Message
    from confluent_kafka import Producer as Client
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.connection import KafkaConnection
    from flowodm.producer.aio import Bridge

__all__ = ["PATIENCE", "Sender"]

PATIENCE: Final = 4.0
"""Seconds to wait for a topic's metadata: a verb on a missing topic then ends within five."""
_ROOM: Final = 0.01
"""Seconds between two looks at a full queue."""
_SENDS_A_POLL: Final = 128


class Sender:
    """Hands records to a client, made here or the caller's own, and names what went wrong.

    After a fork, the child's first use makes a new client; the parent's is not touched.

    Args:
        connection: The cluster.
        config: librdkafka's keys for a client that is made here.
        client: The caller's own.
    """

    def __init__(
        self, connection: "KafkaConnection", config: Mapping[str, Any], client: "Client | None"
    ) -> None:
        from confluent_kafka import KafkaException

        self.connection = connection
        self.refused: type[Exception] = KafkaException
        """What the client raises; kept here, since importing it takes a while."""
        self._config = dict(config)
        self._is_borrowed = client is not None
        self._sends = 0
        self._forget()
        self._poller: Poller | None = self._serve(client or self._make())
        mind_forks(self)

    def poller(self) -> Poller:
        """Return the client with its thread; a new one in a forked child."""
        poller = self._poller
        if poller is not None:
            return poller
        if self._is_borrowed:
            raise UsageError("a producer of the parent process cannot be used after a fork")
        with self.lock:
            if self._poller is None:
                self._poller = self._serve(self._make())
            return self._poller

    def offer(self, record: Outgoing, report: Report) -> bool:
        """Hand a record over, without asking anybody; False when the queue is full.

        Raises:
            LookupError: The topic was not asked for, or had no such partition then.
        """
        topic, key, value, headers, partition, timestamp = record
        count = self.partitions[topic]
        if partition is None:
            partition = -1
        elif not is_whole(partition) or not 0 <= partition < count:
            raise LookupError(partition)
        if timestamp is not None:
            check_timestamp(timestamp)
        if _API in modules:
            headers = inject(headers) or ()
        given: Any = list(headers) if headers else None  # a list of bytes is one of text or bytes
        try:
            (self._poller or self.poller()).client.produce(
                topic, value, key, partition, report, report, timestamp or 0, given
            )
        except BufferError:
            return False
        except self.refused as error:
            raise self._refusal(error.args[0], topic) from error
        return True

    def enqueue(self, record: Outgoing, report: Report, until: float | None = None) -> bool:
        """Hand a record over, once there is room; False when time is up before."""
        self._sends += 1
        client = self.poller().client
        if self._sends % _SENDS_A_POLL == 0:
            client.poll(0)
        while True:
            left = PATIENCE if until is None else until - time.monotonic()
            try:
                if self.offer(record, report):
                    return True
            except LookupError:
                self.learn(record.topic, record.partition, left)
                continue
            if left <= 0:
                return False
            client.poll(_ROOM)

    def take_reports(self, seconds: float) -> None:
        """Send what is queued and take reports in, until none is open or time is up."""
        poller = self.poller()
        try:
            poller.client.flush(seconds)
        except self.refused as fatal:  # every record fails by it
            poller.trouble = fatal

    def learn(
        self,
        topic: str,
        partition: int | None = None,
        timeout: float = PATIENCE,
        *,
        operation: str = "produce",
    ) -> int:
        """Ask for a topic and count its partitions, which may have become more meanwhile.

        The client itself asks: it then knows of new partitions, too.
        """
        self.connection.check_change(operation, topic)
        patience = max(min(timeout, PATIENCE), _ROOM)
        ask = partial(self._metadata, patience)
        count = self.partitions[topic] = count_partitions(self.connection, topic, ask)
        check_partition(topic, partition, count)
        return count

    def outcome(self, error: "KafkaError | None", message: "Message") -> Outcome:
        """Make the outcome out of a report."""
        return delivery_of(message) if error is None else self.failure(error, message.topic())

    def failure(self, error: "KafkaError", topic: str | None) -> FlowODMError:
        """Name a failure; a topic that is gone is asked for again before the next record."""
        failed = failure(error, topic, self.connection)
        if isinstance(failed, TopicNotFound):
            self.partitions.pop(topic or "", None)
        return failed

    def _refusal(self, error: "KafkaError", topic: str) -> FlowODMError:
        if error.name() == "_FATAL":
            self.take_reports(0)
            trouble = self.poller().trouble
            if isinstance(trouble, self.refused):
                error = trouble.args[0]
        return self.failure(error, topic)

    def _metadata(self, timeout: float) -> "ClusterMetadata":
        ask = partial(persistently, self.poller().client.list_topics, timeout)
        found: ClusterMetadata = (
            ask() if self._is_borrowed else self.connection.call(ask, timeout=timeout)
        )
        return found

    def _make(self) -> "Client":
        return self.connection.producer(settled(self.connection.context, self._config))

    def _serve(self, client: "Client") -> Poller:
        poller = Poller(client)
        self._finalizer = weakref.finalize(self, poller.end, None)
        self._finalizer.atexit = False
        return poller

    def _forget(self) -> None:
        self.lock = threading.Lock()
        """Guards what several threads count."""
        self.partitions: dict[str, int] = {}
        """How many partitions each topic had when it was asked for."""
        self.bridges: dict[AbstractEventLoop, Bridge] = {}
        """What carries outcomes into each event loop."""

    def leave_parent(self) -> None:
        """Leave the client and its thread to the parent process, in a child of it."""
        self._finalizer.detach()
        keep(self._poller)
        self._poller = None
        self._forget()
