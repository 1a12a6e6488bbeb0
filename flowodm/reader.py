"""Bounded reads: from positions, up to positions, and following.

Reads by `assign`: no group is joined, nothing is committed, no topic is created. A group, when
one is asked for by name, is the exception.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from flowodm.positions import Range
from flowodm.record import Record

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["Notice", "PartitionProgress", "Progress", "ReadOptions", "Reader", "read"]

Isolation = Literal["read_committed", "read_uncommitted"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What to read of the topics, and when to stop."""

    range: Range = field(default_factory=Range)
    """Where to begin in each partition and where to end; the default is the start."""
    partition_ranges: tuple[tuple[int, Range], ...] = ()
    """Ranges of single partitions, which win over `range`."""
    partitions: tuple[int, ...] | None = None
    """Only these; None: all (with `partition_ranges` alone: those that it names)."""
    last: int | None = None
    """The last N of all partitions together, in time order."""
    follow: bool = False
    """Go on after the end there was at the start. A range's own stop still stops."""
    limit: int | None = None
    """At most so many records."""
    idle_timeout: float | None = None
    """End after so many seconds without a record."""
    isolation: Isolation = "read_committed"
    regex: bool = False
    """The topics are regular expressions that must match a whole name."""
    group: str | None = None
    """Join this consumer group and commit what was read; refused in a read-only context."""
    timeout: float = 5.0
    """Seconds until a broker that does not answer is an error."""
    kafka: Mapping[str, str] = field(default_factory=dict)
    """librdkafka settings that win over the reader's own."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know of a read that goes on."""

    message: str
    """One line, about the thing it names."""
    is_problem: bool
    """Records that were asked for are missing: the read ends with a failure."""
    topic: str | None = None
    partition: int | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    """How far one partition is."""

    topic: str
    partition: int
    start: int
    position: int
    """The next offset."""
    stop: int | None
    """Where the read ends; None: nowhere."""
    end: int
    """The end offset seen last."""
    records: int
    is_done: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the read is."""

    partitions: tuple[PartitionProgress, ...]
    records: int
    remaining: int
    """Offsets up to the stops, or up to the known ends; more than records, where there are gaps."""
    seconds: float
    """Since the read began."""
    rate: float
    """Records a second."""


class Reader:
    """A read of topics; a context manager.

    Args:
        connection: The cluster.
        topics: Names, or patterns with `options.regex`.
        options: What to read of them.
    """

    def __init__(
        self, connection: "KafkaConnection", topics: tuple[str, ...], options: ReadOptions
    ) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What has been noticed so far, oldest first."""
        raise NotImplementedError

    @property
    def progress(self) -> Progress:
        """How far the read is now."""
        raise NotImplementedError

    def batches(self) -> Iterator[list[Record]]:
        """Read on; a batch may be empty, about five times a second, so that a face can look up."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the broker."""


def read(
    connection: "KafkaConnection", *topics: str, options: ReadOptions | None = None
) -> Iterator[Record]:
    """Read records one by one."""
    raise NotImplementedError
