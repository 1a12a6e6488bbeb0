"""Durations and ages in the words of people."""

from datetime import UTC, datetime, timedelta

__all__ = ["age", "duration"]


def age(moment: datetime, *, now: datetime | None = None) -> str:
    """Return how long ago a moment was (`3 s ago`), or how far ahead it is (`in 3 s`)."""
    past = (now or datetime.now(UTC)) - moment
    return f"in {duration(-past)}" if past < timedelta(0) else f"{duration(past)} ago"


def duration(span: timedelta) -> str:
    """Return a duration in its largest unit, two of them when small numbers need it (`1 d 4 h`)."""
    seconds = span.total_seconds()
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    for index, (unit, size) in enumerate(units):
        if abs(seconds) >= size:
            whole, rest = divmod(abs(int(seconds)), size)
            text = f"{'-' if seconds < 0 else ''}{whole:,} {unit}"
            if whole < 3 and unit != "s" and (small := rest // units[index + 1][1]):
                text += f" {small} {units[index + 1][0]}"
            return text
    raise AssertionError("a second is the smallest unit")
