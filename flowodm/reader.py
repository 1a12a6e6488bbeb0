"""Bounded reads: from a position up to another, to the end, or following.

Reads by `assign`: no group is joined, nothing is committed, no topic is created. A group, when
one is asked for by name, is the exception. Records are bytes here; `flowodm.codec` decodes them.

Example:
    >>> with Reader(connection, ("user-events",), ReadOptions(last=10)) as reader:  # doctest: +SKIP
    ...     for batch in reader.batches():
    ...         ...

The rooms are in `flowodm.reading`: `spans` settles positions, `tracker` knows how far a read is,
`assigned` and `grouped` read.
"""

from collections.abc import Iterator, Sequence
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from flowodm.errors import BrokerError, UsageError
from flowodm.positions import Stored
from flowodm.reading.assigned import AssignedRead
from flowodm.reading.grouped import GroupRead, check_group_options
from flowodm.reading.last import read_last
from flowodm.reading.options import Notice, PartitionProgress, Progress, ReadOptions
from flowodm.reading.spans import Span
from flowodm.record import Record

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["Notice", "PartitionProgress", "Progress", "ReadOptions", "Reader", "read"]

_HURRY: Final = 0.5
_LEISURE: Final = 5.0


class Reader:
    """A read of topics; a context manager, used once, by one thread.

    Args:
        connection: The cluster.
        topics: Names, or patterns with `options.regex`.
        options: What to read of them.

    Raises:
        UsageError: The options contradict one another.
        ChangeRefused: A group was asked for, and the context is read-only.
    """

    def __init__(
        self,
        connection: "KafkaConnection",
        topics: Sequence[str],
        options: ReadOptions | None = None,
    ) -> None:
        self._options = options or ReadOptions()
        _check(self._options)
        self._connection = connection
        self._topics = tuple(topics)
        self._read: AssignedRead | GroupRead | None = None
        self._spans: list[Span] = []
        self._batches: Iterator[list[Record]] | None = None
        self._records = 0
        self._began = monotonic()
        self._ended: float | None = None

    def __enter__(self) -> Self:
        """Settle what is to be read; the ends of the read are the ends of now.

        Raises:
            BrokerError: The cluster does not answer, or has no such topic.
            UsageError: A partition or position that there is not.
        """
        kind = AssignedRead if self._options.group is None else GroupRead
        self._read = kind(self._connection, self._topics, self._options)
        try:
            self._spans = self._read.open()
        except BaseException:
            self.close(timeout=_HURRY)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(timeout=_HURRY if isinstance(error, KeyboardInterrupt) else _LEISURE)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What there is to tell so far, oldest first; problems among it mean failure in part."""
        return tuple(self._read.notices) if self._read else ()

    @property
    def progress(self) -> Progress:
        """How far the read is now."""
        partitions = self._read.progress() if self._read else ()
        return Progress(partitions, self._records, (self._ended or monotonic()) - self._began)

    def batches(self) -> Iterator[list[Record]]:
        """Read, many records at a time; per partition in order.

        A batch may be empty: one comes at least five times a second, so that whoever reads can
        look up from waiting. Ends when all that was asked for has been read. A second call goes
        on where the first one was left.

        Raises:
            BrokerError: The cluster is gone, or refuses.
        """
        if self._read is None:
            raise RuntimeError("a Reader is read inside its `with` block")
        if self._batches is None:
            self._batches = self._limited(self._read)
        return self._batches

    def _limited(self, read: AssignedRead | GroupRead) -> Iterator[list[Record]]:
        left, heard = self._options.limit, monotonic()
        for batch in self._stream(read):
            if left is not None:
                batch = batch[:left]
                left -= len(batch)
            self._records += len(batch)
            yield batch
            if batch:
                read.acknowledge(batch)
                heard = monotonic()
            if left == 0 or self._is_idle(heard):
                return

    def acknowledge(self, records: Sequence[Record]) -> None:
        """Note that records were used: a group commits them, and nobody else remembers.

        A batch is acknowledged as a whole when the next one is asked for; this is for a part of
        one, or for the last.
        """
        if self._read is not None:
            self._read.acknowledge(records)

    def close(self, *, timeout: float = _LEISURE) -> None:
        """Let go of the brokers.

        Args:
            timeout: Seconds to wait at most for one that does not answer.
        """
        if self._read is not None and self._ended is None:
            self._ended = monotonic()
            self._read.close(timeout)

    def _stream(self, read: AssignedRead | GroupRead) -> Iterator[list[Record]]:
        if isinstance(read, AssignedRead) and self._options.last is not None:
            yield from read_last(read, self._spans, self._options.last)
        else:
            read.begin(self._spans)
        while not read.is_done:
            yield read.step()

    def _is_idle(self, heard: float) -> bool:
        patience = self._options.idle_timeout
        return patience is not None and monotonic() - heard >= patience


def read(
    connection: "KafkaConnection", *topics: str, options: ReadOptions | None = None
) -> Iterator[Record]:
    """Read records one by one.

    Args:
        connection: The cluster.
        topics: Names, or patterns with `options.regex`.
        options: What to read of them; without any, all there is.

    Raises:
        BrokerError: As `Reader`; also when a part of what was asked for could not be read.
    """
    with Reader(connection, topics, options) as reader:
        for batch in reader.batches():
            yield from batch
        for notice in reader.notices:
            if notice.is_problem:
                raise BrokerError(notice.message, hint=notice.hint)


def _check(options: ReadOptions) -> None:
    if options.group is not None:
        check_group_options(options)
    places = [options.range, *(a_range for _, a_range in options.partition_ranges)]
    if options.group is None and any(
        isinstance(place, Stored) for a_range in places for place in (a_range.start, a_range.stop)
    ):
        raise UsageError(
            "`stored` is where a consumer group stopped, and no group is named",
            hint="name it with `--group`, or use `start`, `end` or `-10`",
        )
    for name in ("last", "limit"):
        number = getattr(options, name)
        if number is not None and number < 0:
            raise UsageError(
                f"{name} {number} is less than nothing", hint=f"for example `--{name} 10`"
            )
