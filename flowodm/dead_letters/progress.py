"""What was sent again of a topic of dead letters: kept in the cluster, as a group's offsets.

The group `flowodm-replay-TOPIC` has no members. Its offset of a partition is the first record that
was not sent; which of the later ones were is in the offset's metadata (`marks.py`). So every
replay of the topic goes on where the others stopped, whatever each of them chose.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, Self

from flowodm.connection.kafka import PATIENCE
from flowodm.connection.waiting import in_thread
from flowodm.dead_letters.marks import MOST_TEXT, Marks
from flowodm.errors import BrokerError, PlanError, UsageError
from flowodm.producer import count_partitions

if TYPE_CHECKING:
    from confluent_kafka import TopicPartition

    from flowodm.connection import KafkaConnection

__all__ = ["Progress", "read_progress", "replay_group"]

_GRACE: Final = 0.5
_AGAIN: Final = 0.1
_PASSING: Final = frozenset(
    {
        *("NOT_COORDINATOR", "NOT_COORDINATOR_FOR_GROUP", "_WAIT_COORD"),
        *("COORDINATOR_NOT_AVAILABLE", "GROUP_COORDINATOR_NOT_AVAILABLE"),
        *("COORDINATOR_LOAD_IN_PROGRESS", "GROUP_LOAD_IN_PROGRESS"),
    }
)
"""What a broker answers for a group while it starts."""
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
    there = connection.metadata(timeout).topics
    found: dict[tuple[str, int], Marks] = {}
    for topic in dict.fromkeys(topics):
        if topic in there:
            numbers = range(len(there[topic].partitions))
            with _Offsets(connection, topic, timeout) as offsets:
                kept = offsets.read(numbers)
            found |= {(topic, partition): marks for partition, marks in kept.items()}
    return found


class _Offsets:
    """The offsets of a topic's replay group, read and written by a consumer that reads nothing.

    The admin client would do, but for librdkafka: its question for a group's offsets ends the
    process when the group's broker is just starting (seen in 2.16, `rd_kafka_cgrp_op`).
    """

    def __init__(self, connection: "KafkaConnection", topic: str, timeout: float) -> None:
        self._connection = connection
        self._topic = topic
        self._timeout = timeout
        self._consumer = connection.consumer(
            {
                "group.id": replay_group(topic),
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "allow.auto.create.topics": False,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, partitions: Iterable[int]) -> dict[int, Marks]:
        """Return what is kept of partitions, where something is."""
        from confluent_kafka import TopicPartition

        asked = [TopicPartition(self._topic, one) for one in partitions]
        ask = partial(self._consumer.committed, asked, timeout=self._timeout)
        found = {}
        for place in self._answer(ask):
            marks = Marks.of(place.offset, place.metadata)
            if marks:
                found[place.partition] = marks
        return found

    def write(self, changed: Mapping[int, Marks]) -> None:
        """Keep the marks of partitions, and wait until they are kept."""
        from confluent_kafka import TopicPartition

        places = [
            TopicPartition(self._topic, partition, marks.watermark, marks.text())
            for partition, marks in sorted(changed.items())
        ]
        commit: Callable[..., Any] = self._consumer.commit  # it answers, whatever its type says
        ask = partial(commit, offsets=places, asynchronous=False)
        self._answer(ask)

    def close(self, timeout: float | None = None) -> None:
        """Let go of the cluster; there is no group to leave."""
        in_thread(self._consumer.close)

    def _answer(self, ask: "Callable[[], list[TopicPartition] | None]") -> "list[TopicPartition]":
        """Ask, and again while the group's broker is only starting."""
        until = monotonic() + self._timeout
        while True:
            try:
                return self._checked(self._connection.call(ask, timeout=self._timeout + _GRACE))
            except BrokerError as error:
                if monotonic() > until or not _is_passing(error):
                    raise
            sleep(_AGAIN)

    def _checked(self, places: "list[TopicPartition] | None") -> "list[TopicPartition]":
        from confluent_kafka import KafkaException

        from flowodm.connection import broker_error

        for place in places or ():
            if place.error is not None:
                error = broker_error(place.error, connection=self._connection)
                raise error from KafkaException(place.error)
        return places or []


def _is_passing(error: BrokerError) -> bool:
    from confluent_kafka import KafkaException

    cause = error.__cause__
    return isinstance(cause, KafkaException) and cause.args[0].name() in _PASSING


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
        self._count = count_partitions(connection, topic)
        key = ("dead_letters", topic, timeout)
        self._offsets = connection.owned(key, lambda: _Offsets(connection, topic, timeout))
        self._kept = self._offsets.read(range(self._count))
        self._tried: list[dict[int, Marks]] = []
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
        self._tried.append({partition: marks.copy() for partition, marks in changed.items()})
        self._offsets.write(changed)
        self._kept |= self._tried[-1]
        self._tried.clear()

    def _check_alone(self) -> None:
        """Refuse to go on where someone else has written; a try of ours may have come through."""
        found = self._offsets.read(range(self._count))
        for partition in found.keys() | self._kept.keys():
            known = [one.get(partition) for one in (self._kept, *self._tried)]
            if found.get(partition) not in known:
                raise PlanError(
                    f"another replay of `{self._topic}` is at work, or its progress was changed",
                    hint=f"what was sent since may be sent again; group `{self.group}`",
                )


def _longest_text(before: Marks, runs: list[tuple[int, int]]) -> int:
    """Return about how long what is kept gets, while runs are added one after the other."""
    marks, longest, step = before.copy(), 0, max(len(runs) // _LOOKS, 1)
    for number, (start, stop) in enumerate(runs, start=1):
        marks.add(start, stop)
        if number % step == 0 or number == len(runs):
            longest = max(longest, len(marks.text()))
    return longest
