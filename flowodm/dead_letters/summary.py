"""How many dead letters there are of what. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from flowodm.dead_letters.marks import Marks
from flowodm.dead_letters.selection import DeadRecord

__all__ = ["LetterCount", "Summary"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST: Final = 1_000
"""Kinds that are told apart; names of errors are anybody's."""
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterCount:
    """The dead letters of one kind in a topic."""

    topic: str
    """The topic of dead letters."""
    original_topic: str | None
    """Where they came from; None with `is_rest`, or where the headers do not say."""
    exception: str | None
    group: str | None
    count: int = 0
    waiting: int = 0
    """Of these, how many were not sent again."""
    first: datetime | None = None
    """When the first was written, in Kafka's own time; None where records have none."""
    last: datetime | None = None
    is_letter: bool = True
    """Whether the headers say that these are dead letters."""
    is_rest: bool = False
    """Whether these are all kinds beyond the thousand that are told apart."""


_Kind = tuple[str, str | None, str | None, str | None, bool]


class Summary:
    """Counts dead letters by topic, original topic, error and group.

    Args:
        sent: Of each topic and partition, which were sent again.
    """

    def __init__(self, sent: Mapping[tuple[str, int], Marks] | None = None) -> None:
        self._sent = sent or {}
        self._counts: dict[_Kind, LetterCount] = {}
        self.records = 0

    def add(self, records: Iterable[DeadRecord]) -> None:
        """Count records."""
        for one in records:
            self.records += 1
            kind = _kind(one)
            if kind not in self._counts and len(self._counts) >= _MOST:
                kind = (one.record.topic, None, None, None, True)
            found = self._counts.get(kind) or _nothing(kind, is_rest=len(self._counts) >= _MOST)
            self._counts[kind] = self._with(found, one)

    def counts(self) -> tuple[LetterCount, ...]:
        """Return what was counted, by topic, the most frequent kind first."""
        return tuple(sorted(self._counts.values(), key=_order))

    def _with(self, found: LetterCount, one: DeadRecord) -> LetterCount:
        record = one.record
        marks, moment = self._sent.get((record.topic, record.partition)), _time(record.timestamp)
        times = [time for time in (found.first, found.last, moment) if time is not None]
        return replace(
            found,
            count=found.count + 1,
            waiting=found.waiting + (marks is None or record.offset not in marks),
            first=min(times, default=None),
            last=max(times, default=None),
        )


def _kind(one: DeadRecord) -> _Kind:
    letter = one.letter
    if letter is None:
        return (one.record.topic, None, None, None, False)
    said = (letter.topic, letter.exception, letter.group)
    topic, exception, group = (None if text is None else text[:_LONGEST] for text in said)
    return (one.record.topic, topic, exception, group, True)


def _order(one: LetterCount) -> tuple[object, ...]:
    said = (one.original_topic, one.exception, one.group)
    return (one.topic, -one.count, not one.is_letter, *(text or "" for text in said))


def _nothing(kind: _Kind, *, is_rest: bool) -> LetterCount:
    topic, original, exception, group, is_letter = kind
    return LetterCount(
        topic=topic,
        original_topic=original,
        exception=exception,
        group=group,
        is_letter=is_letter,
        is_rest=is_rest,
    )


def _time(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
