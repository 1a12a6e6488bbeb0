"""Messages that wait until every line is checked: in memory first, then in a file of their own."""

import marshal
from collections.abc import Iterator
from struct import Struct
from tempfile import SpooledTemporaryFile, gettempdir
from types import TracebackType
from typing import Final, Self

from flowodm.errors import FlowODMError
from flowodm.lines.reader import Message

__all__ = ["Spool"]

_IN_MEMORY: Final = 64 * 1024 * 1024
_LENGTH: Final = Struct("<Q")


class Spool:
    """A list of messages that does not grow in memory; its file is private and has no name."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by `close`
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._count

    def add(self, number: int, message: Message) -> None:
        """Keep a message with the number of its line.

        Raises:
            FlowODMError: There is no room for it.
        """
        data = marshal.dumps((number, *message))
        try:
            self._file.write(_LENGTH.pack(len(data)))
            self._file.write(data)
        except OSError as error:
            raise _no_room(error) from error
        self._count += 1

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        """Give all messages, in the order they came, with the numbers of their lines."""
        try:
            self._file.seek(0)
        except OSError as error:  # what was still in a buffer
            raise _no_room(error) from error
        while header := self._file.read(_LENGTH.size):
            (size,) = _LENGTH.unpack(header)
            number, *fields = marshal.loads(self._file.read(size))  # noqa: S302 - our own bytes
            yield number, Message(*fields)


def _no_room(error: OSError) -> FlowODMError:
    return FlowODMError(
        f"cannot keep the checked lines in `{gettempdir()}`: {error.strerror}",
        hint="`--stream` keeps none; TMPDIR names another place",
    )
