"""`Shelf`: the messages that are here and not handed out."""

from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Generic, TypeVar

from flowodm.record import Undecodable

if TYPE_CHECKING:
    from confluent_kafka import Message

__all__ = ["Shelf", "decoded"]

T = TypeVar("T")


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
        self.decode = decode
        self.decode_at_once = decode_at_once or _cannot
        self.messages: deque[Message] = deque()
        self.due = 0.0
        """When the consumer must be polled again, on the monotonic clock, whatever is here."""

    def __len__(self) -> int:
        return len(self.messages)

    def add(self, messages: "Iterable[Message]") -> None:
        """Put what came last behind what is here."""
        self.messages.extend(messages)

    def put_back(self, messages: "Iterable[Message]") -> None:
        """Take messages that were handed out, to hand them out again at their place."""
        self.messages = deque(sorted([*messages, *self.messages], key=_offset))

    def drop(self, partitions: Collection[int]) -> None:
        """Forget the messages of partitions that are no longer ours."""
        self.messages = deque(one for one in self.messages if one.partition() not in partitions)

    def first_offset(self, partition: int) -> int | None:
        """Return the lowest offset of a partition that is here."""
        return next((one.offset() for one in self.messages if one.partition() == partition), None)


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
