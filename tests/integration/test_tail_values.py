"""A topic that Confluent's own serializers wrote, read with every value right, by each registry."""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.servers import TestServers

pytestmark = pytest.mark.integration

FIRST = {
    "type": "record",
    "name": "app.User",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "name", "type": "string"},
        {"name": "color", "type": {"type": "enum", "name": "Color", "symbols": ["RED", "BLUE"]}},
    ],
}
SECOND = {
    "type": "record",
    "name": "app.User",
    "fields": [
        {"name": "name", "type": "string"},
        {"name": "id", "type": "long"},
        {"name": "email", "type": ["null", "string"], "default": None},
        {"name": "color", "type": {"type": "enum", "name": "Color", "symbols": ["RED", "BLUE"]}},
    ],
}
THIRD = {
    "type": "record",
    "name": "app.User",
    "fields": [
        {"name": "full_name", "type": "string", "aliases": ["name"]},
        {"name": "id", "type": "long"},
        {"name": "born", "type": {"type": "int", "logicalType": "date"}},
        {
            "name": "balance",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 4},
        },
        {"name": "seen", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "either", "type": ["null", "int", "long", "string"]},
        {"name": "scores", "type": {"type": "map", "values": "double"}},
        {"name": "secret", "type": {"type": "fixed", "name": "Four", "size": 4}},
    ],
}
ADDRESS = {
    "type": "record",
    "name": "app.Address",
    "fields": [{"name": "city", "type": "string"}],
}
HOME = {
    "type": "record",
    "name": "app.Home",
    "fields": [
        {"name": "now", "type": "app.Address"},
        {"name": "before", "type": ["null", "app.Address"]},
    ],
}
KEY = {"type": "record", "name": "app.Key", "fields": [{"name": "id", "type": "long"}]}


class Expected(NamedTuple):
    """What a line of the output has to say."""

    key: Any
    key_encoding: str | None
    payload: Any
    payload_encoding: str | None
    headers: list[Any]


class Written(NamedTuple):
    topic: str
    registry_url: str
    expected: tuple[Expected, ...]


@pytest.fixture
def client(any_registry: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": any_registry}) as client:
        yield client


@pytest.fixture
def written(
    make_topic: Callable[..., str],
    sandbox: TestServers,
    client: SchemaRegistryClient,
    any_registry: str,
) -> Written:
    """Write three versions of a schema, references, Avro keys, and what is no Avro between them."""
    topic = make_topic()
    for subject in (f"{topic}-value", f"{topic}-key"):
        client.set_compatibility(subject, "NONE")
    producer = Producer({**sandbox.client_config, "enable.idempotence": True})
    expected: list[Expected] = []

    def bytes_of(schema: Any, value: Any, field: str = MessageField.VALUE, **options: Any) -> bytes:
        serialize = AvroSerializer(client, schema, conf=options or None)
        data = serialize(value, SerializationContext(topic, field))
        assert data is not None
        return bytes(data)

    def send(value: bytes | None, key: bytes | None, line: Expected, headers: Any = ()) -> None:
        producer.produce(topic, value, key, headers=list(headers))
        expected.append(line)

    red = {"id": 1, "name": "Ann", "color": "RED"}
    send(bytes_of(json.dumps(FIRST), red), b"k1", Expected("k1", "text", red, "avro", []))
    blue = {"name": "Bob", "id": 2**62, "email": None, "color": "BLUE"}
    send(
        bytes_of(json.dumps(SECOND), blue),
        None,
        Expected(None, None, blue, "avro", [["trace", "t-1"], ["trace", None]]),
        [("trace", b"t-1"), ("trace", None)],
    )
    third = {
        "full_name": "Cléo 東",
        "id": -3,
        "born": date(1999, 12, 31),
        "balance": Decimal("-12345678901234567890.1234"),
        "seen": datetime(2026, 11, 23, 12, 4, 5, 118007, tzinfo=UTC),
        "either": ("long", 5),
        "scores": {"a": 0.1, "nan": float("nan")},
        "secret": b"\x00\xff\x10\x7f",
    }
    shown = third | {
        "born": "1999-12-31",
        "balance": "-12345678901234567890.1234",
        "seen": "2026-11-23T12:04:05.118007Z",
        "either": {"long": 5},
        "scores": {"a": 0.1, "nan": "NaN"},
        "secret": "AP8Qfw==",
    }
    send(
        bytes_of(json.dumps(THIRD), third),
        bytes_of(json.dumps(KEY), {"id": 7}, MessageField.KEY),
        Expected({"id": 7}, "avro", shown, "avro", []),
    )
    send(None, b"gone", Expected("gone", "text", None, None, []))
    send(b'{"plain": 1.50}', b"j", Expected("j", "text", {"plain": 1.5}, "json", []))
    send(b"\xff\x00\x01", b"\xfe", Expected("/g==", "base64", "/wAB", "base64", []))
    send(b"just text", b"t", Expected("t", "text", "just text", "text", []))
    send(*_with_reference(client, bytes_of))
    assert producer.flush(30) == 0
    return Written(topic, any_registry, tuple(expected))


def _with_reference(
    client: SchemaRegistryClient, bytes_of: Callable[..., bytes]
) -> tuple[bytes, bytes, Expected]:
    address = f"address-{uuid.uuid4().hex[:8]}"
    client.register_schema(address, Schema(json.dumps(ADDRESS), "AVRO"))
    references = [SchemaReference("app.Address", address, 1)]
    home = {"now": {"city": "Köln"}, "before": {"city": "Bonn"}}
    data = bytes_of(Schema(json.dumps(HOME), "AVRO", references), home)
    return data, b"ref", Expected("ref", "text", home, "avro", [])


def test_every_value_is_right(written: Written, flowodm: Callable[..., Any], kafka: str) -> None:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "SCHEMA_REGISTRY_URL": written.registry_url}
    done = flowodm("tail", written.topic, "-e", "-o", "ndjson", env=environ)
    assert (done.exit_code, done.stderr) == (0, f"{len(written.expected)} read\n")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for line, expected in zip(found, written.expected, strict=True):
        assert Expected(*(line[name] for name in Expected._fields)) == expected
        assert (line["topic"], line["partition"]) == (written.topic, 0)
        assert line["tstype"] == "create"
        assert (line["value_schema_id"] is not None) == (expected.payload_encoding == "avro")
    ids = [line["value_schema_id"] for line in found if line["payload_encoding"] == "avro"]
    assert len(set(ids)) == 4


def test_people_see_the_same_values_with_their_types(
    written: Written, flowodm: Callable[..., Any], kafka: str
) -> None:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "SCHEMA_REGISTRY_URL": written.registry_url}
    done = flowodm("tail", written.topic, "-e", "-o", "pretty", env=environ)
    assert done.exit_code == 0
    for text in (
        "User(id=1, name='Ann', color=Color.RED)",
        "User v2",
        "balance=Decimal('-12345678901234567890.1234'),",
        "seen=2026-11-23 12:04:05.118007Z,",
        "either=long(5),",
        "key id=7",
        "tombstone",
        '{"plain": 1.5}',
        "Home(now=Address(city='Köln'), before=Address(city='Bonn'))",
        f"({written.topic}-value id ",
        "trace: t-1",
        "trace: null",
    ):
        assert text in done.stdout
