"""`Board`: where the owner puts records, and where workers take them and say what became of them.

One lock guards the scheduler; it is held for moments. What is done goes to the owner in a queue,
since the owner alone counts it (S1).
"""

import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Literal, TypeAlias

from flowodm.consumer.job import Job
from flowodm.consumer.scheduler import Ordering, Scheduler

if TYPE_CHECKING:
    from flowodm.errors import FlowODMError

__all__ = ["Board", "Outcome"]

Outcome: TypeAlias = Literal["handled", "dead_lettered", "skipped"]
"""How a record came to be done."""


class Board:
    """The records of one run of a loop.

    Args:
        ordering: Which of them are worked on one after the other.
        clock: Monotonic seconds.
    """

    def __init__(self, ordering: Ordering, *, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        """Told when there may be something to take; threads wait for it."""
        self.scheduler = Scheduler(ordering)
        self.done: SimpleQueue[Job] = SimpleQueue()
        """What is done, on its way to the owner."""
        self.is_closed = False
        """Whether workers are to end."""
        self.failure: FlowODMError | None = None
        """Why the loop may not go on."""
        self.registry_outage: str | None = None
        """What the registry last said instead of a schema; None: it answers."""
        self.handled = self.retried = self.dead_lettered = self.skipped = 0
        self.on_work: Callable[[int], None] = lambda _count: None
        """Told how many lanes are ready after records were added; for workers that are tasks."""

    def __len__(self) -> int:
        """Return how many records came and are not done."""
        return self.scheduler.queued + len(self.scheduler.running)

    # --- the owner's side

    def add(self, jobs: Iterable[Job]) -> None:
        """Take records in, in their order."""
        with self.lock:
            scheduler = self.scheduler
            for job in jobs:
                scheduler.add(job)
            self._tell()

    def drop(self, partition: int) -> None:
        """Forget what waits of a partition (S8)."""
        with self.lock:
            self.scheduler.drop(partition)

    def stop(self, *, keep: bool = False) -> None:
        """Hand out nothing more, and forget what waits.

        Args:
            keep: Whether what waits is handed out all the same.
        """
        with self.lock:
            if not keep:
                self.scheduler.is_stopped = True
                self.scheduler.drop_all()

    def close(self) -> None:
        """Let the workers end."""
        with self.lock:
            self.is_closed = True
            self.scheduler.is_stopped = True
            self._tell_all()

    def working(self, partitions: Collection[int] | None = None) -> tuple[Job, ...]:
        """Return the records that are worked on: of some partitions, or all."""
        with self.lock:
            return tuple(
                job
                for job in self.scheduler.running
                if partitions is None or job.partition in partitions
            )

    def waiting(self) -> tuple[Job, ...]:
        """Return the records that wait."""
        with self.lock:
            return self.scheduler.waiting()

    def held(self) -> frozenset[int]:
        """Return the partitions that wait for an outage to end."""
        with self.lock:
            return self.scheduler.held

    def wait(self, seconds: float) -> Job | None:
        """Wait for a record to be done, and take it."""
        with suppress(Empty):
            return self.done.get(timeout=seconds)
        return None

    # --- the workers' side

    def next(self, done: Job | None = None) -> Job | None:
        """Say that a record is done, and take the next; None: the worker is to end.

        A worker takes the next record of its lane itself, without a turn of the owner (S1).
        """
        if done is not None:
            self.done.put(done)
        with self.lock:
            if done is not None:
                self.scheduler.finish(done)
                self.handled += 1
            while not self.is_closed:
                if (job := self.scheduler.take(self.clock())) is not None:
                    self._pass_on()
                    return job
                self.changed.wait(self._patience())
        return None

    def next_some(self, most: int) -> list[Job] | None:
        """Take up to so many records; None: the worker is to end."""
        with self.lock:
            while not self.is_closed:
                if jobs := self.scheduler.take_some(self.clock(), most):
                    self._pass_on()
                    return jobs
                self.changed.wait(self._patience())
        return None

    def take(self, most: int | None, done: Job | None = None) -> list[Job] | Job | None:
        """Do as `next` and `next_some` without waiting; None: there is nothing.

        Args:
            most: How many at once; None: one, by itself.
            done: What is done.
        """
        if done is not None:
            self.done.put(done)
        with self.lock:
            if done is not None:
                self.scheduler.finish(done)
                self.handled += 1
            if most is None:
                return self.scheduler.take(self.clock())
            return self.scheduler.take_some(self.clock(), most) or None

    def finish(self, jobs: list[Job], how: Outcome = "handled") -> None:
        """Say that records are done, and count them."""
        for job in jobs:
            self.done.put(job)
        with self.lock:
            self.scheduler.finish_some(jobs)
            setattr(self, how, getattr(self, how) + len(jobs))
            self._tell()

    def retry(self, jobs: list[Job], delay: float, *, hold: bool = False) -> None:
        """Give records back, to be tried again after so many seconds (S5).

        Args:
            jobs: In the order they were handed out.
            delay: Seconds.
            hold: Whether the rest of their partitions waits too (S12).
        """
        with self.lock:
            self.scheduler.retry(jobs, self.clock() + delay, hold=hold)
            self.retried += len(jobs)
            self._tell()

    def put_back(self, jobs: list[Job]) -> None:
        """Give records back that were not worked on."""
        with self.lock:
            self.scheduler.put_back(jobs)
            self._tell()

    def fail(self, failure: "FlowODMError") -> None:
        """Say that the loop may not go on; what is worked on stays not done, the first word counts.

        The records stay with their worker: nothing is handed out behind them.
        """
        with self.lock:
            self.scheduler.is_stopped = True
            self.failure = self.failure or failure

    def give_up(self, jobs: list[Job]) -> None:
        """Give records back for good, undone: the loop ends."""
        with self.lock:
            self.scheduler.give_up(jobs)

    @property
    def due(self) -> float | None:
        """When the next record is to be tried again."""
        return self.scheduler.due

    def _pass_on(self) -> None:
        """Have another worker wait for the timers, now that this one has something to do."""
        if self.scheduler.is_waiting:
            self.changed.notify()

    def _patience(self) -> float | None:
        due = self.scheduler.due
        return None if due is None else max(due - self.clock(), 0.0)

    def _tell(self) -> None:
        if ready := self.scheduler.ready:
            self.changed.notify(ready)
        if ready or self.scheduler.due is not None:
            self.changed.notify(1)  # a timer may be new: somebody must wait for it
            self.on_work(ready)

    def _tell_all(self) -> None:
        self.changed.notify_all()
        self.on_work(0)
