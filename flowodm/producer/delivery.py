"""A record on its way out, and what becomes of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from flowodm.errors import FlowODMError
from flowodm.record import Headers

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

__all__ = ["Delivery", "Outcome", "Outgoing", "Report", "delivery_of"]


class Outgoing(NamedTuple):
    """A record to deliver."""

    topic: str
    key: bytes | None
    """None for none."""
    value: bytes | None
    """None for a tombstone."""
    headers: Headers = ()
    partition: int | None = None
    """None lets the key decide."""
    timestamp: int | None = None
    """Milliseconds since the epoch; None is now."""


class Delivery(NamedTuple):
    """A record that the broker has acknowledged, and where it is.

    A named tuple, unlike other results: one is made per record.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int | None
    """Milliseconds since the epoch, as the broker has it; None when it told none."""


Outcome: TypeAlias = "Delivery | FlowODMError"
"""What became of a record: delivered, or a `DeliveryError` or `DeliveryTimeout` that says why not."""

Report: TypeAlias = "Callable[[KafkaError | None, Message], None]"
"""What librdkafka's client calls for a record, once."""


def delivery_of(message: "Message") -> Delivery:
    """Make the delivery out of a report without an error."""
    kind, timestamp = message.timestamp()
    place = (message.topic(), message.partition(), message.offset(), timestamp if kind else None)
    return _new(Delivery, place)


_new: Callable[[type[Delivery], tuple[object, ...]], Delivery] = tuple.__new__
"""What `Delivery(…)` does, without its call in Python."""
