"""Numbers between a writer's type and a reader's: rounding, units, scales."""

import struct
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from flowodm.avro.resolution import Read
from flowodm.avro.types import Fixed, Primitive

__all__ = ["Unfit", "adjustment_of", "decimal_bytes", "float32"]

_FLOAT: Final = struct.Struct("<f")
_EXACT_IN_DOUBLE: Final = 1 << 53
_BOUNDS: Final = {"int": 1 << 31, "long": 1 << 63}


class Unfit(Exception):
    """A number that the reader's unit or scale cannot hold exactly."""


def adjustment_of(node: Read) -> Callable[[Any], Any] | None:
    """What turns the value as it was written into the reader's physical value; None: nothing."""
    writer, reader = node.writer, node.reader
    if node.shift:
        return _decimal_shift(node) if _is_bytes(reader) else _number_shift(node)
    if isinstance(writer, Fixed) or isinstance(reader, Fixed) or writer.name == reader.name:
        return None
    if reader.name == "float":
        return float32
    return float if reader.name == "double" and writer.name != "float" else None


def float32(number: int) -> float:
    """The nearest 32-bit float, rounded once and half to even."""
    size = abs(number)
    if size <= _EXACT_IN_DOUBLE:
        return float(_FLOAT.unpack(_FLOAT.pack(number))[0])
    shift = size.bit_length() - 24
    kept, lost = size >> shift, size & ((1 << shift) - 1)
    half = 1 << (shift - 1)
    kept += lost > half or (lost == half and kept & 1)
    return float(-(kept << shift) if number < 0 else kept << shift)


def decimal_bytes(digits: int) -> int:
    """The bytes of a two's complement number of so many digits."""
    return digits * 10 // 24 + 1


def _is_bytes(node: Primitive | Fixed) -> bool:
    return isinstance(node, Fixed) or node.name == "bytes"


def _shift(number: int, places: int) -> int:
    if places >= 0:
        return number * _power(places)
    shifted, lost = divmod(number, _power(-places))
    if lost:
        raise Unfit
    return shifted


@cache
def _power(places: int) -> int:
    return int(10**places)


def _number_shift(node: Read) -> Callable[[int], int]:
    places = node.shift
    assert isinstance(node.reader, Primitive)
    bound = _BOUNDS[node.reader.name]

    def adjust(number: int) -> int:
        number = _shift(number, places)
        if not -bound <= number < bound:
            raise Unfit
        return number

    return adjust


def _decimal_shift(node: Read) -> Callable[[bytes], bytes]:
    places = node.shift
    size = node.reader.size if isinstance(node.reader, Fixed) else None

    def adjust(data: bytes) -> bytes:
        number = _shift(int.from_bytes(data, "big", signed=True), places)
        needed = (number + (number < 0)).bit_length() // 8 + 1
        if size is not None and needed > size:
            raise Unfit
        return number.to_bytes(size or needed, "big", signed=True)

    return adjust
