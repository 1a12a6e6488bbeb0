"""Python's values of Avro's logical types, and the types of those that Python has none for.

Every conversion is exact. A number that Python's dates and times cannot hold stays a number, so
that no value of a schema is unreadable.
"""

import struct
from binascii import unhexlify
from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from flowodm.avro.types import Fixed, Logical, Primitive, Type

__all__ = [
    "ARRAYS",
    "Convert",
    "Duration",
    "RawNumber",
    "Refused",
    "conversion",
    "decimal_of",
    "python_type",
]

ARRAYS: Final = (list, tuple, set, frozenset, deque)
"""The types of Python values that are written as an array."""

Convert: TypeAlias = Callable[[Any], Any]


class Duration(NamedTuple):
    """Avro's `duration`: three amounts that do not mix."""

    months: int
    days: int
    milliseconds: int


class Refused(Exception):
    """A conversion does not take a value; the text says why, and quotes nothing unsafe."""


class RawNumber(int):
    """The number of a date, a time or a timestamp that lies beyond what Python's own can hold.

    In the units of its Avro type: the days of the year 12000, the milliseconds of an hour 25.
    """

    __slots__ = ()


def python_type(node: Primitive | Fixed) -> type:
    """The type of Python's values of a scalar: those that `conversion` makes, mostly."""
    plain = bytes if isinstance(node, Fixed) else _PLAIN_TYPES[node.name]
    return plain if node.logical is None else _LOGICAL_TYPES.get(node.logical.name, plain)


def conversion(node: Type, *, raw: type[int] = int) -> Convert | None:
    """What makes Python's value of a physical one.

    Args:
        node: The type.
        raw: What a number that Python's dates and times cannot hold becomes; models know it by
            its class, `RawNumber`.

    Returns:
        The conversion; None where the physical value is Python's value too.
    """
    if not isinstance(node, Primitive | Fixed) or node.logical is None:
        return None
    if node.logical.name == "decimal":
        return decimal_of(node.logical)
    if node.logical.name == "uuid":
        return _uuid_of_bytes if isinstance(node, Fixed) else _uuid_of_text
    make = _CONVERSIONS.get(node.logical.name)
    return make and make(raw)


def decimal_of(logical: Logical) -> Convert:
    """The exact decimal of a two's complement number, however many digits it has.

    A value of more digits than the schema's precision keeps them all, as in Java.
    """
    places = -(logical.scale or 0)

    def convert(data: bytes) -> Decimal:
        return Decimal(int.from_bytes(data, "big", signed=True)).scaleb(places, _EXACT)

    return convert


def _dates(raw: type[int]) -> Convert:
    def convert(days: int) -> date | int:
        try:
            return date.fromordinal(_FIRST_DAY + days)
        except (ValueError, OverflowError):
            return raw(days)

    return convert


def _times(micros_per_unit: int) -> Callable[[type[int]], Convert]:
    def make(raw: type[int]) -> Convert:
        def convert(number: int) -> time | int:
            micros = number * micros_per_unit
            if not 0 <= micros < _DAY:
                return raw(number)
            seconds, micros = divmod(micros, 1_000_000)
            minutes, seconds = divmod(seconds, 60)
            return time(minutes // 60, minutes % 60, seconds, micros)

        return convert

    return make


def _millis(epoch: datetime) -> Callable[[type[int]], Convert]:
    def make(raw: type[int]) -> Convert:
        def convert(number: int) -> datetime | int:
            try:
                return epoch + timedelta(0, 0, 0, number)
            except OverflowError:
                return raw(number)

        return convert

    return make


def _micros(epoch: datetime) -> Callable[[type[int]], Convert]:
    def make(raw: type[int]) -> Convert:
        def convert(number: int) -> datetime | int:
            try:
                return epoch + timedelta(0, 0, number)
            except OverflowError:
                return raw(number)

        return convert

    return make


def _uuid_of_text(text: str) -> UUID | str:
    """The UUID of its usual text; any other text stays as it is."""
    if len(text) == 36 and text[8] == text[13] == text[18] == text[23] == "-":
        try:
            data = unhexlify(text.replace("-", ""))
        except ValueError:
            return text
        if len(data) == 16:
            return UUID(int=int.from_bytes(data))
    return text


def _uuid_of_bytes(data: bytes) -> UUID:
    return UUID(bytes=data)


def _durations(raw: type[int]) -> Convert:
    return lambda data: Duration(*_DURATION.unpack(data))


_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
_DAY: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH: Final = datetime(1970, 1, 1)
_DURATION: Final = struct.Struct("<3I")
_EXACT: Final = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])
_CONVERSIONS: Final[dict[str, Callable[[type[int]], Convert]]] = {
    "date": _dates,
    "time-millis": _times(1_000),
    "time-micros": _times(1),
    "timestamp-millis": _millis(_EPOCH),
    "timestamp-micros": _micros(_EPOCH),
    "local-timestamp-millis": _millis(_LOCAL_EPOCH),
    "local-timestamp-micros": _micros(_LOCAL_EPOCH),
    "duration": _durations,
}
_PLAIN_TYPES: Final[dict[str, type]] = {
    "null": type(None),
    "boolean": bool,
    "int": int,
    "long": int,
    "float": float,
    "double": float,
    "bytes": bytes,
    "string": str,
}
_LOGICAL_TYPES: Final[dict[str, type]] = {
    "decimal": Decimal,
    "uuid": UUID,
    "date": date,
    "time-millis": time,
    "time-micros": time,
    "timestamp-millis": datetime,
    "timestamp-micros": datetime,
    "local-timestamp-millis": datetime,
    "local-timestamp-micros": datetime,
    "duration": Duration,
}
"""Timestamps of nanoseconds and `big-decimal` are the written numbers and bytes."""
