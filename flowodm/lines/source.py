"""Bytes to numbered lines. What a line says is `reader.py`'s business."""

import threading
from collections.abc import Iterator
from queue import Empty, Queue
from typing import BinaryIO, Final, TypeAlias

from flowodm.errors import FlowODMError, SerializationError, UsageError

__all__ = ["Line", "followed_lines", "numbered_lines", "text_of"]

Line: TypeAlias = tuple[int, bytes]
"""A line with its number, from 1."""

_AHEAD: Final = 1_000
"""Lines that are read before they are asked for."""
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def numbered_lines(stream: BinaryIO) -> Iterator[Line]:
    """Read lines one by one; blank ones count and are left out, as is a byte order mark.

    Args:
        stream: Bytes; the last line may lack its line feed.

    Raises:
        UsageError: The bytes are UTF-16.
        FlowODMError: They cannot be read.
    """
    for number, line in enumerate(_readable(stream), 1):
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


def _readable(stream: BinaryIO) -> Iterator[bytes]:
    try:
        yield from stream
    except OSError as error:
        raise FlowODMError(f"cannot read the lines: {error.strerror}") from error


def followed_lines(stream: BinaryIO, tick: float) -> Iterator[Line | None]:
    """Read lines like `numbered_lines`, and give None whenever none has come for a while.

    The stream is read in a thread of its own, so that the caller can do other things in between.

    Args:
        stream: Bytes that may take their time.
        tick: Seconds after which there is a None.
    """
    lines: Queue[Line | BaseException | None] = Queue(_AHEAD)

    def read() -> None:
        try:
            for line in numbered_lines(stream):
                lines.put(line)
            lines.put(None)
        except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
            lines.put(error)

    threading.Thread(target=read, name="flowodm-lines", daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=tick)
        except Empty:
            yield None
            continue
        if line is None:
            return
        if isinstance(line, BaseException):
            raise line
        yield line


def text_of(line: bytes) -> str:
    """Return a line as text.

    Raises:
        SerializationError: It is no UTF-8.
    """
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise SerializationError(f"not UTF-8 (byte {error.start} of the line)") from None
