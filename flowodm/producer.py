"""Delivery: bytes to a topic, with back-pressure, and a report for every record.

A record counts as delivered when the broker has acknowledged it, and not before. A topic that
does not exist is an error here and never created. What the bytes mean is the codec's business.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from flowodm.avro.words import shown, similar
from flowodm.errors import (
    AuthorizationError,
    BrokerError,
    DeliveryError,
    DeliveryTimeout,
    FlowODMError,
    TopicNotFound,
    UsageError,
)
from flowodm.record import Headers

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

    from flowodm.config import Context
    from flowodm.connection import KafkaConnection

__all__ = ["Delivery", "Outcome", "Producer", "check_partition", "count_partitions"]

_STEP: Final = 0.1
"""Seconds between two looks at a full queue; Ctrl-C is heard in between."""
_SENDS_A_POLL: Final = 128

_DEFAULTS: Final[Mapping[str, Any]] = {
    "allow.auto.create.topics": False,
    "topic.metadata.propagation.max.ms": 4_000,
    "enable.idempotence": True,
    "message.max.bytes": 100 * 1024 * 1024,
}
"""Ours where nobody says otherwise. What is too large is for the topic to say, not for a client."""

_INSTEAD_OF_IDEMPOTENCE: Final = frozenset(
    {
        "enable.idempotence",
        "acks",
        "request.required.acks",
        "retries",
        "message.send.max.retries",
        "max.in.flight",
        "max.in.flight.requests.per.connection",
        "enable.gapless.guarantee",
        "queuing.strategy",
    }
)
"""Keys of librdkafka with which a context says for itself what a delivery is worth."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record that the broker has acknowledged, and where it is."""

    topic: str
    partition: int
    offset: int
    timestamp: int | None
    """Milliseconds since the epoch, as the broker has it; None when it told none."""


Outcome: TypeAlias = "Delivery | FlowODMError"
"""What became of a record: delivered, or a `DeliveryError` or `DeliveryTimeout` that says why not."""


class Producer:
    """Sends records and counts what becomes of them; threads may share it. Close it, or use `with`.

    Args:
        connection: The cluster.
        config: librdkafka's keys for this producer; they win over the context's.
    """

    def __init__(
        self, connection: "KafkaConnection", *, config: Mapping[str, Any] | None = None
    ) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._partitions: dict[str, int] = {}
        self._sends = 0
        self.delivered = 0
        """Records that the broker has acknowledged."""
        self.failed = 0
        """Records that were not delivered, those that `cancel` took back included."""
        self.last_error: FlowODMError | None = None
        """Why the last of them was not."""
        self._producer = connection.producer(_settled(connection.context, config or {}))

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

    @property
    def outstanding(self) -> int:
        """Records that were sent and have no report yet."""
        return len(self._producer)

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
        if count is None:
            self._connection.check_change(operation, topic)
            count = self._partitions[topic] = count_partitions(self._connection, topic)
        return count

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
        check_partition(topic, partition, self.check_topic(topic))
        if timestamp is not None and timestamp <= 0:
            raise UsageError(
                f"a record cannot be sent with timestamp {timestamp}: librdkafka takes it for now"
            )
        arguments: dict[str, Any] = {"value": value, "key": key}
        if headers:
            arguments["headers"] = list(headers)
        if partition is not None:
            arguments["partition"] = partition
        if timestamp is not None:
            arguments["timestamp"] = timestamp
        arguments["on_delivery"] = (
            self._report if on_delivery is None else self._reporter(on_delivery)
        )
        self._enqueue(topic, arguments)

    def wait(self, seconds: float) -> int:
        """Hand out what is queued and take reports in, for at most so many seconds.

        Returns:
            How many records have no report yet; with 0 it returns early.
        """
        from confluent_kafka import KafkaException

        try:
            open_reports: int = self._producer.flush(seconds)
        except KafkaException as error:  # fatal: the broker refuses this producer for good
            raise self._failure(error.args[0], None) from error
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
        self._producer.purge(in_queue=True, in_flight=False, blocking=False)
        self.wait(timeout)

    def _enqueue(self, topic: str, arguments: dict[str, Any]) -> None:
        from confluent_kafka import KafkaException

        self._sends += 1
        while True:
            try:
                if self._sends % _SENDS_A_POLL == 0:
                    self._producer.poll(0)
                self._producer.produce(topic, **arguments)
            except BufferError:
                self._producer.poll(_STEP)
            except KafkaException as error:
                if error.args[0].name() == "_FATAL":
                    self.wait(0)  # which raises why
                raise self._failure(error.args[0], topic) from error
            else:
                return

    def _report(self, error: "KafkaError | None", message: "Message") -> None:
        with self._lock:
            if error is None:
                self.delivered += 1
            else:
                self.failed += 1
                self.last_error = self._failure(error, message.topic())

    def _reporter(self, on_delivery: Callable[[Outcome], None]) -> Callable[..., None]:
        def report(error: "KafkaError | None", message: "Message") -> None:
            self._report(error, message)
            if error is not None:
                on_delivery(self._failure(error, message.topic()))
                return
            kind, timestamp = message.timestamp()
            on_delivery(
                Delivery(
                    message.topic() or "",
                    message.partition() or 0,
                    message.offset() or 0,
                    timestamp if kind else None,
                )
            )

        return report

    def _failure(self, error: "KafkaError", topic: str | None) -> FlowODMError:
        """Why a record for a topic was not delivered, with the cause as far as it is known."""
        from flowodm.connection import broker_error

        match error.name():
            case "_MSG_TIMED_OUT":
                cause = broker_error(error, connection=self._connection)
                return DeliveryTimeout(
                    f"a record for topic `{topic}` was not acknowledged in time: {cause.message}",
                    hint=cause.hint,
                )
            case "UNKNOWN_TOPIC_OR_PART" | "_UNKNOWN_TOPIC":
                return TopicNotFound(f"topic `{topic}` is gone from the cluster")
            case "TOPIC_AUTHORIZATION_FAILED":
                return AuthorizationError(
                    f"not allowed to write to topic `{topic}`",
                    hint="ask for an access control list that allows it",
                )
            case "CLUSTER_AUTHORIZATION_FAILED":
                return AuthorizationError(
                    "not allowed to write: the cluster refuses an idempotent producer",
                    hint="ask for the right to write to the topic; before Kafka 2.8 also for"
                    " IDEMPOTENT_WRITE",
                )
            case "MSG_SIZE_TOO_LARGE":
                return DeliveryError(
                    f"a record is larger than topic `{topic}` takes",
                    hint="`max.message.bytes` of the topic; `message.max.bytes` of this client",
                )
            case "_PURGE_QUEUE" | "_PURGE_INFLIGHT":
                return DeliveryError(f"a record for topic `{topic}` was taken back before it left")
        cause = broker_error(error, connection=self._connection)
        if not isinstance(cause, BrokerError) or type(cause) is not BrokerError:
            return cause
        return DeliveryError(
            f"a record for topic `{topic}` was not delivered: {error.str() or error.name()}"
        )


def count_partitions(connection: "KafkaConnection", topic: str) -> int:
    """Count the partitions of a topic; asking does not create it.

    Raises:
        TopicNotFound: There is no such topic.
        BrokerUnreachable: No broker answers.
    """
    from flowodm.connection import broker_error

    topics = connection.metadata().topics
    if topic not in topics:
        raise _not_found(topic, list(topics), connection)
    error = topics[topic].error
    if error is not None:
        raise broker_error(error, connection=connection)
    return len(topics[topic].partitions)


def check_partition(topic: str, partition: int | None, count: int) -> None:
    """Refuse a partition that a topic of so many does not have.

    Raises:
        UsageError: There is no such partition.
    """
    if partition is not None and not 0 <= partition < count:
        raise UsageError(
            f"topic `{topic}` has no partition {partition}",
            hint=f"it has {count}, numbered from 0",
        )


def _settled(context: "Context", config: Mapping[str, Any]) -> dict[str, Any]:
    """Our defaults, where neither the context nor the caller says otherwise."""
    said = context.client_config("producer").keys() | config.keys()
    chosen = {key: value for key, value in _DEFAULTS.items() if key not in said}
    if said & _INSTEAD_OF_IDEMPOTENCE:
        chosen.pop("enable.idempotence", None)
    return {**chosen, **config}


def _not_found(topic: str, topics: list[str], connection: "KafkaConnection") -> TopicNotFound:
    near = similar(topic, topics)
    where = connection.context.bootstrap_servers or f"context `{connection.context.name}`"
    return TopicNotFound(
        f"topic {shown(topic)} does not exist on {where}",
        hint=(
            f"did you mean {shown(near)}?  (flowodm topics list)" if near else "flowodm topics list"
        ),
    )
