"""Bytes to numbered lines. What a line says is `reader.py`'s business."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from flowodm.errors import SerializationError, UsageError

__all__ = ["numbered_lines", "text_of"]

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def numbered_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Read lines one by one; blank ones count and are left out, as is a byte order mark.

    Args:
        stream: Bytes; the last line may lack its line feed.

    Raises:
        UsageError: The bytes are UTF-16.
    """
    for number, line in enumerate(stream, 1):
        if number == 1:
            if line.startswith(_UTF16_MARKS):
                raise UsageError(
                    "the lines are UTF-16, not UTF-8",
                    hint="convert them first: iconv -f UTF-16 -t UTF-8",
                )
            line = line.removeprefix(_UTF8_MARK)
        line = line.rstrip(b"\r\n")
        if line.strip(b" \t\r"):
            yield number, line


def text_of(line: bytes) -> str:
    """Return a line as text.

    Raises:
        SerializationError: It is no UTF-8.
    """
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise SerializationError(f"not UTF-8 (byte {error.start} of the line)") from None
