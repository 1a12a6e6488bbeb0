"""Python's dates, times and decimals as the numbers that Avro writes for them, exactly. Pure.

A value that its type cannot hold is a `ValueError` that says why.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from flowodm.avro.types import Logical
from flowodm.avro.values import Duration

__all__ = [
    "counted_of",
    "days_of",
    "duration_of",
    "micros_of",
    "stamp_of",
    "ticks_of",
    "unscaled_of",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH: Final = datetime(1970, 1, 1)
_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
_PER_SECOND: Final = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}
_MILLISECOND: Final = timedelta(milliseconds=1)
_MICROSECOND: Final = timedelta(microseconds=1)


def counted_of(number: int, noun: str) -> str:
    """A number of things in words."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def days_of(value: date) -> int:
    """The days since 1970."""
    return value.toordinal() - _FIRST_DAY


def ticks_of(logical: Logical, value: time) -> int:
    """The milliseconds or microseconds since midnight."""
    if value.tzinfo is not None:
        raise ValueError("it has a zone, and Avro's times of day have none")
    seconds = value.hour * 3_600 + value.minute * 60 + value.second
    return _ticks(logical, seconds, value.microsecond)


def stamp_of(logical: Logical, value: datetime) -> int:
    """The milliseconds, microseconds or nanoseconds since 1970."""
    is_local = logical.name.startswith("local-")
    if (value.utcoffset() is None) is not is_local:
        raise ValueError(
            "it has a zone, and a local timestamp has none"
            if is_local
            else "it has no zone: `datetime(…, tzinfo=UTC)`"
        )
    delta = value - (_LOCAL_EPOCH if is_local else _EPOCH)
    return _ticks(logical, delta.days * 86_400 + delta.seconds, delta.microseconds)


def _ticks(logical: Logical, seconds: int, micros: int) -> int:
    per_second = _PER_SECOND[logical.name.rpartition("-")[2]]
    number, rest = divmod(micros * per_second, 1_000_000)
    if rest:
        raise ValueError("microseconds are finer than milliseconds")
    return seconds * per_second + number


def micros_of(value: timedelta) -> int:
    """The microseconds of a span of time."""
    return value // _MICROSECOND


def duration_of(value: timedelta) -> Duration:
    """A span of time as days and milliseconds."""
    if value < timedelta():
        raise ValueError("it is negative, and a `duration` cannot be")
    if value % _MILLISECOND:
        raise ValueError("microseconds are finer than the milliseconds of a `duration`")
    return Duration(0, value.days, timedelta(0, value.seconds, value.microseconds) // _MILLISECOND)


def unscaled_of(logical: Logical, value: Decimal) -> int:
    """The digits of a decimal at the schema's scale, as one integer."""
    precision, scale = logical.precision or 0, logical.scale or 0
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"`{value}` is no number")
    if not value:
        return 0
    if value.adjusted() + 1 + scale > precision:
        raise ValueError(f"it has more digits than precision {precision} at scale {scale} holds")
    places = exponent + scale
    if places < 0 and any(digits[places:]):
        raise ValueError(f"it has more than {counted_of(scale, 'digit')} after the point")
    kept = digits[:places] if places < 0 else digits
    return int(Decimal((sign, kept, max(places, 0))))
