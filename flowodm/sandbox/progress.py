"""What preparing and starting a sandbox reports on its way; showing it is the caller's business."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Progress", "Report", "Stage", "silent"]

Stage = Literal["download", "prepare", "start", "ready"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of a start.

    Args:
        stage: What is being done.
        text: The same for a person, in a few words.
        done: How much of it is done, in `total`'s unit.
        total: Files for a download, servers for a start; 0 when it cannot be counted.
        size: Bytes so far, for a download.
    """

    stage: Stage
    text: str
    done: int = 0
    total: int = 0
    size: int = 0


Report = Callable[[Progress], None]
"""Takes each `Progress`; may be called from another thread, one call at a time."""


def silent(progress: Progress) -> None:
    """Ignore a progress report."""
