"""Avro's variable-length integers and block headers, read with every bound checked.

The generated decoder settles one-byte numbers inline and comes here for the rest. Everything
takes the bytes and a position, and gives the position after; running out of bytes is an
`IndexError`, anything else wrong a `Malformed`. Which of them, and where, the tracer finds out.
"""

from typing import Final

__all__ = [
    "LENGTHS",
    "NUMBERS",
    "Malformed",
    "read_block",
    "read_branch",
    "read_index",
    "read_int",
    "read_length",
    "read_long",
    "skip_int",
    "skip_long",
]


class Malformed(Exception):
    """The bytes are not what they should be."""


NUMBERS: Final = tuple((byte >> 1) ^ -(byte & 1) if byte < 128 else None for byte in range(256))
"""The number that a byte is by itself; None where it is only the first of several."""

LENGTHS: Final = tuple(byte >> 1 if byte < 128 and not byte & 1 else None for byte in range(256))
"""The length that a byte is by itself; None where more follow, or it is negative."""

# The continuation bits of the first n bytes, to take away after adding whole bytes up.
_BITS = tuple(sum(128 << 7 * place for place in range(count)) for count in range(6))
_BITS_2, _BITS_3, _BITS_4, _BITS_5 = _BITS[1], _BITS[2], _BITS[3], _BITS[4]
_BITS_6 = _BITS[5]


def read_long(data: bytes, p: int) -> tuple[int, int]:
    """Read a `long`: at most ten bytes and 64 bits."""
    a = data[p]
    if a < 128:
        return (a >> 1) ^ -(a & 1), p + 1
    b = data[p + 1]
    if b < 128:
        a += (b << 7) - _BITS_2
        return (a >> 1) ^ -(a & 1), p + 2
    c = data[p + 2]
    if c < 128:
        a += (b << 7) + (c << 14) - _BITS_3
        return (a >> 1) ^ -(a & 1), p + 3
    d = data[p + 3]
    if d < 128:
        a += (b << 7) + (c << 14) + (d << 21) - _BITS_4
        return (a >> 1) ^ -(a & 1), p + 4
    e = data[p + 4]
    a += (b << 7) + (c << 14) + (d << 21) + (e << 28)
    if e < 128:
        a -= _BITS_5
        return (a >> 1) ^ -(a & 1), p + 5
    f = data[p + 5]
    if f < 128:
        a += (f << 35) - _BITS_6
        return (a >> 1) ^ -(a & 1), p + 6
    return _read_longer(data, p + 5, a - _BITS_6)


def _read_longer(data: bytes, p: int, number: int) -> tuple[int, int]:
    """The sixth to the tenth byte."""
    shift = 35
    while True:
        byte = data[p]
        p += 1
        number |= (byte & 127) << shift
        if byte < 128:
            if number >> 64:
                raise Malformed
            return (number >> 1) ^ -(number & 1), p
        shift += 7
        if shift > 63:
            raise Malformed


def read_int(data: bytes, p: int) -> tuple[int, int]:
    """Read an `int`: at most five bytes and 32 bits."""
    number, end = read_long(data, p)
    if end - p > 5 or not -0x80000000 <= number <= 0x7FFFFFFF:
        raise Malformed
    return number, end


def read_length(data: bytes, p: int) -> tuple[int, int]:
    """Read a length, which is a `long` that is not negative."""
    number, p = read_long(data, p)
    if number < 0:
        raise Malformed
    return number, p


def read_index(data: bytes, p: int) -> tuple[int, int]:
    """Read an index, which is an `int` that is not negative."""
    number, p = read_int(data, p)
    if number < 0:
        raise Malformed
    return number, p


def read_branch(data: bytes, p: int) -> tuple[int, int]:
    """Read an index, as it would stand in one byte: doubled."""
    number, p = read_index(data, p)
    return number << 1, p


def skip_long(data: bytes, p: int) -> int:
    """Pass over a `long`."""
    return read_long(data, p)[1]


def skip_int(data: bytes, p: int) -> int:
    """Pass over an `int`."""
    return read_int(data, p)[1]


def read_block(data: bytes, p: int, smallest: int) -> tuple[int, int, int]:
    """Read the header of a block of items.

    Args:
        data: The bytes.
        p: Where the header begins.
        smallest: The bytes that an item takes at least.

    Returns:
        The number of items; where they begin; where they end, 0 when the writer did not say.
    """
    count, p = read_long(data, p)
    end = 0
    left = len(data) - p
    if count < 0:
        count = -count
        size, p = read_length(data, p)
        if size > len(data) - p:
            raise Malformed
        end, left = p + size, size
    if count * smallest > left:
        raise Malformed
    return count, p, end
