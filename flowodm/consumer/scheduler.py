"""`Scheduler`: whose turn it is (S5). Pure: no thread, no clock, no consumer.

Records whose order counts stand in one lane, and one at a time is worked on. A record that is to
be tried again keeps its lane waiting, and no worker.
"""

from collections import deque
from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Final, Literal, TypeAlias

from flowodm.consumer.job import Job

__all__ = ["ORDERINGS", "Lane", "Ordering", "Scheduler"]

Ordering: TypeAlias = Literal["key", "partition", "none"]
"""Which records are worked on one after the other: those of a key, of a partition, or none."""
ORDERINGS: Final[tuple[Ordering, ...]] = ("key", "partition", "none")


class Lane:
    """Records that are worked on one after the other."""

    __slots__ = ("is_dropped", "is_held", "jobs", "name", "partition")

    def __init__(self, partition: int, name: Hashable) -> None:
        self.partition = partition
        self.name = name
        self.jobs: deque[Job] = deque()
        """Those that wait; those that are worked on are not among them."""
        self.is_dropped = False
        """Whether its partition is gone."""
        self.is_held = False
        """Whether it waits for its partition's outage to end."""


class Scheduler:
    """Lanes of records: which are ready, which are worked on, which wait to be tried again.

    Of those that are ready, the record that came first is handed out first: so little is done beyond
    one that is not, and a single worker goes through a partition in its order.

    Args:
        ordering: What makes a lane.
    """

    def __init__(self, ordering: Ordering) -> None:
        self._ordering = ordering
        self._lanes: dict[Hashable, Lane] = {}
        self._ready: list[tuple[int, Lane]] = []
        """A heap: the lane whose first record came first is the first."""
        self._timers: list[tuple[float, int, Lane]] = []
        self._count = self._arrivals = 0
        self._held: dict[int, list[Lane]] = {}
        """Ready lanes of partitions that are held back, but for the one that tries."""
        self.queued = 0
        """Records that wait, for a worker or for another attempt."""
        self.running: dict[Job, None] = {}
        """Records that are worked on, the one that began first before the others."""
        self.is_stopped = False
        """Whether nothing is handed out any more."""

    @property
    def ready(self) -> int:
        """Lanes that a worker could take from now."""
        return len(self._ready)

    @property
    def is_waiting(self) -> bool:
        """Whether some lane waits for its time."""
        return bool(self._timers)

    @property
    def due(self) -> float | None:
        """When the next lane has waited long enough; None: none waits."""
        while self._timers and self._timers[0][2].is_dropped:
            heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    @property
    def held(self) -> frozenset[int]:
        """The partitions that are held back."""
        return frozenset(self._held)

    def add(self, job: Job) -> None:
        """Put a record behind those of its lane."""
        name: Hashable = (job.partition, job.key) if self._ordering == "key" else job.partition
        self.queued += 1
        self._arrivals += 1
        job.arrival = self._arrivals
        if self._ordering == "none" or (self._ordering == "key" and job.key is None):
            lane = Lane(job.partition, None)  # what has no key is nobody's successor
        elif (found := self._lanes.get(name)) is not None:
            found.jobs.append(job)
            job.lane = found
            return
        else:
            lane = self._lanes[name] = Lane(job.partition, name)
        job.lane = lane
        lane.jobs.append(job)
        self._offer(lane)

    def take(self, now: float) -> Job | None:
        """Hand out the next record; None: none is ready.

        Args:
            now: On the clock of `retry`.
        """
        if self._timers:
            self._wake(now)
        if not self._ready or self.is_stopped:
            return None
        job = heappop(self._ready)[1].jobs.popleft()
        self.queued -= 1
        self.running[job] = None
        job.begun = now
        return job

    def take_some(self, now: float, most: int) -> list[Job]:
        """Hand out several records at once, of one lane in their order.

        One that is to be alone comes by itself.
        """
        taken: list[Job] = []
        while len(taken) < most and (job := self._next_of(taken, now)) is not None:
            taken.append(job)
            if job.is_alone:
                break
        return taken

    def finish(self, job: Job) -> None:
        """Take back a record that is done; its lane goes on."""
        del self.running[job]
        job.begun = 0.0
        if (lane := job.lane) is None or lane.is_dropped:
            return
        if lane.partition in self._held:
            self.release(lane.partition)
        if lane.jobs:
            self._offer(lane)
        elif lane.name is not None:
            del self._lanes[lane.name]

    def finish_some(self, jobs: list[Job]) -> None:
        """Take back records that were handed out together and are done."""
        last = {id(job.lane): job for job in jobs}
        for job in jobs:
            if last[id(job.lane)] is job:
                self.finish(job)
            else:
                del self.running[job]
                job.begun = 0.0

    def put_back(self, jobs: list[Job]) -> None:
        """Take back records that were not worked on after all, to hand them out again at once."""
        for job in reversed(jobs):
            self._return(job)
        for lane in {id(job.lane): job.lane for job in jobs}.values():
            if lane is not None and not lane.is_dropped:
                self._offer(lane)

    def retry(self, jobs: list[Job], due: float, *, hold: bool = False) -> None:
        """Take back records that are to be tried again; their lanes wait for that (S5).

        Args:
            jobs: In the order they were handed out.
            due: When.
            hold: Whether the rest of their partitions waits too (S12).
        """
        for job in reversed(jobs):
            self._return(job)
        for lane in {id(job.lane): job.lane for job in jobs}.values():
            if lane is None or lane.is_dropped:
                continue
            if hold:
                self._hold(lane.partition)
            else:
                self.release(lane.partition)
            self._count += 1
            heappush(self._timers, (due, self._count, lane))

    def give_up(self, jobs: list[Job]) -> None:
        """Take back records that are not done and are not to be tried again: their lanes end."""
        for job in jobs:
            self.running.pop(job, None)
            job.begun = 0.0
            if (lane := job.lane) is not None and not lane.is_dropped:
                lane.is_dropped = True
                self.queued -= len(lane.jobs)
                lane.jobs.clear()

    def release(self, partition: int) -> None:
        """Go on with a partition that was held back: one of its records got through."""
        for lane in self._held.pop(partition, ()):
            if lane.is_held and not lane.is_dropped:
                lane.is_held = False
                self._offer(lane)

    def drop(self, partition: int) -> None:
        """Forget what waits of a partition that is gone; what is worked on goes on (S8)."""
        lanes = [lane for lane in self._all() if lane.partition == partition]
        for lane in lanes:
            lane.is_dropped = True
            self.queued -= len(lane.jobs)
            lane.jobs.clear()
            if lane.name is not None:
                self._lanes.pop(lane.name, None)
        for job in self.running:
            if job.partition == partition and job.lane is not None:
                job.lane.is_dropped = True
        self._held.pop(partition, None)
        self._keep_ready()

    def waiting(self) -> tuple[Job, ...]:
        """Return the records that wait."""
        return tuple(job for lane in dict.fromkeys(self._all()) for job in lane.jobs)

    def drop_all(self) -> None:
        """Forget everything that waits."""
        for partition in {lane.partition for lane in self._all()}:
            self.drop(partition)

    def _all(self) -> list[Lane]:
        waiting = [lane for _, _, lane in self._timers]
        held = [lane for lanes in self._held.values() for lane in lanes]
        ready = [lane for _, lane in self._ready]
        return [*self._lanes.values(), *ready, *waiting, *held]

    def _next_of(self, taken: list[Job], now: float) -> Job | None:
        """The next of a batch: of the lane of the last one, else of the next that is ready."""
        if taken and (lane := taken[-1].lane) is not None and lane.jobs:
            if lane.jobs[0].is_alone or self.is_stopped:
                return None
            job = lane.jobs.popleft()
            self.queued -= 1
            self.running[job] = None
            job.begun = now
            return job
        if taken and self._ready and self._ready[0][1].jobs[0].is_alone:
            return None
        return self.take(now)

    def _return(self, job: Job) -> None:
        del self.running[job]
        job.begun = 0.0
        if job.lane is not None and not job.lane.is_dropped:
            job.lane.jobs.appendleft(job)
            self.queued += 1

    def _offer(self, lane: Lane) -> None:
        if (held := self._held.get(lane.partition)) is not None:
            lane.is_held = True
            held.append(lane)
        else:
            heappush(self._ready, (lane.jobs[0].arrival, lane))

    def _hold(self, partition: int) -> None:
        """Hold back the ready lanes of a partition."""
        held = self._held.setdefault(partition, [])
        for _, lane in self._ready:
            if lane.partition == partition:
                lane.is_held = True
                held.append(lane)
        self._keep_ready()

    def _keep_ready(self) -> None:
        """Leave out of those that are ready what is held or dropped."""
        self._ready = [one for one in self._ready if not (one[1].is_held or one[1].is_dropped)]
        heapify(self._ready)

    def _wake(self, now: float) -> None:
        """Make those ready that have waited long enough, held back or not: they are who tries."""
        while self._timers and self._timers[0][0] <= now:
            _, _, lane = heappop(self._timers)
            if not lane.is_dropped:
                heappush(self._ready, (lane.jobs[0].arrival, lane))
