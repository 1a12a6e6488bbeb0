"""The last records of a topic, each read with a candidate schema; what was found, counted."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from flowodm.codec.failure import DecodeFailure
from flowodm.codec.framing import unframe
from flowodm.reader import Reader, ReadOptions
from flowodm.subjects.trial.meaning import Change, Told, differences
from flowodm.subjects.trial.writers import NOT_AVRO, Writer, Writers, read

if TYPE_CHECKING:
    from flowodm.avro import Schema
    from flowodm.connection import KafkaConnection
    from flowodm.record import Record

__all__ = ["Issue", "Place", "Trial", "try_schema"]

_STEP: Final = re.compile(r'\[(?:(\d+)|"(?:[^"\\]|\\.)*")\]')
_MOST: Final = 200
"""Kinds of issue that are told."""


class Place(NamedTuple):
    """Where a record stands."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Issue:
    """One field that some records have trouble with."""

    kind: Literal["changed", "unreadable"]
    path: str
    """Dotted from the root: `items[].price`; `` for the whole."""
    records: int
    first: Place
    last: Place
    before: str
    """Of the first record: what was written."""
    after: str
    """Of the first record: what readers of the candidate get, or why they get nothing."""
    exact: str | None = None
    """What FlowODM's own reader gives instead, or why it refuses; None where it is the same."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a schema on records."""

    topic: str
    side: Literal["key", "value"]
    records: int
    """All that were read."""
    same: int
    """Read, and mean the same."""
    changed: int
    """Read, and mean something else."""
    unreadable: int
    """Cannot be read with the candidate."""
    empty: int
    """Have no bytes there: tombstones, or no key."""
    foreign: tuple[tuple[str, int], ...]
    """Other types of records in the topic, which are none of this subject: how many of each."""
    unknown: int
    """Not Avro, or name no schema."""
    broken: tuple[tuple[str, int], ...]
    """Cannot be read with their own writer's schema either: why, and how many."""
    issues: tuple[Issue, ...] = ()
    """The most frequent first."""

    @property
    def is_clean(self) -> bool:
        """Whether every record that could be judged means the same."""
        return not self.changed and not self.unreadable

    @property
    def judged(self) -> int:
        """How many records could be judged."""
        return self.same + self.changed + self.unreadable


def try_schema(
    connection: "KafkaConnection",
    topic: str,
    candidate: "Schema",
    *,
    last: int,
    side: Literal["key", "value"] = "value",
    latest: "Schema | None" = None,
    own_ids: Collection[int] = (),
    on_progress: Callable[[int], None] = lambda done: None,
) -> Trial:
    """Read the last records of a topic with a schema, and compare with what was written.

    Nothing is written: no group, no commit, no topic.

    Args:
        connection: The cluster and its registry.
        topic: The topic.
        candidate: The schema.
        last: How many records, of all partitions together.
        side: Whether keys or values are read.
        latest: The latest version of the subject, for what it gives where nothing was written.
        own_ids: The ids of the subject's versions; records of other ids whose type has another
            name are of another subject.
        on_progress: Called with how many records were tried.

    Raises:
        TopicNotFound: There is no such topic.
        BrokerError: The cluster cannot be read.
        RegistryUnreachable: No registry answers.
        SchemaError: The candidate and a writer's schema together are too large to resolve.
    """
    tally = _Tally(Writers(connection.schema_registry(), candidate, latest), side, own_ids)
    with Reader(connection, (topic,), ReadOptions(last=last)) as reader:
        for batch in reader.batches():
            tally.add(batch)
            on_progress(tally.records)
    return tally.result(topic)


@dataclass(slots=True)
class _Found:
    """One issue, while it is counted."""

    first: Place
    last: Place
    before: str
    after: str
    exact: str | None
    records: int = 1


@dataclass(slots=True)
class _Tally:
    """What became of the records so far."""

    writers: Writers
    side: Literal["key", "value"]
    own_ids: Collection[int]
    records: int = 0
    same: int = 0
    changed: int = 0
    unreadable: int = 0
    empty: int = 0
    unknown: int = 0
    foreign: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    found: dict[tuple[Literal["changed", "unreadable"], str], _Found] = field(default_factory=dict)

    def add(self, records: Iterable["Record"]) -> None:
        for record in records:
            self.records += 1
            self._judge(record)

    def result(self, topic: str) -> Trial:
        issues = [
            Issue(kind, path, one.records, one.first, one.last, one.before, one.after, one.exact)
            for (kind, path), one in self.found.items()
        ]
        issues.sort(key=lambda issue: (issue.kind != "unreadable", -issue.records))
        return Trial(
            topic,
            self.side,
            self.records,
            self.same,
            self.changed,
            self.unreadable,
            self.empty,
            tuple(self.foreign.most_common()),
            self.unknown,
            tuple(self.broken.most_common(10)),
            tuple(issues),
        )

    def _judge(self, record: "Record") -> None:
        data = record.key if self.side == "key" else record.value
        if data is None:
            self.empty += 1
            return
        framed = unframe(data, record.headers, is_key=self.side == "key")
        writer = None if framed is None else self.writers.find(framed)
        if framed is None or writer is None or writer == NOT_AVRO:
            self.unknown += 1
        elif isinstance(writer, str):
            self.broken[writer] += 1
        elif framed.schema_id not in self.own_ids and not writer.is_named_as_candidate():
            self.foreign[writer.schema.name] += 1
        else:
            self._read(writer, data, framed.start, Place(record.partition, record.offset))

    def _read(self, writer: Writer, data: bytes, start: int, place: Place) -> None:
        written = read(writer.written, data, start)
        if isinstance(written, DecodeFailure):
            self.broken[_plain(written.under(self.side))] += 1
            return
        candidate = read(writer.candidate, data, start)
        if isinstance(candidate, DecodeFailure):
            self.unreadable += 1
            self._note("unreadable", _plain(candidate.path), place, "", candidate.reason, None)
            return
        latest = None if writer.latest is None else read(writer.latest, data, start)
        beside = latest if isinstance(latest, Told) else None
        changes = tuple(differences(written, beside, candidate))
        if not changes:
            self.same += 1
            return
        self.changed += 1
        is_known = all(("changed", change.path) in self.found for change in changes)
        exact = None if is_known else _exact(writer, data, start, written, beside)
        for change in changes:
            told = None if exact is None else exact(change)
            self._note("changed", change.path, place, change.before, change.after, told)

    def _note(
        self,
        kind: Literal["changed", "unreadable"],
        path: str,
        place: Place,
        before: str,
        after: str,
        exact: str | None,
    ) -> None:
        known = self.found.get((kind, path))
        if known is not None:
            known.records += 1
            known.last = place
        elif len(self.found) < _MOST:
            told = None if exact == after else exact
            self.found[kind, path] = _Found(place, place, before, after, told)


def _exact(
    writer: Writer, data: bytes, start: int, written: Told, beside: Told | None
) -> Callable[[Change], str]:
    """What FlowODM's own reader gives where a value changes, or why it gives nothing."""
    exact = read(writer.exact, data, start)
    if isinstance(exact, DecodeFailure):
        refusal = f"refused, {exact.reason}"
        return lambda change: refusal
    after = {change.path: change.after for change in differences(written, beside, exact)}
    return lambda change: after.get(change.path, change.before)


def _plain(path: str) -> str:
    """Leave out which item or key it was: what happens to one happens to all."""
    return _STEP.sub(lambda match: "[]" if match[1] else "{}", path)
