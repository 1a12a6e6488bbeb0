"""What was sent again of a topic of dead letters: kept in the cluster, as a group's offsets.

The group `flowodm-replay-TOPIC` has no members. Its offset of a partition is the first record that
was not sent; which of the later ones were is in the offset's metadata (`marks.py`). So every
replay of the topic goes on where the others stopped, whatever each of them chose.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from flowodm.connection.kafka import PATIENCE
from flowodm.dead_letters.marks import MOST_TEXT, Marks
from flowodm.errors import PlanError, UsageError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from flowodm.connection import KafkaConnection

__all__ = ["Progress", "read_progress", "replay_group"]

_LOOKS: Final = 32
_MARGIN: Final = 512
"""Between two looks, what is kept may get a little longer."""


def replay_group(topic: str) -> str:
    """Return the group that keeps what was sent again of a topic."""
    return f"flowodm-replay-{topic}"


def read_progress(
    connection: "KafkaConnection", topics: Iterable[str], *, timeout: float = PATIENCE
) -> dict[tuple[str, int], Marks]:
    """Read what was sent again of topics; nothing is written, and no group comes to be.

    Returns:
        The marks of each topic and partition that has some.

    Raises:
        BrokerError: The cluster could not be asked.
    """
    from confluent_kafka import ConsumerGroupTopicPartitions

    admin, found = connection.admin(), {}
    futures: dict[str, Future[ConsumerGroupTopicPartitions]] = {}
    for topic in dict.fromkeys(topics):
        asked = [ConsumerGroupTopicPartitions(replay_group(topic))]
        (futures[topic],) = admin.list_consumer_group_offsets(asked).values()
    for topic, future in futures.items():
        for place in connection.wait(future, timeout=timeout).topic_partitions or ():
            if place.topic == topic and place.offset >= 0:
                found[topic, place.partition] = Marks.of(place.offset, place.metadata)
    return found


class Progress:
    """The marks of one topic, as this replay found and left them.

    Args:
        connection: The cluster.
        topic: The topic of dead letters.
        timeout: Seconds to wait for each answer.

    Raises:
        BrokerError: The cluster could not be asked.
    """

    def __init__(
        self, connection: "KafkaConnection", topic: str, *, timeout: float = PATIENCE
    ) -> None:
        self._connection = connection
        self._topic = topic
        self._timeout = timeout
        self._kept = self._read()
        self._tried: dict[int, Marks] = {}
        self.marks = {partition: marks.copy() for partition, marks in self._kept.items()}
        """Of each partition; whoever sends adds to them, and then saves."""

    @property
    def group(self) -> str:
        """The group that keeps it."""
        return replay_group(self._topic)

    def of(self, partition: int) -> Marks:
        """Return the marks of a partition, to be added to."""
        return self.marks.setdefault(partition, Marks())

    def check_room(self, selected: Mapping[int, Marks]) -> None:
        """Refuse a replay that would leave more gaps than can be kept; before anything is sent.

        Raises:
            UsageError: It would.
        """
        for partition, runs in selected.items():
            if _longest_text(self.of(partition), list(runs)) > MOST_TEXT - _MARGIN:
                raise UsageError(
                    f"`{self._topic}` [{partition}]: the choice leaves out too many records between"
                    " those it sends, for the cluster to remember which",
                    hint="choose fewer at once (`--until`, `--partition`), or replay all",
                )

    def save(self) -> None:
        """Keep what has been added.

        Raises:
            PlanError: Another replay of the topic is at work.
            BrokerError: The cluster did not take it; it can be tried again.
        """
        changed = {
            partition: marks
            for partition, marks in self.marks.items()
            if marks != self._kept.get(partition, Marks())
        }
        if not changed:
            return
        self._check_alone()
        self._tried = {partition: marks.copy() for partition, marks in changed.items()}
        self._write(changed)
        self._kept |= self._tried

    def _check_alone(self) -> None:
        """Refuse to go on where someone else has written; a try of ours may have come through."""
        found = self._read()
        for partition in found.keys() | self._kept.keys():
            known = (self._kept.get(partition), self._tried.get(partition))
            if found.get(partition) not in known:
                raise PlanError(
                    f"another replay of `{self._topic}` is at work, or its progress was changed",
                    hint=f"what was sent since may be sent again; group `{self.group}`",
                )

    def _read(self) -> dict[int, Marks]:
        found = read_progress(self._connection, [self._topic], timeout=self._timeout)
        return {partition: marks for (_, partition), marks in found.items() if marks}

    def _write(self, changed: Mapping[int, Marks]) -> None:
        from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

        from flowodm.connection import broker_error

        places = [
            TopicPartition(self._topic, partition, marks.watermark, marks.text())
            for partition, marks in sorted(changed.items())
        ]
        asked = ConsumerGroupTopicPartitions(self.group, places)
        (future,) = self._connection.admin().alter_consumer_group_offsets([asked]).values()
        for place in self._connection.wait(future, timeout=self._timeout).topic_partitions or ():
            if place.error is not None:
                raise broker_error(place.error, connection=self._connection)


def _longest_text(before: Marks, runs: list[tuple[int, int]]) -> int:
    """Return about how long what is kept gets, while runs are added one after the other."""
    marks, longest, step = before.copy(), 0, max(len(runs) // _LOOKS, 1)
    for number, (start, stop) in enumerate(runs, start=1):
        marks.add(start, stop)
        if number % step == 0 or number == len(runs):
            longest = max(longest, len(marks.text()))
    return longest
