"""Another connection to the same cluster, with clients of its own."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from flowodm.connection.kafka import KafkaConnection

__all__ = ["twin_of"]

_WARNINGS: Final = "5"
"""What librdkafka tells for information when a client ends early goes to the terminal."""


def twin_of(connection: "KafkaConnection") -> "KafkaConnection":
    """Make a connection of the same context and callbacks; the caller may end it at any time."""
    from flowodm.connection.kafka import KafkaConnection

    context = connection.context
    settings = {"log_level": _WARNINGS, **context.kafka}
    copied = context.model_copy(update={"kafka": settings})
    return KafkaConnection(copied, callbacks=connection._callbacks)
