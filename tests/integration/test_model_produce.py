"""Producing models on Apache Kafka, with its registry and with Apicurio."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from flowodm import (
    Delivery,
    DeliveryError,
    FlowBaseModel,
    ProducerError,
    RegistryUnreachable,
    SchemaCompatibilityError,
    SchemaRegistryError,
    SubjectNotFound,
    TopicNotFound,
)
from flowodm.sandbox.registry import RegistryServer
from tests.models import based_on, connection_to

pytestmark = pytest.mark.integration


@pytest.fixture
def base(kafka: str, registry_url: str) -> Iterator[type[FlowBaseModel]]:
    with connection_to(kafka, registry_url) as connection:
        yield based_on(connection)


@pytest.fixture
def apicurio_base(kafka: str, apicurio_url: str) -> Iterator[type[FlowBaseModel]]:
    with connection_to(kafka, apicurio_url) as connection:
        yield based_on(connection)


@pytest.fixture(params=["sync", "async"])
def produce(request: pytest.FixtureRequest) -> Callable[..., Delivery]:
    """Produce one instance, in one form and in the other."""

    async def awaited(event: Any, options: dict[str, Any]) -> Any:
        return await event.aproduce(**options)

    def call(event: Any, **options: Any) -> Any:
        if request.param == "sync":
            return event.produce(**options)
        return asyncio.run(awaited(event, options))

    return call


def an_event(base: Any, name: str, **said: Any) -> Any:
    class UserEvent(base):
        Settings: ClassVar = type("Settings", (), {"topic": name, "key_field": "id", **said})

        id: str
        n: int = 0

    return UserEvent


def read(base: Any, topic: str, count: int) -> list[Any]:
    """So many messages of a topic, from its beginning."""
    from confluent_kafka import TopicPartition

    consumer = base.get_connection().consumer({"group.id": uuid.uuid4().hex})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: list[Any] = []
        until = time.monotonic() + 30
        while len(found) < count and time.monotonic() < until:
            if (message := consumer.poll(0.2)) is not None:
                assert message.error() is None, message.error()
                found.append(message)
    finally:
        consumer.close()
    assert len(found) == count
    return found


def test_what_is_written_is_what_confluents_deserializer_reads(produce, base, topic, registry_url):
    event = an_event(base, topic)(id="a", n=3)
    delivery = produce(event, headers={"trace": "x"})
    (message,) = read(base, topic, 1)
    assert (delivery.topic, delivery.offset) == (topic, message.offset())
    with SchemaRegistryClient({"url": registry_url}) as client:
        context = SerializationContext(topic, MessageField.VALUE)
        assert AvroDeserializer(client)(message.value(), context) == {"id": "a", "n": 3}


def test_a_missing_topic_is_named_within_five_seconds_and_not_created(produce, base):
    name = f"gone-{uuid.uuid4().hex[:8]}"
    event = an_event(base, name)(id="a")
    begun = time.monotonic()
    with pytest.raises(TopicNotFound, match=f"topic `{name}` does not exist") as caught:
        produce(event)
    assert time.monotonic() - begun < 5
    assert isinstance(caught.value, ProducerError)
    assert name not in base.get_connection().metadata().topics
    with pytest.raises(SubjectNotFound):
        base.get_connection().schema_registry().version(f"{name}-value")


def test_the_registry_down_is_an_outage_and_the_next_try_succeeds(
    produce, kafka, topic, tmp_path: Path
):
    with (
        RegistryServer(tmp_path / "state", port=0) as server,
        connection_to(kafka, server.url) as connection,
    ):
        event = an_event(based_on(connection), topic)(id="a")
        server.stop()
        with pytest.raises(RegistryUnreachable) as caught:
            produce(event)
        assert isinstance(caught.value, SchemaRegistryError)
        server.start()
        assert produce(event).offset == 0


def test_a_record_that_the_topic_does_not_take_is_refused(produce, base, make_topic):
    name = make_topic(config={"max.message.bytes": "1000"})
    event = an_event(base, name)(id="x" * 2000)
    with pytest.raises(DeliveryError, match=f"larger than topic `{name}` takes"):
        produce(event)


TOO_LARGE = "x" * 2_000_000
"""More than a topic takes by default; by itself in its batch, as librdkafka makes them."""


def test_one_undeliverable_record_does_not_fail_another(base, topic):
    UserEvent = an_event(base, topic)

    async def both() -> list[Any]:
        events = [UserEvent(id=TOO_LARGE), UserEvent(id="a")]
        return await asyncio.gather(*(one.aproduce() for one in events), return_exceptions=True)

    failed, delivered = asyncio.run(both())
    assert (type(failed), type(delivered)) == (DeliveryError, Delivery)


def test_many_have_each_their_outcome(base, topic):
    UserEvent = an_event(base, topic)
    with pytest.raises(DeliveryError, match="1 of 3 `UserEvent` were not delivered") as caught:
        UserEvent.produce_many([UserEvent(id=one) for one in ("a", TOO_LARGE, "b")])
    kinds = [type(outcome) for outcome in caught.value.outcomes]
    assert kinds == [Delivery, DeliveryError, Delivery]
    assert [message.key() for message in read(base, topic, 2)] == [b"a", b"b"]


def test_what_breaks_a_subject_is_refused_before_anything_is_sent(produce, apicurio_base, topic):
    registry = apicurio_base.get_connection().schema_registry()
    fields = [{"name": "id", "type": "long"}]
    old = json.dumps({"type": "record", "name": "UserEvent", "fields": fields})
    registry.register(f"{topic}-value", old)
    registry.set_compatibility_level("BACKWARD", f"{topic}-value")
    event = an_event(apicurio_base, topic)(id="a")
    with pytest.raises(SchemaCompatibilityError, match=f"`{topic}-value`"):
        produce(event)


def test_a_schema_registered_twice_keeps_its_id(any_registry, kafka, topic):
    with connection_to(kafka, any_registry) as connection:
        UserEvent = an_event(based_on(connection), topic)
        first = UserEvent.register_schema()
        assert UserEvent.register_schema() == first
        assert int.from_bytes(UserEvent(id="a").to_bytes()[1:5]) == first


def test_never_finds_what_was_registered(any_registry, kafka, topic):
    with connection_to(kafka, any_registry) as connection:
        UserEvent = an_event(based_on(connection), topic, register="never")
        with pytest.raises(SubjectNotFound, match="UserEvent"):
            UserEvent(id="a").produce()
        UserEvent.register_schema()
        assert UserEvent(id="a").produce().offset == 0


def test_records_of_one_key_stay_in_one_partition_in_their_order(base, make_topic):
    name = make_topic(partitions=4)
    UserEvent = an_event(base, name)
    deliveries = UserEvent.produce_many(UserEvent(id=f"k{n % 3}", n=n) for n in range(60))
    for key in range(3):
        own = deliveries[key::3]
        assert len({one.partition for one in own}) == 1
        assert [one.offset for one in own] == sorted(one.offset for one in own)
