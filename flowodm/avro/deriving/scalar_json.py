"""Python values of Avro's scalars as defaults: bytes as text, dates and times as numbers. Pure."""

import struct
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from flowodm.avro.deriving.numbers import counted_of, days_of, stamp_of, ticks_of, unscaled_of
from flowodm.avro.types import Fixed, Json, Logical, Primitive, Type, type_name
from flowodm.avro.values import Duration, RawNumber
from flowodm.avro.words import counted, shown

__all__ = ["no_value", "scalar_json"]


def no_value(node: Type, value: Any) -> ValueError:
    """The error of a value that is none of a type."""
    return ValueError(f"{counted(type(value).__name__)} is no {shown(type_name(node))}")


def scalar_json(node: Type, value: Any) -> Json:
    """Write a value of a primitive or a fixed.

    Raises:
        ValueError: It is none, or cannot be one exactly.
    """
    assert isinstance(node, Primitive | Fixed)
    write = None if node.logical is None else _LOGICAL.get(node.logical.name)
    if write is not None and node.logical is not None:
        written = write(node.logical, node, value)
        if written is None:
            raise no_value(node, value)
        return written
    if isinstance(node, Fixed):
        return _fixed(node, value)
    return _primitive(node, value)


def _primitive(node: Primitive, value: Any) -> Json:
    match node.name, value:
        case ("null", None) | ("boolean", bool()):
            return cast(Json, value)
        case ("int" | "long"), int() if not isinstance(value, bool):
            return _integer(node.name, value)
        case ("float" | "double"), int() | float() if not isinstance(value, bool):
            return _float(node.name, value)
        case "string", str():
            return _whole(value)
        case "bytes", bytes():
            return value.decode("latin-1")
    raise no_value(node, value)


def _integer(word: str, value: int) -> int:
    bits = 31 if word == "int" else 63
    if not -(1 << bits) <= value < 1 << bits:
        raise ValueError(f"it does not fit in `{word}` ({bits + 1} bits)")
    return int(value)


def _float(word: str, value: float) -> float:
    try:
        number = float(value)
        struct.pack("<f" if word == "float" else "<d", number)
    except OverflowError:
        raise ValueError(f"it is too large for a `{word}`") from None
    if number != value and value == value:
        raise ValueError(f"a `{word}` does not hold it exactly")
    return number


def _whole(value: str) -> str:
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("the text holds half of a surrogate pair") from None
    return text


def _fixed(node: Fixed, data: Any) -> str:
    if not isinstance(data, bytes):
        raise no_value(node, data)
    if len(data) != node.size:
        raise ValueError(f"it has {counted_of(len(data), 'byte')}, not {node.size}")
    return data.decode("latin-1")


_Written = str | int | None
"""None where the value is of another Python type."""


def _decimal(logical: Logical, node: Primitive | Fixed, value: Any) -> _Written:
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal):
        return None
    number = unscaled_of(logical, value)
    bits = (number if number >= 0 else ~number).bit_length()
    size = node.size if isinstance(node, Fixed) else bits // 8 + 1
    return number.to_bytes(size, "big", signed=True).decode("latin-1")


def _uuid(logical: Logical, node: Primitive | Fixed, value: Any) -> _Written:
    if isinstance(node, Fixed):
        return value.bytes.decode("latin-1") if isinstance(value, UUID) else None
    return str(value) if isinstance(value, UUID | str) else None


def _duration(logical: Logical, node: Primitive | Fixed, value: Any) -> _Written:
    if not isinstance(value, Duration):
        return None
    try:
        return struct.pack("<3I", *value).decode("latin-1")
    except struct.error:
        raise ValueError("months, days and milliseconds are whole numbers of 32 bits") from None


def _date(logical: Logical, node: Primitive | Fixed, value: Any) -> _Written:
    if isinstance(value, RawNumber):
        return int(value)
    return days_of(value) if isinstance(value, date) and not isinstance(value, datetime) else None


def _time(logical: Logical, node: Primitive | Fixed, value: Any) -> _Written:
    if isinstance(value, RawNumber):
        return int(value)
    return ticks_of(logical, value) if isinstance(value, time) else None


def _stamp(logical: Logical, node: Primitive | Fixed, value: Any) -> _Written:
    if isinstance(value, RawNumber):
        return int(value)
    return stamp_of(logical, value) if isinstance(value, datetime) else None


_LOGICAL: Final[dict[str, Callable[[Logical, Primitive | Fixed, Any], _Written]]] = {
    "date": _date,
    "decimal": _decimal,
    "duration": _duration,
    "local-timestamp-micros": _stamp,
    "local-timestamp-millis": _stamp,
    "time-micros": _time,
    "time-millis": _time,
    "timestamp-micros": _stamp,
    "timestamp-millis": _stamp,
    "uuid": _uuid,
}
