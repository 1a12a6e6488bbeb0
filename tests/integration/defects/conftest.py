"""What the tests of 0.3.1's defects share: models on connections of their own, and other clients.

What is committed and what is written is asked of confluent-kafka, not of the code under test.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from flowodm import FlowBaseModel
from tests.models import based_on, connection_to

PATIENCE = 30.0
"""Seconds for what takes a moment: the machine may be slow."""


def settings(topic: str, **said: Any) -> type:
    """The `Settings` of a model of a topic, with a group of its own."""
    return type("Settings", (), {"topic": topic, "consumer_group": f"{topic}-group", **said})


@pytest.fixture
def make_base(kafka: str, registry_url: str) -> Iterator[Callable[..., Any]]:
    """Make abstract models, each on a connection of its own: `make_base(registry=None)`."""
    with ExitStack() as stack:

        def make(registry: str = registry_url) -> type[FlowBaseModel]:
            return based_on(stack.enter_context(connection_to(kafka, registry)))

        yield make


@pytest.fixture
def base(make_base: Callable[..., Any]) -> Any:
    """An abstract model on the session's servers."""
    return make_base()


@pytest.fixture
def other_base(make_base: Callable[..., Any]) -> Any:
    """The same on another connection, so that its models are other members of a group."""
    return make_base()


@pytest.fixture
def committed(kafka: str) -> Iterator[Callable[..., dict[int, int]]]:
    """What a topic's group has committed, by partition: `committed(topic, group=None)`.

    A consumer asks, since librdkafka's admin client crashes while a coordinator is being made.
    """
    asking: dict[str, Consumer] = {}

    def find(topic: str, group: str | None = None) -> dict[int, int]:
        name = group or f"{topic}-group"
        if name not in asking:
            asking[name] = Consumer({"bootstrap.servers": kafka, "group.id": name})
        consumer = asking[name]
        partitions = consumer.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
        places = [TopicPartition(topic, number) for number in partitions]
        found = _persistently(lambda: consumer.committed(places, timeout=PATIENCE))
        return {one.partition: one.offset for one in found if one.offset >= 0}

    yield find
    for consumer in asking.values():
        consumer.close()


def _persistently(ask: Callable[[], list[TopicPartition]]) -> list[TopicPartition]:
    """Ask until the group has a coordinator: the first group of a broker waits for one."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except KafkaException as error:
            if "COORDINATOR" not in error.args[0].name() or time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.fixture
def written(kafka: str) -> Callable[[str, int], list[bytes]]:
    """So many values of partition 0 of a topic, from its beginning."""

    def read(topic: str, count: int) -> list[bytes]:
        consumer = Consumer({"bootstrap.servers": kafka, "group.id": "none"})
        try:
            consumer.assign([TopicPartition(topic, 0, 0)])
            found: list[bytes] = []
            until = time.monotonic() + PATIENCE
            while len(found) < count and time.monotonic() < until:
                if (message := consumer.poll(0.2)) is not None:
                    assert message.error() is None, message.error()
                    found.append(message.value())
        finally:
            consumer.close()
        assert len(found) == count
        return found

    return read


@pytest.fixture
def write(kafka: str) -> Callable[..., None]:
    """Write values as they are: `write(topic, b"1", None, key=b"k")`."""

    def send(topic: str, *values: bytes | None, key: bytes = b"k") -> None:
        producer = Producer({"bootstrap.servers": kafka, "enable.idempotence": True})
        for value in values:
            producer.produce(topic, value, key)
        assert producer.flush(PATIENCE) == 0

    return send


@pytest.fixture
def by_header(registry_url: str) -> Iterator[Callable[[bytes], Any]]:
    """Read a value as others do: confluent's client, with the schema that its header names."""
    with SchemaRegistryClient({"url": registry_url}) as client:
        deserialize = AvroDeserializer(client)
        yield lambda value: deserialize(value, SerializationContext("t", MessageField.VALUE))
