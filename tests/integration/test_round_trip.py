"""`tail -e -o ndjson a | produce b`: the same bytes, whatever is in the topic."""

import itertools
import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.servers import TestServers

pytestmark = pytest.mark.integration

V1 = '{"type":"record","name":"n.User","fields":[{"name":"id","type":"long"},{"name":"mail","type":"string"}]}'
V2 = '{"type":"record","name":"n.User","fields":[{"name":"mail","type":"string"},{"name":"id","type":"long"},{"name":"tags","type":{"type":"array","items":"string"},"default":[]}]}'
V3 = '{"type":"record","name":"n.User","fields":[{"name":"email","aliases":["mail"],"type":"string"},{"name":"id","type":"long"},{"name":"tags","type":{"type":"array","items":"string"},"default":[]}]}'
EVERYTHING = {
    "type": "record",
    "name": "n.Everything",
    "fields": [
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 4}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "raw_at", "type": {"type": "long", "logicalType": "timestamp-nanos"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "small", "type": "float"},
        {"name": "wide", "type": "double"},
        {"name": "either", "type": ["null", "int", "long", "string", "bytes"]},
        {"name": "same", "type": [{"type": "record", "name": "A", "fields": [{"name": "x", "type": "int"}]}, {"type": "record", "name": "B", "fields": [{"name": "x", "type": "int"}]}]},
        {"name": "blob", "type": {"type": "fixed", "name": "Blob", "size": 3}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["ONE", "TWO"]}},
        {"name": "map", "type": {"type": "map", "values": ["null", "double"]}},
        {"name": "next", "type": ["null", "Everything"], "default": None},
    ],
}  # fmt: skip


class Stored(NamedTuple):
    """A record as another client reads it, but for where it is."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp: int


def stored(sandbox: TestServers, topic: str) -> list[Stored]:
    consumer = Consumer({**sandbox.client_config, "group.id": "none", "enable.auto.commit": False})
    count = len(consumer.list_topics(timeout=10).topics[topic].partitions)
    partitions = [TopicPartition(topic, number, 0) for number in range(count)]
    left = sum(consumer.get_watermark_offsets(each, timeout=10)[1] for each in partitions)
    consumer.assign(partitions)
    found = []
    while len(found) < left:
        message = consumer.poll(10)
        assert message is not None
        assert message.error() is None, message.error()
        headers = tuple(message.headers() or ())
        found.append(Stored(message.key(), message.value(), headers, message.timestamp()[1]))
    consumer.close()
    return sorted(found, key=repr)


@pytest.fixture
def copy(clean_environment: dict[str, str], sandbox: TestServers) -> Callable[..., None]:
    """Copy a topic as a user would: two commands and a pipe."""

    def run(registry: str, source: str, target: str) -> None:
        environment = clean_environment | {
            "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": registry,
        }
        command = [sys.executable, "-m", "flowodm"]
        tail = subprocess.Popen(
            [*command, "tail", source, "-e", "-o", "ndjson", "-q"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        produce = subprocess.run(
            [*command, "produce", target],
            env=environment,
            stdin=tail.stdout,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert tail.stdout is not None
        tail.stdout.close()
        assert tail.wait(30) == 0, tail.stderr.read() if tail.stderr else ""
        assert tail.stderr is not None
        tail.stderr.close()
        assert produce.returncode == 0, produce.stderr.decode()

    return run


class Written(NamedTuple):
    topic: str
    records: list[Stored]


@pytest.fixture
def mixed(any_registry: str, sandbox: TestServers, make_topic: Callable[..., str]) -> Written:
    """A topic with everything in it, written by confluent-kafka's own serializers."""
    topic = make_topic(partitions=3)
    with SchemaRegistryClient({"url": any_registry}) as registry:
        write(topic, registry, Producer({**sandbox.client_config, "enable.idempotence": True}))
    return Written(topic, stored(sandbox, topic))


def must_be_delivered(error: KafkaError | None, _: Message) -> None:
    assert error is None, error


def write(topic: str, registry: SchemaRegistryClient, producer: Producer) -> None:
    clock = itertools.count(int(time.time() * 1_000) - 60_000)

    def send(key: bytes | None, value: bytes | None, *headers: tuple[str, bytes | None]) -> None:
        producer.produce(
            topic,
            key=key,
            value=value,
            headers=list(headers),
            timestamp=next(clock),
            on_delivery=must_be_delivered,
        )

    for document, value in (
        (V1, {"id": 1, "mail": "a@x"}),
        (V2, {"id": 2, "mail": "b@x", "tags": ["new"]}),
        (V3, {"id": 3, "email": "ü\u202e\x1b[2J@x", "tags": []}),
    ):
        send(b"u-%d" % value["id"], avro(registry, topic, document)(value))
    for value in everything():
        send(None, avro(registry, topic, json.dumps(EVERYTHING), record="everything")(value))
    send(
        avro(registry, topic, '{"type":"long"}', field=MessageField.KEY)(2**63 - 1),
        b"with an avro key",
    )
    send(b"ref", referencing(registry, topic))
    send(b"u-1", None, ("why", b"deleted"), ("why", None), ("binary", b"\x00\xff"))
    send(None, None)
    for value in PLAIN:
        send(value[:20], value)
    producer.flush(20)


PLAIN = [
    b"",
    b"text \x1b[2J\xe2\x80\xae",
    b"123",
    b"1.50",
    b"12345678901234567890.12345",
    b'{"a" : 1.10, "a": [1e5, null]}',
    b'{\n\t"pretty": true\r\n}',
    b' "padded" ',
    b'"\\ud800 \xe2\x80\xa8"',
    b"NaN",
    b"[" * 300 + b"]" * 300,
    b"\xff\xfe\x00binary",
    struct.pack(">q", 42),
    b"\x00\x00\x0f\x42\x3funknown id",
    b"\x00",
    b"\x01\x00\x00\x00\x01wrong magic",
    b"x" * 900_000,
]


def avro(
    registry: SchemaRegistryClient,
    topic: str,
    document: str,
    *,
    record: str = "",
    field: str = MessageField.VALUE,
) -> Callable[[Any], bytes]:
    serialize = AvroSerializer(
        registry,
        Schema(document, "AVRO"),
        conf={"subject.name.strategy": lambda *_: f"{topic}{record}-{field}"},
    )
    return lambda value: serialize(value, SerializationContext(topic, field)) or b""


def everything() -> list[dict[str, Any]]:
    base: dict[str, Any] = {
        "amount": b"\x04\xd2",
        "at": 1_795_435_445_000_001,
        "raw_at": 2**63 - 1,
        "day": 20_000,
        "small": 0.1,
        "wide": 1e300,
        "either": None,
        "same": ("n.B", {"x": 1}),
        "blob": b"\x00\x01\xff",
        "kind": "TWO",
        "map": {"": 1.5, "\u2028": None},
        "next": None,
    }
    return [
        base,
        {**base, "amount": b"\x80", "either": ("long", 5), "same": ("n.A", {"x": 1})},
        {**base, "either": ("int", 5), "wide": float("nan"), "small": float("-inf")},
        {**base, "either": ("bytes", b"\xff"), "at": 2**62, "day": 2**31 - 1},
        {**base, "either": ("string", "5"), "wide": -0.0, "map": {"double": float("inf")}},
        {**base, "next": {**base, "next": base}},
    ]


def referencing(registry: SchemaRegistryClient, topic: str) -> bytes:
    street = '{"type":"record","name":"n.Street","fields":[{"name":"name","type":"string"}]}'
    registry.register_schema(f"{topic}-street", Schema(street, "AVRO"))
    home = '{"type":"record","name":"n.Home","fields":[{"name":"street","type":"n.Street"}]}'
    references = [SchemaReference("n.Street", f"{topic}-street", 1)]
    schema_id = registry.register_schema(f"{topic}-home", Schema(home, "AVRO", references))
    return b"\x00" + schema_id.to_bytes(4, "big") + b"\x08Nord"


def test_a_copy_has_the_same_bytes(
    mixed: Written,
    any_registry: str,
    sandbox: TestServers,
    make_topic: Callable[..., str],
    copy: Callable[..., None],
) -> None:
    target = make_topic(partitions=3)
    copy(any_registry, mixed.topic, target)
    copied = stored(sandbox, target)
    assert len(mixed.records) == 30
    assert copied == mixed.records


def test_a_schema_named_in_a_header_is_kept_there(
    registry_url: str,
    sandbox: TestServers,
    topic: str,
    make_topic: Callable[..., str],
    copy: Callable[..., None],
) -> None:
    from flowodm.config import RegistryConfig
    from flowodm.registry import SchemaRegistry

    with SchemaRegistry(RegistryConfig(url=registry_url)) as registry:
        schema_id = registry.register(f"{topic}-value", V1).schema_id
        guid = registry.schema_by_id(schema_id).guid
    assert guid is not None
    producer = Producer({**sandbox.client_config, "enable.idempotence": True})
    header = ("__value_schema_id", b"\x01" + UUID(guid).bytes)
    producer.produce(topic, b"\x02\x06a@x", headers=[header], on_delivery=must_be_delivered)
    producer.flush(10)
    target = make_topic()
    copy(registry_url, topic, target)
    (record,) = stored(sandbox, target)
    assert [record] == stored(sandbox, topic)
    assert record.headers == (header,)
