"""Many variable-length integers at once, without a loop in Python.

The numbers are cut out by a regular expression and laid side by side in lanes of equal width;
the row of them is then one very large integer, and a mask or a shift of it treats every lane at
once, in C. It pays from some four bytes a number on.
"""

import re
import struct
import sys
from array import array
from functools import cache
from typing import Final

__all__ = ["read_lanes"]

_NUMBERS: Final = {
    32: re.compile(rb"[\x80-\xff]{0,4}[\x00-\x7f]|[\x80-\xff]{5}"),
    64: re.compile(rb"[\x80-\xff]{0,9}[\x00-\x7f]|[\x80-\xff]{10}"),
}
"""Numbers of at most so many bits; or the beginning of one that is too long."""

_LONGEST: Final = {32: 5, 64: 10}
_ROW: Final = 512
"""Lanes that are unpacked together."""

_CUT: Final = 32 * _ROW
"""Numbers that are cut out together; bounds what the pieces take."""

_STEP: Final = 32
"""A row has a multiple of so many lanes."""


def _mask(lane: int, width: int = 8) -> int:
    return int.from_bytes(lane.to_bytes(width, "little") * (_ROW * 16 // width), "little")


# The even and the odd groups of 7, 14 and 28 bits: each step closes the gaps between them.
_EVEN_7, _ODD_7 = _mask(0x007F007F007F007F), _mask(0x7F007F007F007F00)
_EVEN_14, _ODD_14 = _mask(0x00003FFF00003FFF), _mask(0x3FFF00003FFF0000)
_EVEN_28, _ODD_28 = _mask(0x000000000FFFFFFF), _mask(0x0FFFFFFF00000000)
# Lanes of sixteen bytes: what comes from the first eight bytes, and from the ninth and tenth.
_LOW, _HIGH = _mask((1 << 56) - 1, 16), _mask(0xFF << 56, 16)
_TOO_LARGE: Final = {32: _mask(0xF0 << 32), 64: _mask(0xFE << 72, 16)}
"""Bits of the last byte that the longest number has, but may not set."""

_ONES: Final = {8: _mask(1), 16: _mask(1, 16)}
_HALVES: Final = {8: _mask((1 << 63) - 1), 16: _mask((1 << 63) - 1, 16)}
_ALL: Final = (1 << 64) - 1


def read_lanes(data: bytes, p: int, count: int, bits: int) -> tuple[list[int], int] | None:
    """Read so many numbers.

    Args:
        data: The bytes.
        p: Where the first begins.
        count: How many.
        bits: 32 or 64: how large each may be.

    Returns:
        The numbers, and where they end; None where one is out of its bounds, or missing.
    """
    numbers: list[int] = []
    while count:
        wanted = min(count, _CUT)
        end = p + _LONGEST[bits] * wanted
        chunks: list[bytes] = _NUMBERS[bits].findall(data, p, end)[:wanted]
        if len(chunks) < wanted:
            return None
        for start in range(0, wanted, _ROW):
            row = _unpacked(chunks[start : start + _ROW], bits)
            if row is None:
                return None
            numbers += row
        p += len(b"".join(chunks))
        count -= wanted
    return numbers, p


def _unpacked(chunks: list[bytes], bits: int) -> list[int] | None:
    """The numbers of a row; None where one is too long or too large."""
    width = 8 if max(map(len, chunks)) <= 8 else 16
    padding = -len(chunks) % _STEP
    row = _layout(len(chunks) + padding, width).pack(*chunks, *(b"",) * padding)
    lanes = int.from_bytes(row, "little")
    if width == bits // 4 and lanes & _TOO_LARGE[bits]:
        return None
    lanes = (lanes & _EVEN_7) | ((lanes & _ODD_7) >> 1)
    lanes = (lanes & _EVEN_14) | ((lanes & _ODD_14) >> 2)
    lanes = (lanes & _EVEN_28) | ((lanes & _ODD_28) >> 4)
    if width == 16:
        lanes = (lanes & _LOW) | ((lanes >> 8) & _HIGH)
    negative = (lanes & _ONES[width]) * _ALL
    lanes = ((lanes >> 1) & _HALVES[width]) ^ negative
    numbers = array("q", lanes.to_bytes(len(row), "little"))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers[: len(chunks) * width // 8 : width // 8].tolist()


@cache
def _layout(count: int, width: int) -> struct.Struct:
    """Pads so many chunks with zero bytes; called with few different numbers."""
    return struct.Struct(f"{width}s" * count)
