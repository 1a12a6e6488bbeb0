"""What the cluster says of topics and offsets, asked without creating anything.

Metadata is asked of all topics, never by name, and offsets of many partitions at once. The
consumer itself asks: a second client would double the time to the first record.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from flowodm.errors import FlowODMError
from flowodm.reading.calls import Calls
from flowodm.reading.choice import Layout
from flowodm.reading.options import Isolation
from flowodm.reading.spans import Bounds, Partition

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, KafkaException

    from flowodm.connection import KafkaConnection

__all__ = ["Cluster", "Failures"]

Result = TypeVar("Result")
Failures: TypeAlias = "dict[Partition, KafkaError]"

_EARLIEST: Final = -2
_LATEST: Final = -1


class Cluster:
    """The cluster as one consumer sees it.

    Args:
        consumer: Asks. Its isolation level decides where a partition ends.
        connection: Names what goes wrong.
        timeout: Seconds for each question.
        isolation: The consumer's.
    """

    def __init__(
        self,
        consumer: "Consumer",
        connection: "KafkaConnection",
        *,
        timeout: float,
        isolation: Isolation,
    ) -> None:
        self._consumer = consumer
        self._connection = connection
        self._calls = Calls()
        self._timeout = timeout
        self._isolation = isolation

    def layout(self) -> Layout:
        """Return all topics and their partitions.

        Raises:
            BrokerError: No broker answered, or it refused.
        """
        return self._ask(self._layout)

    def start_layout(self) -> "Future[Layout]":
        """Ask for all topics, and do not wait for the answer."""
        return self._calls.start(self._layout)

    def bounds(self, partitions: Sequence[Partition]) -> tuple[dict[Partition, Bounds], Failures]:
        """Return the first and the end offset of partitions, or why they have none."""
        earliest, failed = self._offsets(partitions, _EARLIEST)
        latest, failed_too = self._offsets([one for one in partitions if one in earliest], _LATEST)
        found = {one: Bounds(earliest[one], max(earliest[one], end)) for one, end in latest.items()}
        return found, failed | failed_too

    def offsets_at(
        self, bounds: Mapping[Partition, Bounds], moments: Iterable[int]
    ) -> dict[Partition, dict[int, int]]:
        """Return the offset of the first record at or after each moment; past all, the end."""
        found: dict[Partition, dict[int, int]] = {one: {} for one in bounds}
        for moment in moments:
            offsets, failed = self._offsets(tuple(bounds), moment)
            for error in failed.values():
                raise self.named(error)
            for one, offset in offsets.items():
                found[one][moment] = bounds[one].latest if offset < 0 else offset
        return found

    def named(self, error: "KafkaError | KafkaException") -> FlowODMError:
        """Return an error of Kafka's as one of ours."""
        from flowodm.connection import broker_error

        return broker_error(error, connection=self._connection)

    def close(self) -> None:
        """Close the consumer, after the calls that are still running, and do not wait long."""
        closing = self._calls.start(self._consumer.close)
        self._calls.end()
        try:
            closing.result(timeout=0.5)
        except TimeoutError:
            return  # a broker does not answer; the thread goes on waiting for it, nobody else

    def _layout(self) -> Layout:
        metadata = self._consumer.list_topics(timeout=self._timeout)
        return {
            name: {number: one.leader >= 0 for number, one in topic.partitions.items()}
            for name, topic in metadata.topics.items()
        }

    def _offsets(
        self, partitions: Sequence[Partition], moment: int
    ) -> tuple[dict[Partition, int], Failures]:
        from confluent_kafka import KafkaException, TopicPartition

        if not partitions:
            return {}, {}
        asked = [TopicPartition(one.topic, one.number, moment) for one in partitions]
        half = self._timeout / 2
        try:
            answers = self._calls.run(lambda: self._consumer.offsets_for_times(asked, timeout=half))
        except KafkaException:
            return self._offsets_one_by_one(partitions, moment)
        found, failed = {}, {}
        for answer in answers:
            one = Partition(answer.topic, answer.partition)
            if answer.error is None:
                found[one] = answer.offset
            else:
                failed[one] = answer.error
        return found, failed

    def _offsets_one_by_one(
        self, partitions: Sequence[Partition], moment: int
    ) -> tuple[dict[Partition, int], Failures]:
        """For when a broker does not answer: what the others say still counts."""
        from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
        from confluent_kafka.admin import OffsetSpec

        committed = self._isolation == "read_committed"
        futures = self._connection.admin().list_offsets(
            {
                TopicPartition(one.topic, one.number): {
                    _EARLIEST: OffsetSpec.earliest(),
                    _LATEST: OffsetSpec.latest(),
                }.get(moment, OffsetSpec.for_timestamp(moment))
                for one in partitions
            },
            isolation_level=(
                IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
            ),
            request_timeout=self._timeout / 2,
        )
        found, failed = {}, {}
        for asked, future in futures.items():
            one = Partition(asked.topic, asked.partition)
            try:
                found[one] = self._calls.run(future.result).offset
            except KafkaException as error:
                failed[one] = error.args[0]
        return found, failed

    def _ask(self, call: Callable[[], Result]) -> Result:
        from confluent_kafka import KafkaException

        try:
            return self._calls.run(call)
        except KafkaException as error:
            raise self.named(error) from error
