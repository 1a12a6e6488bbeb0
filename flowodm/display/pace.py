"""How fast something goes: the one rule of every face."""

from datetime import timedelta
from typing import Final

__all__ = ["Pace", "rate_text", "time_left"]

_STILL: Final = 0.05
"""A change a second below this is none."""


class Pace:
    """Records a second, over the last few seconds."""

    _SPAN: Final = 3.0

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []

    def rate(self, count: int, now: float) -> float:
        """Note how many there are by now and return how fast they came."""
        self._marks.append((now, count))
        while len(self._marks) > 2 and now - self._marks[0][0] > self._SPAN:
            self._marks.pop(0)
        then, before = self._marks[0]
        return (count - before) / (now - then) if now > then else 0.0


def rate_text(rate: float | None, trend: float | None = None) -> str:
    """Return a rate for people, with the way that what is left goes."""
    if rate is None:
        return "–"
    trend = trend or 0.0
    sign = " ▼" if trend < -_STILL else " ▲" if trend > _STILL else ""
    return f"{max(rate, 0.0):,.0f}/s{sign}"


def time_left(left: int | None, trend: float | None) -> timedelta | None:
    """Return when nothing is left, if all goes on like this; None: never, or not known.

    Args:
        left: How much there is.
        trend: How that changes a second; below 0: it shrinks.
    """
    if not left or trend is None or trend >= -1e-9:
        return None
    try:
        return timedelta(seconds=round(left / -trend, 3))
    except OverflowError:
        return None
