"""`Marks`: which offsets of a partition are done with, and the text they are kept as. Pure.

A watermark alone would not do: a replay may choose some of the records, and leave others for
later. So what a group keeps of a partition is its offset, before which all is done, and as the
offset's metadata the runs of offsets after it that are done too.
"""

import zlib
from base64 import b85decode, b85encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["MOST_TEXT", "Marks"]

MOST_TEXT: Final = 4_096
"""Characters of an offset's metadata that a broker takes (`offset.metadata.max.bytes`)."""

_FORM: Final = "flowodm-replayed:1:"
_MOST_BYTES: Final = 1 << 20
"""Of hostile metadata, once decompressed."""
_LARGEST: Final = 2**63 - 1


class Marks:
    """A set of offsets as runs that do not touch; a run holds its first offset and not its last.

    Args:
        runs: What is marked from the beginning.
    """

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._stops: list[int] = []
        for start, stop in runs:
            self.add(start, stop)

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._stops, strict=True))

    def __contains__(self, offset: int) -> bool:
        at = bisect_right(self._starts, offset) - 1
        return at >= 0 and offset < self._stops[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marks) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, start: int, stop: int) -> None:
        """Mark offsets from the first up to, not including, the other."""
        if start >= stop:
            return
        first, last = bisect_left(self._stops, start), bisect_right(self._starts, stop)
        if first < last:
            start, stop = min(start, self._starts[first]), max(stop, self._stops[last - 1])
        self._starts[first:last] = [start]
        self._stops[first:last] = [stop]

    def copy(self) -> "Marks":
        """Return another set of the same offsets."""
        made = Marks()
        made._starts, made._stops = self._starts.copy(), self._stops.copy()
        return made

    @property
    def first(self) -> int:
        """The first offset that is marked; there is one."""
        return self._starts[0]

    @property
    def stop(self) -> int:
        """The offset after the last that is marked; there is one."""
        return self._stops[-1]

    @property
    def watermark(self) -> int:
        """The first offset that is not marked."""
        return self._stops[0] if self._starts and self._starts[0] <= 0 else 0

    def text(self) -> str:
        """Return the runs after the watermark, as an offset's metadata; it may be too long."""
        place, numbers = self.watermark, bytearray()
        for start, stop in self:
            if start >= self.watermark:
                numbers += _varint(start - place) + _varint(stop - start)
                place = stop
        if not numbers:
            return ""
        return _FORM + b85encode(zlib.compress(bytes(numbers), 9)).decode()

    @classmethod
    def of(cls, offset: int, text: str | None) -> "Marks":
        """Read back what was kept; metadata that is none of ours counts as none."""
        marks = cls([(0, min(max(offset, 0), _LARGEST))])
        if text and text.startswith(_FORM):
            try:
                for start, stop in _runs(text.removeprefix(_FORM), max(offset, 0)):
                    marks.add(start, stop)
            except (ValueError, zlib.error):
                return cls([(0, min(max(offset, 0), _LARGEST))])
        return marks


def _runs(text: str, place: int) -> list[tuple[int, int]]:
    inflate = zlib.decompressobj()
    numbers = inflate.decompress(b85decode(text), _MOST_BYTES)
    if not inflate.eof:
        raise ValueError("cut short, or too long")
    found, rest = [], iter(numbers)
    for first in rest:
        start = place + _read_varint(first, rest)
        place = start + _read_varint(next(rest, None), rest)
        if place > _LARGEST:
            raise ValueError("beyond the largest offset")
        found.append((start, place))
    return found


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def _read_varint(octet: int | None, rest: Iterator[int]) -> int:
    number = 0
    for shift in range(0, 70, 7):
        if octet is None:
            break
        number |= (octet & 0x7F) << shift
        if octet < 0x80:
            return number
        octet = next(rest, None)
    raise ValueError("no number")
