"""What happens to a loop and is worth keeping: few enough for a line of a log each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

__all__ = ["EventKind", "LoopEvent", "OnEvent"]

EventKind: TypeAlias = Literal[
    "started",
    "assigned",
    "revoked",
    "lost",
    "retry",
    "dead letter",
    "skipped",
    "outage begins",
    "outage ends",
    "failed",
    "stopped",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopEvent:
    """One thing that happened to a loop."""

    kind: EventKind
    loop: str
    """The loop's name."""
    at: datetime
    """Aware, UTC."""
    topic: str
    group: str
    partitions: tuple[int, ...] = ()
    """For `assigned`, `revoked` and `lost`."""
    partition: int | None = None
    """Of the record that it is about."""
    offset: int | None = None
    attempt: int | None = None
    """How often its handler was tried by then."""
    delay: float | None = None
    """For `retry`: seconds until the next attempt."""
    text: str = ""
    """Why, in one line: an error's type and message, an outage's cause."""


OnEvent: TypeAlias = Callable[[LoopEvent], None]
"""Takes the events of a loop, in whichever of its threads one happens; what it raises is logged."""
