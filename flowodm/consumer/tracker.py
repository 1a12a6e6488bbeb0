"""`Tracker`: how far one partition is done, during one assignment (S3). Pure.

Only offsets that were received count: compaction and transactions leave gaps, so the offset after
one is not its number plus one. What may be committed is the first that is not done.
"""

from collections import deque

from flowodm.consumer.job import Job

__all__ = ["Tracker"]


class Tracker:
    """The records of one partition that came and are not yet passed by the watermark.

    Args:
        partition: The partition.
        epoch: The assignment; what belongs to another is not counted here.
    """

    __slots__ = ("_jobs", "_next", "_told", "epoch", "partition")

    def __init__(self, partition: int, epoch: int) -> None:
        self.partition = partition
        self.epoch = epoch
        self._jobs: deque[Job] = deque()
        """Received, by offset; the first of them is not done."""
        self._next: int | None = None
        """The offset after the last that was received."""
        self._told: int | None = None
        """The watermark that was stored last."""

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def first(self) -> Job | None:
        """The first record that is not done."""
        return self._jobs[0] if self._jobs else None

    @property
    def position(self) -> int | None:
        """The offset after the last that was received; None while nothing was."""
        return self._next

    @property
    def watermark(self) -> int | None:
        """What may be committed: the first offset that is not done; None while nothing came."""
        return self._jobs[0].offset if self._jobs else self._next

    @property
    def span(self) -> int:
        """How many offsets the uncommitted records reach over (S4)."""
        if not self._jobs or self._next is None:
            return 0
        return self._next - self._jobs[0].offset

    def is_known(self, offset: int) -> bool:
        """Tell whether an offset was received before."""
        return self._next is not None and offset < self._next

    def receive(self, job: Job) -> None:
        """Count a record in.

        Its offset is above all before it: where one is not, the partition was read anew, and the
        owner begins a new epoch with a new tracker.
        """
        assert self._next is None or job.offset >= self._next, "an offset went backwards"
        if self._next is None:
            self._told = job.offset  # where the group stands already
        self._jobs.append(job)
        self._next = job.offset + 1

    def finish(self, job: Job) -> None:
        """Note that a record is done; one of another epoch changes nothing."""
        if job.epoch != self.epoch:
            return
        job.is_done = True
        jobs = self._jobs
        while jobs and jobs[0].is_done:
            jobs.popleft()

    def advanced(self) -> int | None:
        """Return the watermark if it has advanced since this was asked last."""
        watermark = self.watermark
        if watermark == self._told:
            return None
        self._told = watermark
        return watermark
