"""What decoded values look like: the protocol that the decoder follows, and Python's own values.

The JSON form and the tree that a terminal shows are other styles, beside their own users.
"""

import struct
from binascii import unhexlify
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Any, Final, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from flowodm.avro.types import Fixed, Logical, Primitive, Type, Union

__all__ = ["PHYSICAL", "VALUES", "Convert", "Duration", "Style", "decimal_of"]

Convert: TypeAlias = Callable[[Any], Any]


class Style(Protocol):
    """How physical values become the values that a caller wants.

    Whatever it makes of a primitive, a fixed or an enum symbol must not be changeable: the
    decoder makes the value of a symbol or of a default once, and shares it between records.
    """

    @property
    def name(self) -> str:
        """The style's name; decoders are cached by it."""

    def convert(self, node: Type) -> Convert | None:
        """What to do with the physical value of a node of the reader that is no union.

        It is None, bool, int, float, bytes or str; a symbol for an enum; a dict by field name
        for a record; a list; a dict. The style may keep and change the containers.

        Returns:
            The conversion; None keeps the value, and costs nothing.
        """

    def branch(self, union: Union, index: int) -> Convert | None:
        """What to do with the converted value of one branch of the reader's union."""


class Duration(NamedTuple):
    """Avro's `duration`: three amounts that do not mix."""

    months: int
    days: int
    milliseconds: int


class _Physical:
    """Every value as it was written; no logical type is converted."""

    name = "physical"

    def convert(self, node: Type) -> Convert | None:
        return None

    def branch(self, union: Union, index: int) -> Convert | None:
        return None


class _Values(_Physical):
    """Python's values of the logical types; the raw value where Python has none for it."""

    name = "values"

    def convert(self, node: Type) -> Convert | None:
        if not isinstance(node, Primitive | Fixed) or node.logical is None:
            return None
        if node.logical.name == "decimal":
            return decimal_of(node.logical)
        if node.logical.name == "uuid":
            return _uuid_of_bytes if isinstance(node, Fixed) else _uuid_of_text
        return _CONVERSIONS.get(node.logical.name)


def decimal_of(logical: Logical) -> Convert:
    """The exact decimal of a two's complement number, however many digits it has.

    A value of more digits than the schema's precision keeps them all, as in Java.
    """
    places = -(logical.scale or 0)

    def convert(data: bytes) -> Decimal:
        return Decimal(int.from_bytes(data, "big", signed=True)).scaleb(places, _EXACT)

    return convert


def _date(days: int) -> date | int:
    try:
        return date.fromordinal(_FIRST_DAY + days)
    except (ValueError, OverflowError):
        return days


def _time_millis(number: int) -> time | int:
    return _time(number * 1000, number)


def _time_micros(number: int) -> time | int:
    return _time(number, number)


def _time(micros: int, number: int) -> time | int:
    if not 0 <= micros < _DAY:
        return number
    seconds, micros = divmod(micros, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    return time(minutes // 60, minutes % 60, seconds, micros)


def _timestamp_millis(number: int) -> datetime | int:
    try:
        return _EPOCH + timedelta(0, 0, 0, number)
    except OverflowError:
        return number


def _timestamp_micros(number: int) -> datetime | int:
    try:
        return _EPOCH + timedelta(0, 0, number)
    except OverflowError:
        return number


def _local_millis(number: int) -> datetime | int:
    try:
        return _LOCAL_EPOCH + timedelta(0, 0, 0, number)
    except OverflowError:
        return number


def _local_micros(number: int) -> datetime | int:
    try:
        return _LOCAL_EPOCH + timedelta(0, 0, number)
    except OverflowError:
        return number


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


def _duration(data: bytes) -> Duration:
    return Duration(*_DURATION.unpack(data))


_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
_DAY: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH: Final = datetime(1970, 1, 1)
_DURATION: Final = struct.Struct("<3I")
_EXACT: Final = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[])
_CONVERSIONS: Final[dict[str, Convert]] = {
    "date": _date,
    "time-millis": _time_millis,
    "time-micros": _time_micros,
    "timestamp-millis": _timestamp_millis,
    "timestamp-micros": _timestamp_micros,
    "local-timestamp-millis": _local_millis,
    "local-timestamp-micros": _local_micros,
    "duration": _duration,
}

PHYSICAL: Final[Style] = _Physical()
VALUES: Final[Style] = _Values()
