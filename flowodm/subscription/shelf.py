"""`Shelf`: the messages that are here and not handed out, the next ones decoded."""

from collections import deque
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from flowodm.errors import RegistryError
from flowodm.record import Undecodable

if TYPE_CHECKING:
    from confluent_kafka import Message

__all__ = ["Shelf", "decoded"]

T = TypeVar("T")

_AHEAD: Final = 100
"""The way to a thread and back costs as much as some twenty records."""


class Shelf(Generic[T]):
    """Messages in the order they are handed out; those of one partition by offset.

    Args:
        decode: Makes a value of a message; raises a `RegistryError` where it cannot tell.
        decode_at_once: Does so without waiting for anything; None where it would have to.
    """

    def __init__(
        self,
        decode: "Callable[[Message], T | Undecodable]",
        decode_at_once: "Callable[[Message], T | Undecodable | None] | None" = None,
    ) -> None:
        self._decode = decode
        self.decode_at_once = decode_at_once or _cannot
        self.ahead = 0 if decode_at_once else _AHEAD
        """How many to decode ahead for those who cannot wait."""
        self.raw: deque[Message] = deque()
        """Not decoded; all of them follow those that are."""
        self.ready: deque[tuple[Message, T | Undecodable]] = deque()
        """Decoded ahead, the next first."""
        self.due = 0.0
        """When the consumer must be polled again, on the monotonic clock, whatever is here."""

    def __len__(self) -> int:
        return len(self.ready) + len(self.raw)

    def add(self, messages: "Iterable[Message]") -> None:
        """Put what came last behind what is here."""
        self.raw.extend(messages)

    def prepare(self) -> None:
        """Decode some ahead; one that cannot be decoded now waits until it is the first.

        Each is kept alive until its turn, which costs more than decoding it then: this is for
        those who cannot wait.
        """
        raw, ready = self.raw, self.ready
        before = len(ready)
        try:
            for message in islice(raw, self.ahead):
                ready.append((message, self.decode(message)))
        except RegistryError:
            return
        finally:
            for _ in range(len(ready) - before):
                raw.popleft()

    def decode(self, message: "Message") -> T | Undecodable:
        """Decode a message, however long that takes.

        Raises:
            RegistryError: Its schema cannot be had.
        """
        return decoded(message, self._decode, self.decode_at_once)

    def put_back(self, messages: "Iterable[Message]") -> None:
        """Take messages that were handed out, to hand them out again at their place."""
        waiting = [message for message, _ in self.ready]
        everything = sorted([*messages, *waiting, *self.raw], key=_offset)
        self.ready.clear()
        self.raw = deque(everything)

    def drop(self, partitions: Collection[int]) -> None:
        """Forget the messages of partitions that are no longer ours."""
        self.raw = deque(one for one in self.raw if one.partition() not in partitions)
        kept = [pair for pair in self.ready if pair[0].partition() not in partitions]
        self.ready.clear()
        self.ready.extend(kept)

    def first_offset(self, partition: int) -> int | None:
        """Return the lowest offset of a partition that is here."""
        for message, _ in self.ready:
            if message.partition() == partition:
                return message.offset()
        return next((one.offset() for one in self.raw if one.partition() == partition), None)


def decoded(
    message: "Message",
    decode: "Callable[[Message], T | Undecodable]",
    decode_at_once: "Callable[[Message], T | Undecodable | None]",
) -> T | Undecodable:
    """Decode a message, at once if that can be.

    Raises:
        RegistryError: Its schema cannot be had.
    """
    try:
        value = decode_at_once(message)
        return decode(message) if value is None else value
    except (SystemError, UnicodeDecodeError):
        # confluent-kafka fails on header names that are not UTF-8, and may not be asked again
        message.set_headers([])
        return decode(message)


def _cannot(_message: "Message") -> None:
    """Decode nothing at once."""


def _offset(message: "Message") -> int:
    offset = message.offset()
    return -1 if offset is None else offset
