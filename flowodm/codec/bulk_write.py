"""Many numbers at once: the items of an array, written in C after their types are known.

Numbers near zero come from a table, the others from fastavro, whose array writer is C; it only
ever sees integers that fit. Each function takes a list of its own that is not empty, writes the
items without their count, and raises for an item that is not exactly of the usual type.
"""

from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from struct import pack
from typing import Any, Final, TypeAlias

from flowodm.codec.varint_write import SMALL_END, SMALLEST, long_bytes, small_numbers

__all__ = ["BULK"]

_FASTAVRO_FROM: Final = 12
"""Numbers that are worth the way to fastavro and back."""

_Write: TypeAlias = Callable[[list[Any]], bytes]


def _check_types(items: Sequence[object], kind: type) -> None:
    if {*map(type, items)} != {kind}:
        raise TypeError


def _doubles(items: list[float]) -> bytes:
    _check_types(items, float)
    return pack(f"<{len(items)}d", *items)


def _floats(items: list[float]) -> bytes:
    _check_types(items, float)
    return pack(f"<{len(items)}f", *items)


def _booleans(items: list[bool]) -> bytes:
    _check_types(items, bool)
    return bytes(items)


def _ints(items: list[int]) -> bytes:
    return _integers(items, 1 << 31)


def _longs(items: list[int]) -> bytes:
    return _integers(items, 1 << 63)


def _integers(items: list[int], bound: int) -> bytes:
    _check_types(items, int)
    least, most = min(items), max(items)
    if least >= SMALLEST and most < SMALL_END:
        return b"".join(map(small_numbers().__getitem__, items))
    if least < -bound or most >= bound:
        raise OverflowError
    if len(items) < _FASTAVRO_FROM:
        return b"".join(map(long_bytes, items))
    stream = BytesIO()
    _array_writer()(stream, items)
    return stream.getvalue()[len(long_bytes(len(items))) : -1]


@cache
def _array_writer() -> Callable[[BytesIO, list[int]], None]:
    from fastavro import parse_schema, schemaless_writer

    schema = parse_schema({"type": "array", "items": "long"})
    return lambda stream, items: schemaless_writer(stream, schema, items)


BULK: Final[dict[str, _Write]] = {
    "boolean": _booleans,
    "double": _doubles,
    "float": _floats,
    "int": _ints,
    "long": _longs,
}
"""What writes the items of an array, by their primitive type."""
