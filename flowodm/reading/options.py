"""What a read is asked for, and what it says of itself. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from flowodm.positions import Range

__all__ = ["Isolation", "Notice", "PartitionProgress", "Progress", "ReadOptions"]

Isolation = Literal["read_committed", "read_uncommitted"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What to read of the topics, and when to stop."""

    range: Range = field(default_factory=Range)
    """Where to begin in each partition and where to end; the default is the start."""
    partition_ranges: tuple[tuple[int, Range], ...] = ()
    """Ranges of single partitions, which win over `range`."""
    partitions: tuple[int, ...] | None = None
    """Only these. None: those that `partition_ranges` names, and without it all."""
    last: int | None = None
    """The last N records of the range, of all partitions and topics together, in time order."""
    follow: bool = False
    """Go on after the ends there were at the start. A stop of a range still stops."""
    limit: int | None = None
    """At most so many records."""
    idle_timeout: float | None = None
    """End after so many seconds without a record."""
    isolation: Isolation = "read_committed"
    missing_ok: bool = False
    """Topics that are not there are left out, and it is no error where all are; not for a group."""
    regex: bool = False
    """The topics are regular expressions (RE2 syntax) that must match a whole name."""
    group: str | None = None
    """Join this consumer group and commit what was read; refused in a read-only context."""
    timeout: float = 4.0
    """Seconds until brokers that do not answer are an error."""
    patience: float = 15.0
    """Seconds that a read to the end waits for brokers or a leader that went away meanwhile."""
    refresh: float = 5.0
    """Seconds between two looks for new partitions, new topics and lost leaders."""
    kafka: Mapping[str, str] = field(default_factory=dict)
    """librdkafka settings that win over the reader's own."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell of a read that goes on."""

    message: str
    """One line."""
    is_problem: bool
    """Records that were asked for are missing: the read has failed in part."""
    topic: str | None = None
    partition: int | None = None
    hint: str | None = None
    is_relief: bool = False
    """What was told before is over."""


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    """How far one partition is."""

    topic: str
    partition: int
    start: int
    position: int
    """The next offset to read."""
    stop: int | None
    """Where the read ends; None: nowhere."""
    end: int
    """The end offset that was seen last."""
    records: int
    is_done: bool

    @property
    def remaining(self) -> int:
        """Offsets still to go; more than records, where there are gaps."""
        until = self.end if self.stop is None else self.stop
        return 0 if self.is_done else max(0, until - self.position)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the read is."""

    partitions: tuple[PartitionProgress, ...]
    records: int
    """Records handed out."""
    seconds: float
    """Since the read began."""

    @property
    def remaining(self) -> int:
        """Offsets still to go, in all partitions."""
        return sum(partition.remaining for partition in self.partitions)

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds if self.seconds > 0 else 0.0
