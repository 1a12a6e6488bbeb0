"""Many numbers at once: a block of an array of primitives, handed to C after its bounds are known.

Floats go to `array`, booleans to `bytes`, integers to fastavro, whose array reader is C; what it
read is kept only when every number was within its bounds.
"""

import sys
from array import array
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from itertools import repeat
from typing import Final, TypeAlias, cast

from flowodm.codec.varint import Malformed, read_int, read_long

__all__ = ["read_booleans", "read_doubles", "read_floats", "read_ints", "read_longs"]

_BOOLEANS: Final = (False, True)


def _kinds(largest: int) -> bytes:
    """1 for a byte that another follows; for a last byte 0, or 2 where it is over `largest`."""
    return bytes(1 if byte > 127 else 2 * (byte > largest) for byte in range(256))


_ArrayReader: TypeAlias = Callable[[BytesIO], list[int]]

_WIDTHS: Final = {32: 5, 64: 10}
_KINDS: Final = {32: _kinds(0x0F), 64: _kinds(0x01)}
"""A number of the full width fits when its last byte is no larger."""


def read_doubles(data: bytes, p: int, count: int) -> tuple[list[float], int]:
    """Read so many doubles."""
    return _read_array("d", data, p, p + 8 * count)


def read_floats(data: bytes, p: int, count: int) -> tuple[list[float], int]:
    """Read so many 32-bit floats."""
    return _read_array("f", data, p, p + 4 * count)


def _read_array(code: str, data: bytes, p: int, end: int) -> tuple[list[float], int]:
    if end > len(data):
        raise Malformed
    numbers: array[float] = array(code, data[p:end])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist(), end


def read_booleans(data: bytes, p: int, count: int) -> tuple[list[bool], int]:
    """Read so many booleans."""
    end = p + count
    if end > len(data):
        raise Malformed
    return [*map(_BOOLEANS.__getitem__, data[p:end])], end


def read_longs(data: bytes, p: int, count: int) -> tuple[list[int], int]:
    """Read so many longs."""
    return _fast(data, p, count, 64) or _slow(read_long, data, p, count)


def read_ints(data: bytes, p: int, count: int) -> tuple[list[int], int]:
    """Read so many ints."""
    return _fast(data, p, count, 32) or _slow(read_int, data, p, count)


def _slow(
    read: Callable[[bytes, int], tuple[int, int]], data: bytes, p: int, count: int
) -> tuple[list[int], int]:
    numbers: list[int] = []
    for _ in repeat(None, count):
        number, p = read(data, p)
        numbers.append(number)
    return numbers, p


def _fast(data: bytes, p: int, count: int, bits: int) -> tuple[list[int], int] | None:
    """What fastavro reads; None where it may have gone wrong.

    It gets an array of one block that holds no more bytes than so many numbers can take, and
    reads the longest numbers wrong rather than refuse them: where one could be too long or too
    large, its answer is not taken.
    """
    width = _WIDTHS[bits]
    header = _header(count)
    stream = BytesIO(header + data[p : p + width * count] + b"\0")
    try:
        numbers = _array_reader()(stream)
    except EOFError:
        return None
    used = stream.tell() - len(header) - 1
    kinds = data[p : p + used].translate(_KINDS[bits])
    if len(numbers) != count or kinds.endswith(b"\1"):
        return None
    full = b"\1" * (width - 1)
    if full in kinds and (full + b"\1" in kinds or full + b"\2" in kinds):
        return None
    return numbers, p + used


def _header(count: int) -> bytes:
    groups = bytearray()
    count <<= 1
    while count > 127:
        groups.append(count & 127 | 128)
        count >>= 7
    groups.append(count)
    return bytes(groups)


@cache
def _array_reader() -> _ArrayReader:
    from fastavro import parse_schema, schemaless_reader

    schema = parse_schema({"type": "array", "items": "long"})
    return cast(_ArrayReader, partial(schemaless_reader, writer_schema=schema))
