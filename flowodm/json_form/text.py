"""How Avro's scalars are written in JSON, both ways: pairs of a writer and its exact inverse.

A writer takes the physical value (an integer, bytes) and returns what stands in the JSON. What a
text cannot say (a day beyond the year 9999) is written as the raw number. A reader returns the
physical value, or a `Decimal`, and raises `Misfit` with what it expected. Pure.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from struct import Struct
from typing import Any, Final, TypeAlias
from uuid import UUID

from flowodm.avro.types import Json
from flowodm.avro.words import shown
from flowodm.codec.misfit import Misfit
from flowodm.codec.words import found

__all__ = [
    "read_base64",
    "read_date",
    "read_decimal",
    "read_double",
    "read_duration",
    "read_time",
    "read_timestamp",
    "read_uuid_bytes",
    "read_uuid_text",
    "write_base64",
    "write_date",
    "write_decimal",
    "write_double",
    "write_duration",
    "write_float",
    "write_time",
    "write_timestamp",
    "write_uuid_bytes",
]

Writer: TypeAlias = Callable[[Any], Any]
Reader: TypeAlias = Callable[[Any], Any]

_DAY_SECONDS: Final = 86_400
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_FIRST_SECOND: Final = (1 - _EPOCH_DAY) * _DAY_SECONDS
_END_SECOND: Final = (date.max.toordinal() - _EPOCH_DAY + 1) * _DAY_SECONDS
_DIGITS: Final = {1_000: 3, 1_000_000: 6, 1_000_000_000: 9}
_MOST_CACHED: Final = 4_096

_DATE_FORM: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_CLOCK = r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
_TIME_FORM: Final = re.compile(_CLOCK)
_TIMESTAMP_FORM: Final = re.compile(
    rf"{_DATE_FORM.pattern}[Tt ]{_CLOCK}([Zz]|([+-])([0-9]{{2}}):([0-9]{{2}}))?"
)
_DECIMAL_FORM: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,9})?")
_UUID_FORM: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NOT_FINITE: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_FLOAT: Final = Struct("<f")
_DURATION: Final = Struct("<III")
_DURATION_PARTS: Final = ("months", "days", "milliseconds")
_LONG_INTEGER_BITS: Final = 14_000
"""Python refuses to write integers of more than 4,300 digits; a Decimal has no such limit."""


def write_base64(value: bytes) -> str:
    """Bytes, as base64 with padding (RFC 4648, section 4)."""
    return b64encode(value).decode("ascii")


def read_base64(value: Json) -> bytes:
    """Bytes from base64."""
    if isinstance(value, str):
        try:
            return b64decode(value, validate=True)
        except ValueError:
            pass
    raise Misfit(f"expected bytes as base64 text; found {found(value)}")


def write_double(value: float) -> float | str:
    """A double; what JSON has no number for is a text."""
    return value if value - value == 0 else _name_of(value)


def write_float(value: float) -> float | str:
    """A float, as the shortest number that is the same float again: `0.1`, not 0.10000000149."""
    if value - value != 0:
        return _name_of(value)
    for digits in (6, 7, 8):
        short = float(f"{value:.{digits}g}")
        if _fits_float(short) and _FLOAT.unpack(_FLOAT.pack(short))[0] == value:
            return short
    return float(f"{value:.9g}")


def _fits_float(value: float) -> bool:
    try:
        _FLOAT.pack(value)
    except OverflowError:
        return False
    return True


def _name_of(value: float) -> str:
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def read_double(value: Json | Decimal) -> float | int:
    """A number for a float or a double, `NaN` and the infinities as text."""
    if isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit(f'expected a number, "NaN", "Infinity" or "-Infinity"; found {found(value)}')
    if value - value != 0:
        raise Misfit("the number is too large for a double", hint='infinity is "Infinity"')
    return value


def write_date(value: int) -> str | int:
    """Days since 1970, as `2026-11-23`."""
    day = value + _EPOCH_DAY
    return date.fromordinal(day).isoformat() if 0 < day <= date.max.toordinal() else value


def read_date(value: Json) -> int:
    """Days since 1970, from `2026-11-23` or as they are."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _DATE_FORM.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Misfit(f'expected a date, like "2026-11-23"; found {found(value)}')
    return _day(value, *match.groups())


def _day(value: object, year: str, month: str, day: str) -> int:
    try:
        return date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        raise Misfit(f"expected a date of the calendar; found {found(value)}") from None


def write_time(per_second: int) -> Writer:
    """A writer of ticks since midnight, as `12:04:05.118`."""
    digits, day = _DIGITS[per_second], _DAY_SECONDS * per_second

    def write(value: int) -> str | int:
        if not 0 <= value < day:
            return value
        seconds, fraction = divmod(value, per_second)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return f"{hour:02}:{minute:02}:{second:02}.{fraction:0{digits}}"

    return write


def read_time(per_second: int) -> Reader:
    """A reader of ticks since midnight, from `12:04:05.118` or as they are."""

    def read(value: Json) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        match = _TIME_FORM.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise Misfit(f'expected a time of day, like "12:04:05.118"; found {found(value)}')
        return _ticks(value, *match.groups(), per_second=per_second)

    return read


def _ticks(
    value: object, hour: str, minute: str, second: str, fraction: str | None, *, per_second: int
) -> int:
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        raise Misfit(f"expected a time of the clock; found {found(value)}")
    digits = _DIGITS[per_second]
    fraction = (fraction or "").ljust(digits, "0")
    if fraction[digits:].strip("0"):
        raise Misfit(f"{shown(value)} has more than {digits} digits of a second")
    seconds = int(hour) * 3_600 + int(minute) * 60 + int(second)
    return seconds * per_second + int(fraction[:digits])


def write_timestamp(per_second: int, *, local: bool) -> Writer:
    """A writer of ticks since 1970, as RFC 3339 in UTC; `local` ones have no zone."""
    digits, zone = _DIGITS[per_second], "" if local else "Z"
    seconds_known: dict[int, str] = {}

    def write(value: int) -> str | int:
        second, fraction = divmod(value, per_second)
        text = seconds_known.get(second)
        if text is None:
            if not _FIRST_SECOND <= second < _END_SECOND:
                return value
            text = (_EPOCH + timedelta(seconds=second)).isoformat()[:-6]
            if len(seconds_known) >= _MOST_CACHED:
                seconds_known.clear()
            seconds_known[second] = text
        return f"{text}.{fraction:0{digits}}{zone}"

    return write


def read_timestamp(per_second: int, *, local: bool) -> Reader:
    """A reader of ticks since 1970, from RFC 3339 (without a zone if `local`) or as they are."""
    example = "2026-11-23T12:04:05" + ("" if local else "Z")

    def read(value: Json) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        match = _TIMESTAMP_FORM.fullmatch(value) if isinstance(value, str) else None
        if match is None or (match[8] is None) is not local:
            zone = "a timestamp without a zone" if local else "a timestamp with its zone"
            raise Misfit(f'expected {zone}, like "{example}"; found {found(value)}')
        day = _day(value, *match.group(1, 2, 3))
        ticks = _ticks(value, *match.group(4, 5, 6, 7), per_second=per_second)
        return (day * _DAY_SECONDS - _offset(value, match)) * per_second + ticks

    return read


def _offset(value: object, match: re.Match[str]) -> int:
    """Seconds east of UTC."""
    if match[9] is None:
        return 0
    if int(match[10]) > 23 or int(match[11]) > 59:
        raise Misfit(f"expected a zone of the clock; found {found(value)}")
    seconds = int(match[10]) * 3_600 + int(match[11]) * 60
    return -seconds if match[9] == "-" else seconds


def write_decimal(scale: int) -> Writer:
    """A writer of two's complement bytes, as `12.30` with every digit of the scale."""

    def write(value: bytes) -> str:
        unscaled = int.from_bytes(value, "big", signed=True)
        digits = _digits(abs(unscaled))
        if scale:
            digits = digits.rjust(scale + 1, "0")
            digits = f"{digits[:-scale]}.{digits[-scale:]}"
        return f"-{digits}" if unscaled < 0 else digits

    return write


def _digits(value: int) -> str:
    return str(value) if value.bit_length() < _LONG_INTEGER_BITS else str(Decimal(value))


def read_decimal(value: Json) -> Decimal:
    """A decimal, from its text."""
    if isinstance(value, str) and _DECIMAL_FORM.fullmatch(value):
        return Decimal(value)
    raise Misfit(f'expected a decimal as text, like "12.34"; found {found(value)}')


def write_uuid_bytes(value: bytes) -> str:
    """Sixteen bytes, as the text of a UUID."""
    return str(UUID(bytes=value))


def read_uuid_bytes(value: Json) -> bytes:
    """Sixteen bytes, from the text of a UUID."""
    return UUID(read_uuid_text(value)).bytes


def read_uuid_text(value: Json) -> str:
    """The text of a UUID, as it is."""
    if isinstance(value, str) and _UUID_FORM.fullmatch(value):
        return value
    raise Misfit(
        f'expected a UUID, like "0b6f3a1e-5c1d-4f0e-9a3b-2d1c0e9f8a7b"; found {found(value)}'
    )


def write_duration(value: bytes) -> dict[str, int]:
    """Twelve bytes, as an object of three counts."""
    return dict(zip(_DURATION_PARTS, _DURATION.unpack(value), strict=True))


def read_duration(value: Json) -> bytes:
    """Twelve bytes, from an object of three counts."""
    if not isinstance(value, dict) or value.keys() != set(_DURATION_PARTS):
        raise Misfit(
            "expected a duration, as an object of `months`, `days` and `milliseconds`;"
            f" found {found(value)}"
        )
    counts = [value[part] for part in _DURATION_PARTS]
    for part, count in zip(_DURATION_PARTS, counts, strict=True):
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**32:
            wrong = Misfit(f"expected a whole number from 0 to 4294967295; found {found(count)}")
            wrong.inside_field(part)
            raise wrong
    return _DURATION.pack(*counts)
