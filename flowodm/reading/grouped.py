"""A read as a member of a consumer group: the one read that leaves a trace.

The group gives out the partitions and remembers the offsets. A record counts as read when it is
acknowledged, so that one which was handed out and not used comes again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from flowodm.connection.changes import is_internal
from flowodm.errors import UsageError
from flowodm.positions import End, Start, Stored
from flowodm.reading.choice import choose_topics
from flowodm.reading.cluster import Cluster
from flowodm.reading.notices import deleted, evicted, failed, headless, nothing_given
from flowodm.reading.options import Notice, PartitionProgress, ReadOptions
from flowodm.reading.source import Ends, Event, Source, consumer_settings
from flowodm.reading.spans import Bounds, Partition, Span
from flowodm.reading.tracker import Tracker, Where
from flowodm.reading.watch import Watch
from flowodm.record import Record

if TYPE_CHECKING:
    from confluent_kafka import Consumer, TopicPartition

    from flowodm.connection import KafkaConnection

__all__ = ["GroupRead", "check_group_options", "check_group_read"]

_WAIT: Final = 0.1
_OPERATION: Final = "tail --group"


def check_group_read(connection: "KafkaConnection", topics: Sequence[str]) -> None:
    """Refuse to commit as a group where the context does not allow it; before it is joined.

    Raises:
        ChangeRefused: It does not.
    """
    for topic in topics:
        connection.check_change(_OPERATION, topic)


class GroupRead:
    """The partitions that a group gives this member.

    Args:
        connection: The cluster; its context must not be read-only.
        topics: Names or patterns.
        options: `group` names the group.

    Raises:
        ChangeRefused: The context is read-only.
    """

    def __init__(
        self, connection: "KafkaConnection", topics: Sequence[str], options: ReadOptions
    ) -> None:
        self.notices: list[Notice] = []
        self._connection = connection
        self._names = tuple(topics)
        self._options = options
        check_group_read(connection, self._names)
        begins = isinstance(options.range.start, Start)
        settings = consumer_settings(options) | {
            "auto.offset.reset": "earliest" if begins else "latest"
        }
        self._consumer = connection.consumer(settings)
        self._cluster = Cluster(self._consumer, connection, timeout=options.timeout)
        self._source = Source(self._consumer)
        self._tracker = Tracker()
        self._bounds: dict[Partition, Bounds] = {}
        self._watch = Watch(self._cluster, every=options.refresh, always=options.follow)
        self._topics: tuple[str, ...] = ()
        self._stored: dict[Where, int] = {}
        self._handed_out: dict[Where, int] = {}
        """The next offset after what was handed out of each partition."""
        self._is_member = False
        self._ends = Ends()
        self._is_closed = False

    def open(self) -> list[Span]:
        """Note the ends of now, and join.

        Raises:
            BrokerError: The cluster did not answer, or has no such topic.
        """
        layout = self._cluster.layout()
        if not self._options.regex:
            self._cluster.check_permission(name for name in self._names if name not in layout)
        found = choose_topics(
            layout, self._names, regex=self._options.regex, where=self._cluster.address
        )
        topics = _usual(found)
        if not topics:
            self._connection.check_change(_OPERATION, found[0])
        partitions = [Partition(topic, one) for topic in topics for one in layout[topic]]
        self._bounds, errors = self._cluster.bounds(partitions)
        self.notices += [failed(one, error) for one, error in errors.items()]
        self._subscribe(topics)
        return []

    def begin(self, spans: Iterable[Span]) -> None:
        """The group begins by itself."""

    @property
    def is_done(self) -> bool:
        """Whether all partitions this member was given are read to the ends there were."""
        return self._is_member and not self._options.follow and not self._tracker.open

    def step(self) -> list[Record]:
        """Read on for a moment; often without a record.

        Raises:
            BrokerError: The cluster is gone, or refuses.
        """
        records, events = self._source.take(_WAIT)
        if records:
            records = self._tracker.accept(records, self._source.positions)
            self._handed_out |= _next_offsets(records)
        for event in events:
            self._meet(event)
        self.notices += [headless(Partition(*one), at) for one, at in self._source.take_headless()]
        if records:
            self._watch.hear()
        else:
            self._pass_over_gaps()
        if closed := self._tracker.take_closed():
            self._consumer.pause(_places(closed))
        self._look_around()
        return records

    def acknowledge(self, records: Sequence[Record]) -> None:
        """Note that records were used: they are committed within a second."""
        self._store(
            {
                where: self._reached(where) if offset >= self._handed_out[where] else offset
                for where, offset in _next_offsets(records).items()
                if where in self._tracker.known
            }
        )

    def progress(self) -> tuple[PartitionProgress, ...]:
        """Say how far each partition of this member is."""
        if not self._is_closed:
            self._ends.refresh(self._source, self._tracker.open)
        return self._tracker.progress(self._ends.known)

    def close(self, timeout: float) -> None:
        """Commit what was used, leave the group, let go of the broker."""
        self._is_closed = True
        self._cluster.close(timeout)

    def _pass_over_gaps(self) -> None:
        """Where nothing is outstanding, what the consumer passed over is read too."""
        self._tracker.advance(self._source.positions(self._tracker.open))
        self._store(
            {
                where: self._reached(where)
                for where, offset in self._stored.items()
                if offset >= self._handed_out[where]
            }
        )

    def _reached(self, where: Where) -> int:
        stop, position = self._tracker.span(where).stop, self._tracker.position(where)
        return position if stop is None else min(position, stop)

    def _store(self, offsets: Mapping[Where, int]) -> None:
        from confluent_kafka import TopicPartition

        mine = {
            where: offset
            for where, offset in offsets.items()
            if offset > self._stored.get(where, -1)
        }
        if mine:
            self._stored |= mine
            self._consumer.store_offsets(
                offsets=[TopicPartition(*where, offset) for where, offset in mine.items()]
            )

    def _meet(self, event: Event) -> None:
        from confluent_kafka import KafkaError

        where, offset, error = event
        if error.code() == KafkaError._PARTITION_EOF:
            self._tracker.advance({where: offset})
        elif error.code() == KafkaError._MAX_POLL_EXCEEDED:
            self.notices.append(evicted(self._options.group or ""))
        elif error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART and where in self._tracker.open:
            self.notices.append(deleted(Partition(*where)))
            self._tracker.close(where)
        elif error.fatal() or error.name().endswith("AUTHORIZATION_FAILED"):
            raise self._cluster.named(error)

    def _take(self, _consumer: "Consumer", given: "list[TopicPartition]") -> None:
        self._is_member = True
        for one in given:
            partition = Partition(one.topic, one.partition)
            bounds = self._bounds.get(partition, Bounds(0, 0))
            stop = None if self._options.follow else bounds.latest
            self._tracker.add(Span(partition, bounds.earliest, stop, bounds.latest))
        if not self._tracker.known:
            self.notices.append(nothing_given(self._options.group or ""))

    def _give(self, _consumer: "Consumer", taken: "list[TopicPartition]") -> None:
        for one in taken:
            self._tracker.remove((one.topic, one.partition))
            self._stored.pop((one.topic, one.partition), None)
            self._handed_out.pop((one.topic, one.partition), None)

    def _look_around(self) -> None:
        """See whether the cluster is there, and what topics are new to a pattern."""
        layout = self._watch.take()
        patience = None if self._options.follow else self._options.patience
        if (complaint := self._watch.complaint(patience=patience)) is not None:
            self.notices.append(complaint)
        if layout is None or not (self._options.regex and self._options.follow):
            return
        topics = _usual(choose_topics(layout, self._names, regex=True, can_be_none=True))
        if topics and topics != self._topics:
            self._subscribe(topics)

    def _subscribe(self, topics: tuple[str, ...]) -> None:
        self._topics = topics
        self._consumer.subscribe(
            list(topics), on_assign=self._take, on_revoke=self._give, on_lost=self._give
        )


def check_group_options(options: ReadOptions) -> None:
    """Refuse what a group decides itself.

    Raises:
        UsageError: A position, partitions or the last N are asked for.
    """
    start = options.range.start
    is_plain = isinstance(start, Start | End | Stored) and options.range.stop in (None, End())
    if not is_plain or options.partitions or options.partition_ranges or options.last is not None:
        raise UsageError(
            f"the group `{options.group}` decides which partitions are read, and from where",
            hint="leave out positions and partitions, or leave out `--group`; `start` and `end` say"
            " where a group without offsets begins",
        )


def _usual(topics: Iterable[str]) -> tuple[str, ...]:
    """Leave out internal topics, which a pattern does not mean where it commits."""
    return tuple(topic for topic in topics if not is_internal(topic))


def _next_offsets(records: Iterable[Record]) -> dict[Where, int]:
    return {(record.topic, record.partition): record.offset + 1 for record in records}


def _places(wheres: Iterable[Where]) -> "list[TopicPartition]":
    from confluent_kafka import TopicPartition

    return [TopicPartition(*where) for where in wheres]
