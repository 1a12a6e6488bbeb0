"""What the cluster says of topics and offsets, asked without creating anything.

Metadata is asked of all topics, never by name, and offsets of many partitions at once. The
consumer itself asks: a second client would take its time to connect before the first record.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final, TypeAlias

from flowodm.errors import (
    AuthenticationFailed,
    AuthorizationError,
    BrokerError,
    BrokerUnreachable,
    FlowODMError,
)
from flowodm.reading.calls import in_background
from flowodm.reading.choice import NO_LEADER, Layout
from flowodm.reading.spans import Bounds, Partition

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.admin._metadata import ClusterMetadata

    from flowodm.connection import KafkaConnection

__all__ = ["Cluster", "Failures", "layout_of"]

Failures: TypeAlias = dict[Partition, FlowODMError | None]
"""Why partitions gave no offset; None: they have no leader."""

_EARLIEST: Final = -2
_LATEST: Final = -1
_AT_ONCE: Final = 1000
"""Partitions of one question; librdkafka's time for an answer grows with their square."""
_AGAIN: Final = 0.05


class Cluster:
    """The cluster as one consumer sees it.

    Args:
        consumer: Asks. Its isolation level decides where a partition ends.
        connection: Waits for the answers, and names what goes wrong.
        timeout: Seconds for each question.
    """

    def __init__(
        self,
        consumer: "Consumer",
        connection: "KafkaConnection",
        *,
        timeout: float,
    ) -> None:
        self._consumer = consumer
        self._connection = connection
        self._timeout = timeout

    @property
    def address(self) -> str | None:
        """Where the brokers are, as they were configured."""
        return self._connection.context.bootstrap_servers

    def layout(self) -> Layout:
        """Return all topics and their partitions.

        Raises:
            BrokerError: No broker answered, or it refused.
        """
        return self._connection.call(self._persistent_layout, timeout=self._timeout)

    def start_layout(self) -> "Future[Layout]":
        """Ask for all topics, and do not wait for the answer.

        Another client asks: a consumer makes one call at a time, and this one is to go on reading.
        """
        admin = self._connection.admin()
        return in_background(lambda: _layout(admin, self._timeout))

    def bounds(self, partitions: Sequence[Partition]) -> tuple[dict[Partition, Bounds], Failures]:
        """Return the first and the end offset of partitions, or why they have none."""
        earliest, failed = self._offsets(partitions, _EARLIEST)
        latest, failed_too = self._offsets([one for one in partitions if one in earliest], _LATEST)
        found = {one: Bounds(earliest[one], max(earliest[one], end)) for one, end in latest.items()}
        return found, failed | failed_too

    def offsets_at(
        self, bounds: Mapping[Partition, Bounds], moments: Iterable[int]
    ) -> dict[Partition, dict[int, int]]:
        """Return the offset of the first record at or after each moment; past all, the end.

        Raises:
            BrokerError: A partition has no answer.
        """
        found: dict[Partition, dict[int, int]] = {one: {} for one in bounds}
        for moment in moments:
            offsets, failed = self._offsets(tuple(bounds), moment)
            for one, error in failed.items():
                raise error or BrokerError(f"{one} has no leader")
            for one, offset in offsets.items():
                found[one][moment] = bounds[one].latest if offset < 0 else offset
        return found

    def check_permission(self, missing: Iterable[str]) -> None:
        """Ask whether topics that are not in the layout are there, and only hidden from us.

        Raises:
            AuthorizationError: One is.
        """
        from confluent_kafka import TopicCollection

        for topic in missing:
            asked = TopicCollection([topic])
            futures = self._connection.admin().describe_topics(asked, request_timeout=self._timeout)
            try:
                self._connection.wait(futures[topic], timeout=self._timeout)
            except AuthorizationError as error:
                message = f"not allowed to read topic `{topic}`"
                raise AuthorizationError(message, hint=error.hint) from error
            except BrokerError:
                continue  # as the layout says: there is none

    def named(self, error: "KafkaError | KafkaException") -> FlowODMError:
        """Return an error of Kafka's as one of ours."""
        from flowodm.connection import broker_error

        return broker_error(error, connection=self._connection)

    def close(self, timeout: float) -> None:
        """Close the consumer; wait so many seconds for a broker that does not answer."""
        closing = in_background(self._consumer.close)
        try:
            closing.result(timeout=timeout)
        except TimeoutError:
            return  # the thread waits on; it keeps nobody from ending

    def _persistent_layout(self) -> Layout:
        """Ask again when a broker hangs up on the question, as one does that starts."""
        from confluent_kafka import KafkaError, KafkaException

        until = monotonic() + self._timeout
        while True:
            try:
                return _layout(self._consumer, max(until - monotonic(), 0.01))
            except KafkaException as error:
                is_over = monotonic() + _AGAIN >= until
                if is_over or error.args[0].code() != KafkaError._TRANSPORT:
                    raise
                sleep(_AGAIN)

    def _offsets(
        self, partitions: Sequence[Partition], moment: int
    ) -> tuple[dict[Partition, int], Failures]:
        if not partitions:
            return {}, {}
        try:
            return self._ask(partitions, moment, timeout=self._timeout / 2)
        except AuthenticationFailed:
            raise
        except BrokerError:  # one broker's silence, or one unknown partition, is all the answer
            return self._offsets_by_leader(partitions, moment)

    def _offsets_by_leader(
        self, partitions: Sequence[Partition], moment: int
    ) -> tuple[dict[Partition, int], Failures]:
        """Ask one broker after the other: what those say who answer still counts."""
        layout = self.layout()
        led: dict[int, list[Partition]] = {}
        for one in partitions:
            led.setdefault(layout.get(one.topic, {}).get(one.number, NO_LEADER), []).append(one)
        found: dict[Partition, int] = {}
        failed: Failures = dict.fromkeys(led.pop(NO_LEADER, ()))
        for leader, group in led.items():
            try:
                answered, refused = self._ask(group, moment, timeout=self._timeout / 3)
            except BrokerUnreachable:
                silence = BrokerError(f"its leader, broker {leader}, does not answer")
                failed |= dict.fromkeys(group, silence)
            except BrokerError as error:
                failed |= dict.fromkeys(group, error)
            else:
                found |= answered
                failed |= refused
        return found, failed

    def _ask(
        self, partitions: Sequence[Partition], moment: int, *, timeout: float
    ) -> tuple[dict[Partition, int], Failures]:
        from confluent_kafka import TopicPartition

        asked = [TopicPartition(one.topic, one.number, moment) for one in partitions]

        def ask() -> "list[TopicPartition]":
            chunks = (asked[begin : begin + _AT_ONCE] for begin in range(0, len(asked), _AT_ONCE))
            return [
                answer
                for chunk in chunks
                for answer in self._consumer.offsets_for_times(chunk, timeout=timeout)
            ]

        found: dict[Partition, int] = {}
        failed: Failures = {}
        for answer in self._connection.call(ask, timeout=self._timeout):
            one = Partition(answer.topic, answer.partition)
            if answer.error is None:
                found[one] = answer.offset
            else:
                failed[one] = self._failure(answer.error)
        return found, failed

    def _failure(self, error: "KafkaError") -> FlowODMError | None:
        from confluent_kafka import KafkaError

        lacks = (KafkaError.LEADER_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION)
        return None if error.code() in lacks else self.named(error)


def _layout(client: "AdminClient | Consumer", timeout: float) -> Layout:
    return layout_of(client.list_topics(timeout=timeout))


def layout_of(metadata: "ClusterMetadata") -> Layout:
    """Return who leads each partition of each topic, as a cluster's metadata has it."""
    return {
        name: {number: one.leader for number, one in topic.partitions.items()}
        for name, topic in metadata.topics.items()
    }
