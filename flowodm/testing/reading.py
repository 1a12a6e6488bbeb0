"""Reading a topic of a test back: all that is in it, without a group."""

from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar

from flowodm.errors import BrokerError, DeserializationError
from flowodm.record import DecodedRecord, Undecodable

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

    from flowodm.connection import KafkaConnection
    from flowodm.model import FlowBaseModel

__all__ = ["records_of_model", "records_of_topic"]

_M = TypeVar("_M", bound="FlowBaseModel")

_STEP: Final = 0.05
_PATIENCE: Final = 30.0
"""Seconds for a cluster in this very process to hand out what it has."""
_CONFIG: Final = {
    "group.id": "flowodm-testing",
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "earliest",
    "fetch.wait.max.ms": 5,
}


def records_of_model(model: type[_M], *, count: int, timeout: float) -> list[Any]:
    """Read a model's topic: its instances and `Tombstone`s.

    Args:
        model: The model.
        count: How many to wait for.
        timeout: Seconds to wait for them.

    Raises:
        DeserializationError: A record is no value of the model.
    """
    from flowodm.model.attached import declaration_of, reading_of

    topic, decode = declaration_of(model).topic, reading_of(model).decode
    messages = _messages(model.get_connection(), topic, count, timeout)
    return [_usable(decode(message), model, message) for message in messages]


def records_of_topic(
    connection: "KafkaConnection", topic: str, *, count: int, timeout: float
) -> list[DecodedRecord]:
    """Read a topic: records whose keys and values say themselves what they are.

    Args:
        connection: The cluster and the registry.
        topic: The topic.
        count: How many to wait for.
        timeout: Seconds to wait for them.

    Raises:
        TopicNotFound: There is no such topic.
    """
    from flowodm.codec import Codec
    from flowodm.reading.source import to_records

    codec = Codec(connection.schema_registry())
    records = to_records(_messages(connection, topic, count, timeout))
    return [codec.decode(record) for record in records]


def _messages(
    connection: "KafkaConnection", topic: str, count: int, timeout: float
) -> "list[Message]":
    from confluent_kafka import TopicPartition

    from flowodm.producer import count_partitions

    partitions = range(count_partitions(connection, topic))
    with closing(connection.consumer(_CONFIG)) as consumer:
        # A number: to learn where the beginning is, the first question waits half a second.
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        found = _read(consumer, len(partitions), count, timeout)
    return sorted(found, key=lambda message: (message.partition() or 0, message.offset() or 0))


def _read(consumer: "Consumer", partitions: int, count: int, timeout: float) -> "list[Message]":
    """Read to the end of every partition, then on until there are enough or time is up."""
    found: list[Message] = []
    at_end: set[int | None] = set()
    began = monotonic()
    while len(at_end) < partitions or len(found) < count:
        message = consumer.poll(_STEP)
        if message is None:
            if len(at_end) == partitions and monotonic() - began >= timeout:
                break
            if monotonic() - began >= _PATIENCE + timeout:
                raise BrokerError(f"no end was reached in {_PATIENCE + timeout:g} s")
        elif (error := message.error()) is None:
            found.append(message)
            at_end.discard(message.partition())
        elif error.name() == "_PARTITION_EOF":
            at_end.add(message.partition())
        else:
            raise BrokerError(f"the mock cluster does not hand out its records: {error.str()}")
    return found


def _usable(value: Any, model: "type[FlowBaseModel]", message: "Message") -> Any:
    if not isinstance(value, Undecodable):
        return value
    raise DeserializationError(
        f"topic `{message.topic()}`, partition {message.partition()}, offset {message.offset()}"
        f" is no `{model.__name__}`: {value.error}",
        path=value.path,
        position=value.position,
        schema_id=value.schema_id,
    )
