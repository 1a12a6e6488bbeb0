"""Avro's variable-length integers, written: tables for the small ones, few steps for the rest."""

from functools import cache
from struct import Struct
from typing import Final

__all__ = ["SMALLEST", "SMALL_END", "int_bytes", "long_bytes", "small_numbers"]

SMALL_END: Final = 2_048
"""The numbers below it, and not below `SMALLEST`, are in the table of `small_numbers`."""
SMALLEST: Final = -SMALL_END

_INT: Final = 1 << 31
_2 = Struct("<H").pack
_3 = Struct("<HB").pack
_4 = Struct("<HH").pack
_5 = Struct("<HHB").pack
_6 = Struct("<HHH").pack
_7 = Struct("<HHHB").pack
_8 = Struct("<HHHH").pack
_9 = Struct("<HHHHB").pack
_10 = Struct("<HHHHH").pack

_PAIRS: Final = [low | 128 | (high | 128) << 8 for high in range(128) for low in range(128)]
"""Fourteen bits as two bytes, each saying that another follows."""
_LAST: Final = 0x8000
"""What the last pair must not say."""


def long_bytes(number: int) -> bytes:
    """Write a `long`.

    Raises:
        OverflowError: It does not fit in 64 bits.
    """
    z = number << 1 if number >= 0 else ~number << 1 | 1
    pairs = _PAIRS
    if z < 0x800000000:
        if z < 0x4000:
            return z.to_bytes(1) if z < 128 else _2(pairs[z] - _LAST)
        if z < 0x200000:
            return _3(pairs[z & 16383], z >> 14)
        if z < 0x10000000:
            return _4(pairs[z & 16383], pairs[z >> 14] - _LAST)
        return _5(pairs[z & 16383], pairs[z >> 14 & 16383], z >> 28)
    if z < 0x40000000000:
        return _6(pairs[z & 16383], pairs[z >> 14 & 16383], pairs[z >> 28] - _LAST)
    a, b, c = pairs[z & 16383], pairs[z >> 14 & 16383], pairs[z >> 28 & 16383]
    if z < 0x2000000000000:
        return _7(a, b, c, z >> 42)
    if z < 0x100000000000000:
        return _8(a, b, c, pairs[z >> 42] - _LAST)
    return _longest(z, a, b, c)


def _longest(z: int, a: int, b: int, c: int) -> bytes:
    """Nine and ten bytes."""
    d = _PAIRS[z >> 42 & 16383]
    if z < 0x8000000000000000:
        return _9(a, b, c, d, z >> 56)
    if z >> 64:
        raise OverflowError
    return _10(a, b, c, d, _PAIRS[z >> 56] - _LAST)


def int_bytes(number: int) -> bytes:
    """Write an `int`.

    Raises:
        OverflowError: It does not fit in 32 bits.
    """
    if not -_INT <= number < _INT:
        raise OverflowError
    return long_bytes(number)


@cache
def small_numbers() -> list[bytes]:
    """A table of the numbers near zero; Python's negative indexes find the negative ones."""
    return [long_bytes(number) for number in (*range(SMALL_END), *range(SMALLEST, 0))]
