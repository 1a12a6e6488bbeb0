"""Numbers read many at once are the numbers read one by one."""

import struct
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from flowodm.codec import bulk
from flowodm.codec.lanes import read_lanes
from flowodm.codec.varint import Malformed, read_int, read_long
from tests.generators import zigzag

pytestmark = pytest.mark.unit

READERS = {32: (read_int, bulk.read_ints), 64: (read_long, bulk.read_longs)}
TAILS = (b"", b"\0", b"\0" * 5, b"\x80\0", b"\x80" * 12 + b"\0", b"\6\2\2\2\0", b"\xff" * 20)


def one_by_one(bits: int, data: bytes, p: int, count: int) -> Any:
    numbers = []
    for _ in range(count):
        number, p = READERS[bits][0](data, p)
        numbers.append(number)
    return numbers, p


def outcome(read: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except (IndexError, Malformed):
        return None


def random_block(random: Random, count: int) -> bytes:
    """Numbers of one width or mixed, now and then overlong or spoiled, with something after."""
    bits = random.choice((6, 13, 20, 30, 31, 40, 55, 63))
    encoded = bytearray()
    for _ in range(count):
        number = zigzag(random.randint(-(2**bits), 2**bits - 1))
        if random.random() < 0.02:
            number = (
                number[:-1] + bytes([number[-1] | 128]) + b"\x80" * random.randint(0, 6) + b"\0"
            )
        encoded += number
    encoded += random.choice(TAILS)
    for _ in range(random.choice((0, 0, 1, 3))):
        encoded[random.randrange(len(encoded))] = random.choice((0, 1, 2, 15, 16, 127, 128, 255))
    return bytes(encoded[: random.choice((len(encoded), random.randint(0, len(encoded))))])


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("seed", range(8))
def test_integers_in_bulk_are_the_integers_one_by_one(seed: int, bits: int) -> None:
    random = Random(seed)
    read = 0
    for _ in range(250):
        count = random.choice((1, 9, 24, 33, 40, 45, 100))
        data = b"xx" + random_block(random, count)
        expected = outcome(one_by_one, bits, data, 2, count)
        assert outcome(READERS[bits][1], data, 2, count) == expected
        for shortcut in (read_lanes, bulk._by_fastavro):
            found = shortcut(data, 2, count, bits)
            assert found is None or found == expected
            read += found is not None
    assert read > 50


@pytest.mark.parametrize("count", [511, 512, 513, 16_383, 16_384, 16_385, 40_000])
def test_rows_of_any_length_are_joined(count: int) -> None:
    numbers = [(-1) ** place * (2**40 + place) for place in range(count)]
    data = b"".join(map(zigzag, numbers)) + b"\0rest"
    assert read_lanes(data, 0, count, 64) == (numbers, len(data) - 5)


@pytest.mark.parametrize("number", [2**31 - 1, -(2**31), 2**28, -1, 0])
def test_ints_at_their_bounds_are_read(number: int) -> None:
    data = zigzag(number) * 50
    assert bulk.read_ints(data, 0, 50) == ([number] * 50, len(data))


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 2**62, 2**56, -(2**55) - 1])
def test_longs_at_their_bounds_are_read(number: int) -> None:
    data = zigzag(number) * 50
    assert bulk.read_longs(data, 0, 50) == ([number] * 50, len(data))


def test_floats_are_little_endian() -> None:
    numbers = [1.5, -0.0, float("inf"), 2**-149]
    assert bulk.read_floats(struct.pack("<4f", *numbers), 0, 4) == (numbers, 16)
    assert bulk.read_doubles(b"x" + struct.pack("<4d", *numbers), 1, 4) == (numbers, 33)


@pytest.mark.parametrize("read", [bulk.read_floats, bulk.read_doubles, bulk.read_booleans])
def test_a_missing_byte_is_no_number(read: Callable[..., Any]) -> None:
    with pytest.raises(Malformed):
        read(b"", 0, 1)


def test_booleans_are_zero_or_one() -> None:
    assert bulk.read_booleans(b"\0\1\1", 0, 3) == ([False, True, True], 3)
    with pytest.raises(IndexError):
        bulk.read_booleans(b"\0\2", 0, 2)
