"""How a loop stands in one worker, and what keeps loops from being live or ready."""

from collections.abc import Iterable
from dataclasses import dataclass

from flowodm.consumer.status import LoopStatus

__all__ = ["Standing", "dead", "not_ready"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A loop as one worker process has it."""

    status: LoopStatus
    worker: int = 0
    """Which of the worker processes."""
    rebalances: int = 0
    """How often it was given partitions, or lost some."""


def dead(standings: Iterable[Standing]) -> tuple[str, ...]:
    """Say of each loop that does not live why; nothing when all do."""
    return tuple(
        f"{_who(one)}: {one.status.fatal or _silent(one.status)}"
        for one in standings
        if not one.status.is_live()
    )


def not_ready(standings: Iterable[Standing]) -> tuple[str, ...]:
    """Say of each loop that is not ready why; nothing when all are."""
    return tuple(
        f"{_who(one)}: {one.status.outage or one.status.state}"
        for one in standings
        if not one.status.is_ready
    )


def _who(one: Standing) -> str:
    worker = f" of worker {one.worker}" if one.worker else ""
    return f"loop `{one.status.name}`{worker}"


def _silent(status: LoopStatus) -> str:
    return f"no turn for {status.heartbeat_age or 0.0:.0f} s"
