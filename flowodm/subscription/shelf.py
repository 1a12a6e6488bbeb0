"""`Shelf`: the messages that are here and not handed out, the next ones decoded."""

from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Generic, TypeVar

from flowodm.errors import RegistryError
from flowodm.record import Undecodable

if TYPE_CHECKING:
    from confluent_kafka import Message

__all__ = ["Shelf"]

T = TypeVar("T")


class Shelf(Generic[T]):
    """Messages in the order they are handed out; those of one partition by offset.

    Args:
        decode: Makes a value of a message; raises a `RegistryError` where it cannot tell.
    """

    def __init__(self, decode: "Callable[[Message], T | Undecodable]") -> None:
        self._decode = decode
        self._raw: deque[Message] = deque()
        self.ready: deque[tuple[Message, T | Undecodable]] = deque()
        """Decoded, the next first."""
        self.due = 0.0
        """When the consumer must be polled again, on the monotonic clock, whatever is here."""

    def __len__(self) -> int:
        return len(self.ready) + len(self._raw)

    def add(self, messages: "Iterable[Message]") -> None:
        """Put what came last behind what is here."""
        self._raw.extend(messages)

    def prepare(self) -> None:
        """Decode all that is here.

        Raises:
            RegistryError: The first one's schema cannot be had; it stays where it is.
        """
        raw, ready, decode = self._raw, self.ready, self._decode
        before = len(ready)
        try:
            for message in raw:
                try:
                    ready.append((message, decode(message)))
                except (SystemError, UnicodeDecodeError):
                    ready.append((message, self._decode_headless(message)))
        except RegistryError:
            if not ready:
                raise
            # else it comes up again when it is the first
        finally:
            for _ in range(len(ready) - before):
                raw.popleft()

    def _decode_headless(self, message: "Message") -> T | Undecodable:
        """Decode without headers: confluent-kafka fails on names that are not UTF-8."""
        message.set_headers([])
        return self._decode(message)

    def put_back(self, messages: "Iterable[Message]") -> None:
        """Take messages that were handed out, to hand them out again at their place."""
        waiting = [message for message, _ in self.ready]
        everything = sorted([*messages, *waiting, *self._raw], key=_offset)
        self.ready.clear()
        self._raw = deque(everything)

    def drop(self, partitions: Collection[int]) -> None:
        """Forget the messages of partitions that are no longer ours."""
        self._raw = deque(one for one in self._raw if one.partition() not in partitions)
        kept = [pair for pair in self.ready if pair[0].partition() not in partitions]
        self.ready.clear()
        self.ready.extend(kept)

    def first_offset(self, partition: int) -> int | None:
        """Return the lowest offset of a partition that is here."""
        for message, _ in self.ready:
            if message.partition() == partition:
                return message.offset()
        return next((one.offset() for one in self._raw if one.partition() == partition), None)


def _offset(message: "Message") -> int:
    offset = message.offset()
    return -1 if offset is None else offset
