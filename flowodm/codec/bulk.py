"""Many numbers at once: a block of an array of primitives, read in C after its bounds are known.

Floats go to `array`, booleans and one-byte integers to `bytes`, wide integers to `lanes.py`, the
others to fastavro, whose array reader is C; what that read is kept only when every number was
within its bounds.
"""

import sys
from array import array
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from itertools import repeat
from typing import Final, TypeAlias, cast

from flowodm.codec.lanes import read_lanes
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

_SINGLES: Final = bytes((byte >> 1 ^ -(byte & 1)) & 255 for byte in range(256))
"""The number that a byte is by itself, as a signed byte."""

_SAMPLE: Final = 32
_WIDE: Final = 24
"""So many bytes of the sample have another one after them: numbers of four bytes and more."""

_FASTAVRO_FROM: Final = 40


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


def _fast(data: bytes, p: int, count: int, bits: int) -> tuple[list[int], int] | None:
    """What the fastest way gives; None where it may have gone wrong, or where there is none."""
    block = data[p : p + count]
    if len(block) < count:
        raise Malformed
    if block.isascii():
        return memoryview(block.translate(_SINGLES)).cast("b").tolist(), p + count
    sample = data[p : p + _SAMPLE]
    if sample.translate(_KINDS[64]).count(1) >= _WIDE:
        return read_lanes(data, p, count, bits)
    return _by_fastavro(data, p, count, bits) if count >= _FASTAVRO_FROM else None


def _slow(
    read: Callable[[bytes, int], tuple[int, int]], data: bytes, p: int, count: int
) -> tuple[list[int], int]:
    numbers: list[int] = []
    for _ in repeat(None, count):
        number, p = read(data, p)
        numbers.append(number)
    return numbers, p


def _by_fastavro(data: bytes, p: int, count: int, bits: int) -> tuple[list[int], int] | None:
    """What fastavro reads; None where it may have gone wrong.

    It gets an array of one block that holds no more bytes than so many numbers can take, and
    reads the longest numbers wrong rather than refuse them: where one could be too long or too
    large, its answer is not taken.
    """
    width = _WIDTHS[bits]
    header = _header(count)
    stream = BytesIO(header + data[p : p + width * count] + b"\0")
    try:
        numbers = _array_reader(bits)(stream)
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
    """The count of a block."""
    if count < 8192:
        return bytes((count << 1 & 127 | 128, count >> 6))
    groups = (count << 1, count >> 6, count >> 13, count >> 20)
    return bytes((*(group & 127 | 128 for group in groups), count >> 27 & 127))


@cache
def _array_reader(bits: int) -> _ArrayReader:
    from fastavro import parse_schema, schemaless_reader

    schema = parse_schema({"type": "array", "items": "int" if bits == 32 else "long"})
    return cast(_ArrayReader, partial(schemaless_reader, writer_schema=schema))
