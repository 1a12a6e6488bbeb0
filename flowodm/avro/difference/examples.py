"""What a value becomes when a reader takes its bytes for something else, worked out."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

__all__ = ["decimal_example", "float_example", "unit_example"]

_DIGITS: Final = 1234
_LARGEST_SCALE: Final = 12
"""Up to which an example is worth reading."""
_DAY: Final = 1_704_067_200
"""2024-01-01 in seconds."""
_PER_SECOND: Final = {"millis": 10**3, "micros": 10**6, "nanos": 10**9}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def decimal_example(written: int, read: int) -> str:
    """What a decimal of one scale is at another."""
    if max(written, read) > _LARGEST_SCALE:
        return f"the point moves by {abs(written - read):,} places"
    return f"{_decimal(written)} would be read as {_decimal(read)}"


def _decimal(scale: int) -> str:
    return f"{Decimal(_DIGITS).scaleb(-scale):f}"


def float_example(kind: str) -> str:
    """The first whole number that a float or double does not hold."""
    number = 2 ** (24 if kind == "float" else 53) + 1
    return f"{number:,} would be read as {number - 1:,}"


def unit_example(written: str, read: str) -> str:
    """What a timestamp or a time in one unit is in another; `` for anything else."""
    family, _, unit = written.rpartition("-")
    other, _, other_unit = read.rpartition("-")
    if not family or unit not in _PER_SECOND or other_unit not in _PER_SECOND:
        return ""
    if family != other or unit == other_unit:
        return ""
    if family == "time":
        return f"12:00 would be read as {_time(unit, other_unit)}"
    return f"2024-01-01 would be read as {_day(unit, other_unit)}"


def _day(unit: str, other: str) -> str:
    seconds = _DAY * _PER_SECOND[unit] // _PER_SECOND[other]
    try:
        return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d}"
    except OverflowError:
        return f"the year {1970 + seconds // 31_556_952:,}"


def _time(unit: str, other: str) -> str:
    factor = _PER_SECOND[unit] / _PER_SECOND[other]
    seconds = 43_200 * factor
    return f"{seconds / 3600:,.0f} hours" if factor > 1 else f"{seconds:g} s past midnight"
