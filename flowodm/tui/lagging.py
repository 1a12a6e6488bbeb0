"""How the lag of groups moves: what they read a second, whether it shrinks, ten minutes of it."""

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from flowodm.display.pace import Pace

if TYPE_CHECKING:
    from flowodm.groups import Group, GroupPartition

__all__ = ["MINUTES", "LagFlow", "LagFlows"]

MINUTES: Final = 10
_SPAN: Final = MINUTES * 60.0
_STEP: Final = 10.0
"""Seconds of which one look is remembered, the last."""
_APART: Final = 0.5
"""Seconds between two looks that tell a speed: two screens may have looked at nearly once, and what
came last may have been asked first."""
_MOST_FLOWS: Final = 5_000
"""Groups and partitions whose lag is remembered; those that were not seen for longest go."""


@dataclass(slots=True)
class _Speed:
    """How fast a number changes, once it was seen at two times."""

    pace: Pace = field(default_factory=Pace)
    since: float | None = None

    seen: float | None = None
    rate: float | None = None

    def see(self, number: int, now: float) -> float | None:
        if self.seen is not None and now - self.seen < _APART:
            return self.rate
        self.seen = now
        since = self.since = now if self.since is None else self.since
        rate = self.pace.rate(number, now)
        self.rate = rate if now > since else None
        return self.rate


@dataclass(slots=True)
class LagFlow:
    """The lag of one group, or in one partition, as it was at each look."""

    rate: float | None = None
    """Records that are read a second."""
    trend: float | None = None
    """How the lag changes a second; below 0: it shrinks."""
    lag: int | None = None
    looks: deque[tuple[float, int]] = field(default_factory=deque)
    """When, and how much it was."""
    _reads: _Speed = field(default_factory=_Speed)
    _lags: _Speed = field(default_factory=_Speed)
    _read: int | None = None

    @property
    def time_left(self) -> timedelta | None:
        """When nothing is left, if all goes on like this."""
        from flowodm.display.pace import time_left

        return time_left(self.lag, self.trend)

    def see(self, lag: int | None, read: int | None, now: float) -> None:
        """Take a look.

        Args:
            lag: What is not read; None: unknown, as without a commit.
            read: The commits, added up; None: there are none.
            now: By a clock that goes forward.
        """
        if read is None or (self._read is not None and read < self._read):
            self._reads, self._lags = _Speed(), _Speed()  # it was reset: that is no speed
        self.rate = None if read is None else self._reads.see(read, now)
        self._read = read
        if lag is None:
            self._lags, self.trend = _Speed(), None
        else:
            self.trend = self._lags.see(lag, now)
            self._remember(lag, now)
        self.lag = lag

    def bars(self, count: int, now: float) -> list[float]:
        """Return the last ten minutes in so many steps of time, the newest last.

        A step in which nobody looked is as the one before it; there is none before the first look.
        """
        found: list[float] = []
        width = _SPAN / count
        start = (now // _STEP + 1) * _STEP - _SPAN
        looks = deque(self.looks)
        last: float | None = None
        for step in range(count):
            until = start + (step + 1) * width
            while looks and looks[0][0] < until:
                last = float(looks.popleft()[1])
            if last is not None:
                found.append(last)
        return found

    def _remember(self, lag: int, now: float) -> None:
        if self.looks and self.looks[-1][0] // _STEP == now // _STEP:
            self.looks.pop()
        self.looks.append((now, lag))
        while now - self.looks[0][0] > _SPAN:
            self.looks.popleft()


class LagFlows:
    """The flows of many groups and of their partitions."""

    def __init__(self) -> None:
        self._flows: dict[Hashable, LagFlow] = {}

    def see(self, groups: "Iterable[Group]", now: float) -> None:
        """Take a look at groups, and at each of their partitions."""
        for group in groups:
            commits = [one.committed for one in group.partitions if one.committed is not None]
            self._see(group.name, group.lag, sum(commits) if commits else None, now)

    def see_partitions(self, group: "Group", now: float) -> None:
        """Take a look at the partitions of one group."""
        for one in group.partitions:
            self._see((group.name, one.partition), one.lag, one.committed, now)

    def of(self, group: str) -> LagFlow:
        """Return what is known of a group's lag."""
        return self._flows.get(group) or LagFlow()

    def of_partition(self, group: str, one: "GroupPartition") -> LagFlow:
        """Return what is known of a group's lag in a partition."""
        return self._flows.get((group, one.partition)) or LagFlow()

    def _see(self, key: Hashable, lag: int | None, read: int | None, now: float) -> None:
        flow = self._flows.pop(key, None) or LagFlow()
        flow.see(lag, read, now)
        self._flows[key] = flow
        while len(self._flows) > _MOST_FLOWS:
            del self._flows[next(iter(self._flows))]
