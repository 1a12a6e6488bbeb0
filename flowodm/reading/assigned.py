"""A read by `assign`: no group is joined, nothing is committed, nothing is created."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from flowodm.positions import Range
from flowodm.reading.choice import NO_LEADER, Layout, choose_partitions, choose_topics, range_of
from flowodm.reading.cluster import Cluster
from flowodm.reading.notices import (
    cut_short,
    deleted,
    failed,
    headless,
    leader_is_back,
    leaderless,
    purged,
)
from flowodm.reading.options import Notice, PartitionProgress, ReadOptions
from flowodm.reading.source import Ends, Event, Source, consumer_settings
from flowodm.reading.spans import Partition, Span, moments_of, settle
from flowodm.reading.tracker import Tracker, Where
from flowodm.reading.watch import Watch
from flowodm.record import Record

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, TopicPartition

    from flowodm.connection import KafkaConnection

__all__ = ["AssignedRead"]

_WAIT: Final = 0.1
"""Seconds that one step waits for a record at most; an interrupt is kept waiting as long."""
_FIRST_WAIT: Final = 0.005
"""Seconds after a record: what ends a partition is often already there, and not shown."""
_NEW_TOPIC: Final = 1.0
"""Seconds that a topic which was just made may take to have its leaders."""


class AssignedRead:
    """Partitions that are read side by side.

    Args:
        connection: The cluster.
        topics: Names or patterns.
        options: What to read of them.
    """

    def __init__(
        self, connection: "KafkaConnection", topics: Sequence[str], options: ReadOptions
    ) -> None:
        self.notices: list[Notice] = []
        self._names = tuple(topics)
        self._options = options
        self._consumer = connection.consumer(consumer_settings(options))
        self._cluster = Cluster(self._consumer, connection, timeout=options.timeout)
        self._watch = Watch(self._cluster, every=options.refresh, always=options.follow)
        self._source = Source(self._consumer)
        self._tracker = Tracker()
        self._ends = Ends()
        self._is_closed = False
        self._waiting: dict[Partition, Range] = {}
        """Partitions without a leader, that a follower waits for."""
        self._lost: dict[Where, float] = {}
        """Partitions that lost their leader, and when that was seen."""
        self._gone: set[Where] = set()
        """Partitions that the last look at the cluster did not see."""
        self._misplaced: set[Where] = set()
        """Partitions whose next offset is gone, and that could not say where to go on."""
        self._ended: dict[Where, tuple[int, float]] = {}
        """Partitions that ended before their stop, where, and when that was seen."""
        self._missing: set[Partition] = set()
        """Partitions without what was asked for; not to be taken for new ones."""
        self._wait = _FIRST_WAIT

    def open(self) -> list[Span]:
        """Settle what is to be read; `begin` begins it.

        Raises:
            BrokerError: The cluster did not answer, or has no such topic.
            UsageError: There is no such partition.
        """
        layout = self._first_layout()
        if not (self._options.regex or self._options.missing_ok):
            self._cluster.check_permission(name for name in self._names if name not in layout)
        topics = choose_topics(
            layout,
            self._names,
            regex=self._options.regex,
            can_be_none=self._options.missing_ok,
            where=self._cluster.address,
        )
        partitions = choose_partitions(layout, topics, self._options, can_lack=not topics)
        return self._settle({one: range_of(one, self._options) for one in partitions}, layout)

    def begin(self, spans: Iterable[Span]) -> None:
        """Read these, and nothing that was read before."""
        self._tracker = Tracker()
        for span in spans:
            self._tracker.add(span)
        self._consumer.assign(self._places(self._tracker.open))
        self._watch.hear()
        self._wait = _FIRST_WAIT

    @property
    def is_done(self) -> bool:
        """Whether nothing more will come."""
        return not (self._tracker.open or self._waiting)

    @property
    def is_reading(self) -> bool:
        """Whether a partition has not been read to its stop."""
        return bool(self._tracker.open)

    def step(self, *, discover: bool = True) -> list[Record]:
        """Read on for a moment; often without a record.

        Args:
            discover: Whether a follower also takes up partitions that are new.

        Raises:
            BrokerError: The cluster is gone, or refuses.
        """
        records, events = self._source.take(self._wait)
        if records:
            records = self._tracker.accept(records, self._source.positions)
        for event in events:
            self._meet(event)
        self.notices += [headless(Partition(*one), at) for one, at in self._source.take_headless()]
        if records:
            self._watch.hear()
            self._wait = _FIRST_WAIT
        else:
            self._tracker.advance(self._source.positions(self._tracker.ending))
            self._wait = min(_WAIT, self._wait * 2)
        self._let_go()
        self._look_around(discover=discover)
        return records

    def acknowledge(self, records: Sequence[Record]) -> None:
        """Nobody remembers what was read."""

    def progress(self) -> tuple[PartitionProgress, ...]:
        """Say how far each partition is."""
        if not self._is_closed:
            self._ends.refresh(self._source, self._tracker.open)
        return self._tracker.progress(self._ends.known)

    def close(self, timeout: float) -> None:
        """Let go of the broker."""
        self._is_closed = True
        self._cluster.close(timeout)

    def _first_layout(self) -> Layout:
        """The cluster's layout, once the leaders of a topic that was just made are known."""
        until = monotonic() + _NEW_TOPIC
        while True:
            layout = self._cluster.layout()
            leaders = [one for name in self._names for one in layout.get(name, {}).values()]
            if NO_LEADER not in leaders or monotonic() > until:
                return layout
            sleep(_WAIT)

    def _settle(
        self, asked: Mapping[Partition, Range], layout: Layout, *, is_late: bool = False
    ) -> list[Span]:
        """Turn ranges into offsets; what cannot be read is noticed, or waited for.

        Partitions that a follower found later are looked at again and again instead.
        """
        led = [one for one in asked if _has_leader(layout, one)]
        for one in asked.keys() - led:
            self.notices.append(leaderless(one, is_waiting=self._options.follow))
            if self._options.follow:
                self._waiting[one] = asked[one]
        bounds, errors = self._cluster.bounds(led)
        if not is_late:
            self.notices += [failed(one, error) for one, error in errors.items()]
            self._missing.update(errors)
        at = self._cluster.offsets_at(bounds, moments_of(asked[one] for one in bounds))
        spans = []
        for one in bounds:
            span, notice = settle(
                asked[one], one, bounds[one], at[one], follow=self._options.follow
            )
            if notice is not None:
                self.notices.append(notice)
            if span is None:
                self._missing.add(one)
            else:
                spans.append(span)
        return spans

    def _meet(self, event: Event) -> None:
        """Handle the end of a partition, or what went wrong with it."""
        from confluent_kafka import KafkaError

        where, offset, error = event
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            self._tracker.advance({where: offset})
            if where not in self._ended or self._ended[where][0] != offset:
                self._ended[where] = offset, monotonic()
        elif code == KafkaError.GROUP_AUTHORIZATION_FAILED:
            return  # about the group that this read does not join
        elif code == KafkaError._AUTO_OFFSET_RESET:
            self._find_place(where)
        elif error.fatal() or code == KafkaError.CLUSTER_AUTHORIZATION_FAILED:
            raise self._cluster.named(error)
        elif code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.UNKNOWN_TOPIC_OR_PART):
            self._give_up(where, error)

    def _give_up(self, where: Where, error: "KafkaError") -> None:
        from confluent_kafka import KafkaError

        if where not in self._tracker.open:
            return
        if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            self.notices.append(deleted(Partition(*where)))
        elif len({topic for topic, _ in self._tracker.known}) == 1:
            raise self._cluster.named(error)
        else:
            self.notices.append(failed(Partition(*where), self._cluster.named(error)))
        self._tracker.close(where)

    def _find_place(self, where: Where) -> None:
        """The next offset is gone: deleted before it was read, or the partition was cut short."""
        if where not in self._tracker.open:
            return
        one, position = Partition(*where), self._tracker.position(where)
        bounds, errors = self._cluster.bounds([one])
        self._misplaced.discard(where)
        if errors:
            self._misplaced.add(where)  # asked again at the next look, when it has a leader
            return
        earliest, latest = bounds[one].earliest, bounds[one].latest
        stop = self._tracker.span(where).stop
        if position < earliest:
            self.notices.append(purged(one, position, earliest))
        elif position > latest:
            self.notices.append(cut_short(one, position, latest))
            stop = None if stop is None else latest
        place = min(max(position, earliest), latest)
        self._add([replace(self._tracker.span(where), start=place, stop=stop, latest=latest)])

    def _add(self, spans: Iterable[Span]) -> None:
        """Read these too, or elsewhere."""
        for span in spans:
            where = (span.partition.topic, span.partition.number)
            if where in self._tracker.open:
                self._consumer.incremental_unassign(self._places([where]))
            self._tracker.add(span)
            if where in self._tracker.open:
                self._consumer.incremental_assign(self._places([where]))

    def _let_go(self) -> None:
        """Stop fetching what has been read, so that the rest comes sooner."""
        if closed := self._tracker.take_closed():
            self._consumer.incremental_unassign(self._places(closed))

    def _places(self, wheres: Iterable[Where]) -> "list[TopicPartition]":
        from confluent_kafka import TopicPartition

        return [TopicPartition(*where, self._tracker.position(where)) for where in sorted(wheres)]

    def _look_around(self, *, discover: bool) -> None:
        layout = self._watch.take()
        patience = None if self._options.follow else self._options.patience
        if (complaint := self._watch.complaint(patience=patience)) is not None:
            self.notices.append(complaint)
        if layout is not None:
            self._compare(layout)
            if discover and self._options.follow:
                self._read_found(layout)

    def _compare(self, layout: Layout) -> None:
        """See what has changed: topics gone, leaders lost and found, new partitions."""
        for where in tuple(self._tracker.open):
            if where[1] not in layout.get(where[0], {}):
                self._miss(where)
            else:
                self._gone.discard(where)
                has_leader = _has_leader(layout, Partition(*where))
                self._compare_leader(where, has_leader=has_leader)
                if where in self._misplaced and has_leader:
                    self._find_place(where)
        if not self._options.follow:
            self._lose_patience()

    def _miss(self, where: Where) -> None:
        """Believe that a topic is gone when two looks in a row do not see it."""
        if where in self._gone:
            self.notices.append(deleted(Partition(*where)))
            self._tracker.close(where)
        self._gone.add(where)

    def _compare_leader(self, where: Where, *, has_leader: bool) -> None:
        one = Partition(*where)
        if has_leader:
            if self._lost.pop(where, None) is not None and self._options.follow:
                self.notices.append(leader_is_back(one))
        elif where not in self._lost:
            self._lost[where] = monotonic()
            if self._options.follow:
                self.notices.append(leaderless(one, is_waiting=True))

    def _lose_patience(self) -> None:
        """Give up what a read to the end has waited for too long."""
        for where, since in tuple(self._lost.items()):
            if where in self._tracker.open and monotonic() - since > self._options.patience:
                self.notices.append(leaderless(Partition(*where), is_waiting=False))
                self._tracker.close(where)
        for where, (end, since) in tuple(self._ended.items()):
            is_still = self._tracker.position(where) == end and where in self._tracker.open
            if is_still and monotonic() - since > self._options.patience:
                stop = self._tracker.span(where).stop
                self.notices.append(cut_short(Partition(*where), stop or end, end))
                self._tracker.close(where)

    def _read_found(self, layout: Layout) -> None:
        """Read partitions that are new, or have a leader at last."""
        topics = choose_topics(layout, self._names, regex=self._options.regex, can_be_none=True)
        known = {Partition(*where) for where in self._tracker.known}
        found = {
            one: self._waiting.get(one, Range(stop=range_of(one, self._options).stop))
            for one in choose_partitions(layout, topics, self._options, can_lack=True)
            if one not in known and one not in self._missing and _has_leader(layout, one)
        }
        if not found:
            return
        spans = self._settle(found, layout, is_late=True)
        for span in spans:
            self._waiting.pop(span.partition, None)
        self._add(spans)


def _has_leader(layout: Layout, partition: Partition) -> bool:
    return layout[partition.topic][partition.number] != NO_LEADER
