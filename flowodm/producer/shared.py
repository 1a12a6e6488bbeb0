"""The producer that all users of a connection share."""

import atexit
import sys
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from flowodm.errors import DeliveryTimeout
from flowodm.producer.config import yielding
from flowodm.producer.producer import Producer

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection

__all__ = ["flush_shared", "producer_of"]

_SHARED: "WeakSet[Producer]" = WeakSet()


def producer_of(connection: "KafkaConnection", defaults: Mapping[str, Any] = {}) -> Producer:
    """Return the connection's producer for these defaults: made on first use, then shared.

    Closing the connection closes it, and so does the end of the interpreter: each waits, for a
    bounded time, for what is still open.

    Args:
        connection: The cluster.
        defaults: librdkafka's keys, such as a profile's, where the context does not say otherwise.
    """

    def make() -> Producer:
        config = yielding(connection.context, defaults)
        producer = Producer(connection, config=config, background=True)
        _SHARED.add(producer)
        _close_at_the_end_of_a_worker()
        return producer

    key = (Producer, *sorted((name, str(value)) for name, value in defaults.items()))
    return connection.owned(key, make)


def flush_shared(connection: "KafkaConnection", timeout: float) -> None:
    """Wait until what was sent on a connection has its report, for so many seconds at most.

    Args:
        connection: Whose producers.
        timeout: Seconds; what has none by then is waited for no longer, and may still land.
    """
    until = monotonic() + timeout
    for producer in list(_SHARED):
        if producer.is_of(connection):
            with suppress(DeliveryTimeout):
                producer.flush(max(until - monotonic(), 0.0))


@atexit.register
def _close_all() -> None:
    for producer in list(_SHARED):
        producer.close()


def _close_at_the_end_of_a_worker() -> None:
    """Do at the end of a child of `multiprocessing` what its `os._exit` leaves out: `atexit`."""
    if "multiprocessing.util" in sys.modules:
        from multiprocessing.util import Finalize

        Finalize(None, _close_all, exitpriority=0)
