"""What a loop is doing at a moment: a snapshot that costs nothing to take."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["LoopState", "LoopStatus", "PartitionStatus"]

LoopState: TypeAlias = Literal["new", "joining", "running", "draining", "stopped", "failed"]
"""`joining`: the group has not yet said which partitions are ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionStatus:
    """One partition that is ours."""

    partition: int
    watermark: int | None = None
    """The first offset that is not done; None while nothing has come."""
    in_flight: int = 0
    """Records that came and are not done."""
    oldest_seconds: float | None = None
    """Since when the longest running handler works on one of them."""
    lag_records: int | None = None
    """Records that are not done, those at the broker included; None where not known."""
    lag_seconds: float | None = None
    """How old the first record is that is not done; 0 when all are, None where not known."""
    is_paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopStatus:
    """A loop at a moment; counters run since it was made, over all its runs."""

    name: str
    topic: str
    group: str
    state: LoopState
    partitions: tuple[PartitionStatus, ...] = ()
    in_flight: int = 0
    """Records that came and are not done: those that wait, and those that are worked on."""
    running: int = 0
    """Records that handlers work on now."""
    handled: int = 0
    """Records whose handler returned."""
    retried: int = 0
    """Attempts after the first."""
    dead_lettered: int = 0
    skipped: int = 0
    oldest_seconds: float | None = None
    """Since when the longest running handler works."""
    outage: str | None = None
    """What is out, the broker or the registry, and how; None: nothing is."""
    heartbeat_age: float | None = None
    """Seconds since the owner's last turn; None when it does not run."""
    fatal: str | None = None
    """Why it ended, if it failed."""

    @property
    def is_ready(self) -> bool:
        """Whether it has joined its group, and nothing is out (S17)."""
        return self.state == "running" and self.outage is None

    def is_live(self, *, patience: float = 30.0) -> bool:
        """Tell whether its owner is at work, and nothing has ended it (S17).

        Args:
            patience: Seconds that one turn may take: a rebalance waits for handlers in it.
        """
        fresh = self.heartbeat_age is None or self.heartbeat_age <= patience
        return self.fatal is None and fresh
