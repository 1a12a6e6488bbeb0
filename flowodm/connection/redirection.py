"""The default connection, pointed elsewhere for a while: what `flowodm.testing` stands on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowodm.connection.default import get_kafka_connection

if TYPE_CHECKING:
    from flowodm.config import Context
    from flowodm.connection.kafka import KafkaConnection

__all__ = ["redirected"]


@contextmanager
def redirected(context: "Context") -> "Iterator[KafkaConnection]":
    """Point the default connection at something else for the length of a `with` block.

    Afterwards it is what it was, whatever `connect()` said in between. Its clients are closed at
    both ends.

    Args:
        context: What to connect to.
    """
    connection = get_kafka_connection()
    asked, callbacks = connection._asked, connection._callbacks
    connection.configure(context)
    try:
        yield connection
    finally:
        connection.close()
        connection._asked, connection._callbacks = asked, callbacks
        connection.reset()
