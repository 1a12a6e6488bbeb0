"""What a replay would send where, found by reading alone: the dry run, and what a replay follows."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from flowodm.connection.changes import is_internal
from flowodm.connection.kafka import PATIENCE
from flowodm.consumer.dead_letter import DeadLetter, times_replayed
from flowodm.dead_letters.marks import Marks
from flowodm.dead_letters.progress import replay_group
from flowodm.dead_letters.selection import DeadRecord, Selection, Sieve
from flowodm.errors import BrokerError, ChangeRefused, UsageError
from flowodm.positions import Offset, Start
from flowodm.producer import count_partitions
from flowodm.query import FilterCounts
from flowodm.reader import Notice, Reader, ReadOptions
from flowodm.record import Record

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["LeftOut", "ReplayPlan", "ReplayShare", "build_plan", "target_of"]

_MOST_SHARES: Final = 1_000
_OTHERS: Final = "others"
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class ReplayShare:
    """The records of one error that go to one topic."""

    target: str
    exception: str | None
    count: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Records that are chosen and cannot be sent, for one reason."""

    reason: str
    count: int
    partition: int
    """Of the first of them."""
    offset: int
    is_failure: bool
    """Whether it is an obstacle, and not what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlan:
    """What to send of a topic of dead letters, and where."""

    topic: str
    target: str | None
    """Where all of it goes; None: where each came from."""
    selected: Mapping[int, Marks]
    """Of each partition, the offsets to send; gaps belong to the record after them."""
    shares: tuple[ReplayShare, ...]
    left_out: tuple[LeftOut, ...]
    targets: Mapping[str, int]
    """How many partitions each topic has that something goes to."""
    scanned: int
    already_sent: int
    """Records that are chosen and were sent before."""
    filtered: FilterCounts | None
    """What the filter of decoded records has seen."""
    notices: tuple[Notice, ...]

    @property
    def count(self) -> int:
        """How many records are to be sent."""
        return sum(share.count for share in self.shares)


def build_plan(
    connection: "KafkaConnection",
    topic: str,
    *,
    sent: Mapping[int, Marks],
    target: str | None = None,
    selection: Selection | None = None,
    max_replays: int = 3,
    timeout: float = PATIENCE,
    on_step: Callable[[Reader], None] | None = None,
) -> ReplayPlan:
    """Read a topic of dead letters up to the ends of now, and settle what would be sent where.

    Args:
        connection: The cluster; nothing is written to it.
        topic: The topic of dead letters.
        sent: Of each partition, what was sent before, and is not to be sent again.
        target: Where all of it goes; None: where each came from.
        selection: What is chosen; None: all.
        max_replays: Records that were sent again so many times are left out.
        timeout: Seconds to wait for each answer of the cluster.
        on_step: Called now and then with the reader, which knows how far it is.

    Raises:
        TopicNotFound: There is no such topic, or no such target.
        UsageError: The target is the topic itself, or a filter has no meaning.
        ChangeRefused: The target is internal to Kafka.
        BrokerError: A part of the topic could not be read, or what was sent of it is more than
            there is.
    """
    selection = selection or Selection()
    has_registry = selection.needs_values and connection.context.schema_registry is not None
    sieve = Sieve(selection, connection.schema_registry() if has_registry else None)
    known = _Targets(connection, topic, target)
    draft = _Draft(known, max_replays)
    chosen = selection.partitions or tuple(range(count_partitions(connection, topic)))
    if selection.range.start == Start():
        draft.begin({one: sent[one].watermark if one in sent else 0 for one in chosen})
    options = _read_options(selection, sent, chosen, timeout)
    with Reader(connection, (topic,), options) as reader:
        for batch in reader.batches():
            kept = iter(sieve.keep(batch))
            draft.take(batch, kept, sent)
            if on_step is not None:
                on_step(reader)
        _check_ends(reader, sent)
    for notice in reader.notices:
        if notice.is_problem:
            raise BrokerError(notice.message, hint=notice.hint)
    return draft.plan(topic, target, sieve.counts, reader.notices)


def target_of(letter: DeadLetter, target: str | None) -> str:
    """Return the topic that a dead letter is sent to."""
    return target if target is not None else letter.topic or ""


def _read_options(
    selection: Selection, sent: Mapping[int, Marks], chosen: tuple[int, ...], timeout: float
) -> ReadOptions:
    """Read the range that is chosen; a whole partition from the first record that was not sent."""
    is_whole = selection.range.start == Start()
    ranges = [
        (one, replace(selection.range, start=Offset(sent[one].watermark)))
        for one in chosen
        if is_whole and one in sent and sent[one].watermark
    ]
    return ReadOptions(
        range=selection.range,
        partitions=chosen,
        partition_ranges=tuple(ranges),
        timeout=timeout,
    )


def _check_ends(reader: Reader, sent: Mapping[int, Marks]) -> None:
    """Refuse progress that is not this topic's: records to come would count as sent."""
    for one in reader.progress.partitions:
        marks = sent.get(one.partition)
        if marks and marks.stop > one.end:
            raise BrokerError(
                f"`{one.topic}` [{one.partition}] ends at {one.end}, and records up to"
                f" {marks.stop - 1} count as sent: the topic was made anew, or cut short",
                hint=f"delete the group `{replay_group(one.topic)}` to begin again",
            )


class _Targets:
    """The topics that records go to, each asked for once."""

    def __init__(self, connection: "KafkaConnection", topic: str, target: str | None) -> None:
        self._topic = topic
        self.target = target
        if target == topic:
            raise UsageError(f"`{topic}` is where the dead letters are; a replay goes elsewhere")
        if target is not None and is_internal(target):
            raise ChangeRefused(f"topic `{target}` is internal to Kafka or its registry")
        found = connection.metadata().topics
        self.counts = {name: len(one.partitions) for name, one in found.items()}
        if target is not None:
            self.counts[target] = count_partitions(connection, target)

    def obstacle(self, name: str) -> str | None:
        """Say why nothing can be sent to a topic; None: it can."""
        if name == self._topic:
            return "came from this topic itself"
        if is_internal(name):
            return f"came from `{name[:_LONGEST]}`, which is internal to Kafka or its registry"
        if name not in self.counts:
            return f"came from `{name[:_LONGEST]}`, which does not exist"
        return None


class _Draft:
    """A plan in the making."""

    def __init__(self, targets: _Targets, max_replays: int) -> None:
        self._targets = targets
        self._max_replays = max_replays
        self._selected: dict[int, Marks] = {}
        self._shares: Counter[tuple[str, str | None]] = Counter()
        self._left_out: dict[tuple[str, bool], LeftOut] = {}
        self._after: dict[int, int] = {}
        """The offset after the last record that was seen of each partition."""
        self._scanned = self._already = 0

    def begin(self, places: Mapping[int, int]) -> None:
        """Note where the reading of partitions begins: all before is done, or is not there."""
        self._after.update(places)

    def take(
        self, batch: Iterable[Record], kept: Iterator[DeadRecord], sent: Mapping[int, Marks]
    ) -> None:
        """Take the next records, and which of them are chosen."""
        one = next(kept, None)
        for record in batch:
            self._scanned += 1
            if one is not None and one.record is record:
                self._choose(one, sent.get(record.partition))
                one = next(kept, None)
            self._after[record.partition] = record.offset + 1

    def plan(
        self,
        topic: str,
        target: str | None,
        filtered: FilterCounts | None,
        notices: tuple[Notice, ...],
    ) -> ReplayPlan:
        """Return what was settled."""
        names = {name for name, _ in self._shares}
        return ReplayPlan(
            topic=topic,
            target=target,
            selected=self._selected,
            shares=tuple(
                ReplayShare(name, exception, count)
                for (name, exception), count in self._shares.most_common()
            ),
            left_out=tuple(sorted(self._left_out.values(), key=lambda one: -one.count)),
            targets={name: self._targets.counts[name] for name in sorted(names)},
            scanned=self._scanned,
            already_sent=self._already,
            filtered=filtered,
            notices=notices,
        )

    def _choose(self, one: DeadRecord, sent: Marks | None) -> None:
        record, letter = one
        if sent is not None and record.offset in sent:
            self._already += 1
            return
        if letter is None:
            self._leave(one, "are no dead letters by their headers", is_failure=False)
            return
        name = target_of(letter, self._targets.target)
        if (obstacle := self._targets.obstacle(name)) is not None:
            self._leave(one, obstacle, is_failure=True)
        elif times_replayed(record.headers) >= self._max_replays:
            most = f"were sent again {self._max_replays} times or more"
            self._leave(one, most, is_failure=False)
        else:
            start = self._after.get(record.partition, record.offset)
            self._selected.setdefault(record.partition, Marks()).add(start, record.offset + 1)
            self._shares[self._share(name, letter.exception)] += 1

    def _share(self, target: str, exception: str | None) -> tuple[str, str | None]:
        share = (target, None if exception is None else exception[:_LONGEST])
        is_full = len(self._shares) >= _MOST_SHARES and share not in self._shares
        return (target, _OTHERS) if is_full else share

    def _leave(self, one: DeadRecord, reason: str, *, is_failure: bool) -> None:
        if (reason, is_failure) not in self._left_out and len(self._left_out) >= _MOST_SHARES:
            reason = "came from other topics that do not exist"
        key, record = (reason, is_failure), one.record
        found = self._left_out.get(key) or LeftOut(
            reason, 0, record.partition, record.offset, is_failure
        )
        self._left_out[key] = replace(found, count=found.count + 1)
