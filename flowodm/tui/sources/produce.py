"""Writing one record to a topic, with the schemas that its subjects have; none is registered."""

from typing import TYPE_CHECKING, Final, Literal, Protocol

from flowodm.tui.sources.loading import load_registry
from flowodm.tui.sources.patience import Patience

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.lines.schemas import AvroWriter, SideSchemas
    from flowodm.producer import Delivery
    from flowodm.tui.sources.form import Draft, Target

__all__ = ["KafkaProduce", "ProduceSource"]

_GIVEN_UP: Final = {"message.timeout.ms": 9_000}
"""Before nobody waits any more: what failed does not land later, behind a second one."""
_DELIVERY: Final = 10.0
"""Seconds that an acknowledgement is waited for."""


class ProduceSource(Protocol):
    """Answers for the form; each question may block, and raises `FlowODMError`."""

    def target(self, topic: str, version: int | None = None) -> "Target":
        """Find out whether a topic may be written to, and with which schemas; nothing is sent."""

    def send(self, topic: str, draft: "Draft") -> "Delivery":
        """Send a record and wait until the broker has it."""


class KafkaProduce:
    """Writes to a real cluster.

    Args:
        connection: Its clients.
        patience: How long they are waited for.
    """

    def __init__(self, connection: "KafkaConnection", patience: Patience) -> None:
        self._connection = connection
        self._patience = patience

    def target(self, topic: str, version: int | None = None) -> "Target":
        """Find out whether a topic may be written to, and with which schemas.

        Args:
            topic: The topic.
            version: Of the value's subject; None: the latest.

        Raises:
            ChangeRefused: The context does not allow it.
            TopicNotFound: There is no such topic.
            SchemaError: A schema is not Avro.
        """
        load_registry()
        from flowodm.producer import count_partitions
        from flowodm.tui.sources.form import Target

        self._connection.check_change("produce", topic)
        with self._patience.seconds("target") as seconds:
            ask = self._connection.metadata
            partitions = count_partitions(self._connection, topic, lambda: ask(seconds))
        value = self._side(topic, "value")
        return Target(
            topic,
            partitions,
            _writer(self._side(topic, "key")),
            _writer(value) if version is None else value.of_version(version),
        )

    def send(self, topic: str, draft: "Draft") -> "Delivery":
        """Send a record and wait until the broker has it.

        Raises:
            ChangeRefused: The context does not allow it.
            DeliveryError: The broker has refused it.
            DeliveryTimeout: No answer came; it may still land.
        """
        from flowodm.producer import producer_of

        self._connection.check_change("produce", topic)
        key, value, headers, timestamp = draft.message
        return producer_of(self._connection, _GIVEN_UP).deliver(
            topic,
            key,
            value,
            headers=headers,
            partition=draft.partition,
            timestamp=timestamp,
            timeout=_DELIVERY,
        )

    def _side(self, topic: str, side: Literal["key", "value"]) -> "SideSchemas":
        from flowodm.lines import SchemaWish, SideSchemas

        registry = self._connection.schema_registry
        has_registry = self._connection.context.schema_registry is not None
        return SideSchemas(topic, side, registry if has_registry else None, SchemaWish())


def _writer(side: "SideSchemas") -> "AvroWriter | None":
    return side.chosen() if side.is_registered() else None
