"""Why a record was not delivered, by name; and the word for failures that nobody is told of."""

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from flowodm.errors import (
    AuthorizationError,
    BrokerError,
    DeliveryError,
    DeliveryTimeout,
    FlowODMError,
    TopicNotFound,
)

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

    from flowodm.connection import KafkaConnection

__all__ = ["LOGGER", "Unheard", "expired", "failure"]

LOGGER: Final = logging.getLogger("flowodm")
_BURST: Final = 0.5
"""Seconds in which failures are gathered into one line of the log."""


def failure(error: "KafkaError", topic: str | None, connection: "KafkaConnection") -> FlowODMError:
    """Name why a record for a topic was not delivered, with the cause as far as it is known."""
    from flowodm.connection import broker_error

    match error.name():
        case "_MSG_TIMED_OUT":
            cause = broker_error(error, connection=connection)
            return DeliveryTimeout(
                f"a record for topic `{topic}` was not acknowledged in time: {cause.message}",
                hint=cause.hint,
            )
        case "UNKNOWN_TOPIC_OR_PART" | "_UNKNOWN_TOPIC":
            return TopicNotFound(f"topic `{topic}` is gone from the cluster")
        case "_UNKNOWN_PARTITION" | "_DESTROY":  # the latter: it went while the record was sent
            return TopicNotFound(f"topic `{topic}`, or that partition of it, is gone")
        case "TOPIC_AUTHORIZATION_FAILED":
            return AuthorizationError(
                f"not allowed to write to topic `{topic}`",
                hint="ask for an access control list that allows it",
            )
        case "CLUSTER_AUTHORIZATION_FAILED":
            return AuthorizationError(
                "not allowed to write: the cluster refuses an idempotent producer",
                hint="ask for the right to write to the topic; before Kafka 2.8 also for"
                " IDEMPOTENT_WRITE",
            )
        case "MSG_SIZE_TOO_LARGE":
            return DeliveryError(
                f"a record is larger than topic `{topic}` takes",
                hint="`max.message.bytes` of the topic; `message.max.bytes` of this client",
            )
        case "_PURGE_QUEUE":
            return DeliveryError(f"a record for topic `{topic}` was taken back before it left")
        case "_PURGE_INFLIGHT":
            return DeliveryTimeout(
                f"a record for topic `{topic}` had no acknowledgement when its producer was closed",
                hint="it may still be delivered",
            )
    cause = broker_error(error, connection=connection)
    if not isinstance(cause, BrokerError) or type(cause) is not BrokerError:
        return cause
    return DeliveryError(
        f"a record for topic `{topic}` was not delivered: {error.str() or error.name()}"
    )


def expired(
    topic: str, timeout: float, connection: "KafkaConnection", *, is_queued: bool = True
) -> DeliveryTimeout:
    """Say that a caller's own timeout is over, with what is known of the brokers.

    Args:
        topic: Where the record was going.
        timeout: The caller's, in seconds.
        connection: The cluster.
        is_queued: Whether the record was handed over; it may then still land.
    """
    from flowodm.connection.errors import unreachable

    known = connection.journal.worst()
    cause = f": {unreachable(connection, known).message}" if known is not None else ""
    if is_queued:
        return DeliveryTimeout(
            f"a record for topic `{topic}` was not acknowledged in {timeout:g} s{cause}",
            hint="it may still be delivered",
        )
    return DeliveryTimeout(
        f"a record for topic `{topic}` found no room in the queue in {timeout:g} s{cause}",
        may_be_delivered=False,
        hint="it was not sent",
    )


class Unheard:
    """Failures of records whose sender asked for no report: one line of the log per burst."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._since = 0.0
        self._last: FlowODMError | None = None

    def add(self, error: FlowODMError) -> None:
        """Take a failure in."""
        with self._lock:
            if not self._count:
                self._since = time.monotonic()
            self._count += 1
            self._last = error

    def tell(self, *, at_once: bool = False) -> None:
        """Log what has gathered, once the burst is over.

        Args:
            at_once: Whether to wait for no more.
        """
        if not self._count or not (at_once or time.monotonic() - self._since >= _BURST):
            return
        with self._lock:
            count, error = self._count, self._last
            self._count = 0
        if count and error is not None:
            hint = f" ({error.hint})" if error.hint else ""
            LOGGER.error(
                "%s not delivered; the last: %s%s",
                "1 record was" if count == 1 else f"{count:,} records were",
                error.message,
                hint,
            )
