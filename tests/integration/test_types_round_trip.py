"""Every Avro type from its schema to a class, through Apache Kafka, and back from the class.

Against the Avro of confluent's own client (fastavro): it reads what we write, and we read what it
writes. What it cannot express is said in the case.
"""

import struct
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema as Registered
from confluent_kafka.schema_registry import SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from flowodm import FlowBaseModel
from flowodm.avro import build_model, canonical_form, parse
from flowodm.avro.bind import bind
from flowodm.avro.values import Duration
from flowodm.codec.branch import Branch
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.codec.model_style import model_style
from tests.models import based_on, connection_to
from tests.round_trips import CASES, Case
from tests.servers import TestServers
from tests.topics import create_topics

pytestmark = pytest.mark.integration


class Road:
    """One topic, with our connection to it and the other client's."""

    def __init__(
        self,
        sandbox: TestServers,
        topic: str,
        base: type[FlowBaseModel],
        registry: SchemaRegistryClient,
    ) -> None:
        self.topic = topic
        self.base = base
        self.registry = registry
        self._producer = Producer({**sandbox.client_config, "enable.idempotence": True})
        self._consumer = Consumer(
            {**sandbox.client_config, "group.id": topic, "enable.auto.commit": False}
        )
        self._consumer.assign([TopicPartition(topic, 0, 0)])

    def close(self) -> None:
        self._consumer.close()
        self.registry.close()

    def model(self, case: Case) -> type[FlowBaseModel]:
        """The case's class; what its schema references is registered first, as people do it."""
        settings = {"topic": self.topic, "schema_subject": self._subject(case)}
        if case.references:
            settings["register"] = "latest"
            found: list[SchemaReference] = []
            for part in case.known():
                subject = f"{self.topic}-{case.name}-{part.name}"
                self.registry.register_schema(
                    subject, Registered(part.to_json(), "AVRO", list(found))
                )
                found.append(SchemaReference(part.name, subject, 1))
            self.registry.register_schema(
                self._subject(case), Registered(case.parsed().to_json(), "AVRO", found)
            )
        made: Any = build_model(
            case.parsed(), base=self.base, namespace={"Settings": type("Settings", (), settings)}
        )
        return made

    def _subject(self, case: Case) -> str:
        return f"{self.topic}-{case.name}"

    def stored(self, count: int) -> list[bytes]:
        """The next records, as they stand in the topic."""
        found: list[bytes] = []
        while len(found) < count:
            message = self._consumer.poll(30)
            assert message is not None
            assert message.error() is None, message.error()
            found.append(message.value() or b"")
        return found

    def read_by_peer(self, data: bytes) -> Any:
        context = SerializationContext(self.topic, MessageField.VALUE)
        return AvroDeserializer(self.registry)(data, context)

    def written_by_peer(self, case: Case, values: list[Any]) -> list[bytes]:
        """What the other client writes of values, as it stands in the topic."""
        subject = self._subject(case)
        serialize = AvroSerializer(
            self.registry,
            self.registry.get_latest_version(subject).schema,
            conf={
                "auto.register.schemas": False,
                "use.latest.version": True,
                "subject.name.strategy": lambda context, name: subject,
            },
        )
        context = SerializationContext(self.topic, MessageField.VALUE)
        for value in values:
            self._producer.produce(self.topic, serialize(value, context))
        assert self._producer.flush(30) == 0
        return self.stored(len(values))


@pytest.fixture(scope="module")
def road(sandbox: TestServers, admin: AdminClient, registry_url: str) -> Iterator[Road]:
    topic = f"types-{uuid.uuid4().hex[:12]}"
    create_topics(admin, NewTopic(topic, 1, 1))
    with (
        connection_to(sandbox.bootstrap_servers, registry_url) as connection,
        SchemaRegistryClient({"url": sandbox.registry_url}) as registry,
    ):
        found = Road(sandbox, topic, based_on(connection), registry)
        yield found
        found.close()
    admin.delete_topics([topic])[topic].result(30)


def instances(model: type[FlowBaseModel], case: Case) -> list[FlowBaseModel]:
    """The values as instances; the laws of how they become such have tests of their own."""
    schema = case.parsed()
    binding = bind(model)
    decode = compile_decoder(schema, binding.schema, style=model_style(binding)).decode
    encode = compile_encoder(schema).encode
    return [
        model.__pydantic_validator__.validate_python(decode(encode(value))) for value in case.values
    ]


def peer_value(value: Any, *, tagged: bool) -> Any:
    """A value as fastavro has it: bytes for a duration; a branch as a tuple, or not at all."""
    match value:
        case Branch(name=name, value=inner):
            plain = peer_value(inner, tagged=tagged)
            return (name, plain) if tagged else plain
        case Duration():
            return struct.pack("<3I", *value)
        case dict():
            return {key: peer_value(inner, tagged=tagged) for key, inner in value.items()}
        case list():
            return [peer_value(inner, tagged=tagged) for inner in value]
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_type_comes_back_through_kafka(case: Case, road: Road) -> None:
    model = road.model(case)
    sent = instances(model, case)
    assert len(model.produce_many(sent)) == len(sent)
    ours = road.stored(len(sent))
    assert [model.from_bytes(data) for data in ours] == sent

    registered = road.registry.get_schema(int.from_bytes(ours[0][1:5], "big"))
    stored = parse(registered.schema_str or "", references=case.known())
    assert canonical_form(stored) == canonical_form(case.parsed())
    assert stored.to_json() == case.parsed().to_json()

    if not case.unread:
        read = [road.read_by_peer(data) for data in ours]
        assert read == [peer_value(value, tagged=False) for value in case.values]
    if not case.unwritten:
        tagged = [peer_value(value, tagged=True) for value in case.values]
        theirs = road.written_by_peer(case, tagged)
        assert [model.from_bytes(data) for data in theirs] == sent
