"""`tail --model`: records as one program's own class sees them, on a real topic."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from flowodm.avro import parse
from flowodm.codec.encode import compile_encoder
from flowodm.codec.framing import frame
from flowodm.config import RegistryConfig
from flowodm.registry import SchemaRegistry
from tests.conftest import Finished
from tests.servers import TestServers

pytestmark = pytest.mark.integration

ORDER = {
    "type": "record",
    "name": "shop.Order",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "count", "type": "int"},
        {
            "name": "price",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        },
    ],
}
MODULE = '''
from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_validator

from flowodm import FlowBaseModel

print("imported")


class Order(FlowBaseModel):
    """Half of what is written, and one thing more."""

    class Settings:
        topic = "orders"

    id: str
    price: Annotated[Decimal, Field(max_digits=9, decimal_places=2, gt=0)]
    note: str = "none yet"

    @field_validator("id")
    @classmethod
    def upper(cls, value: str) -> str:
        return value.upper()


class Other(FlowBaseModel):
    class Settings:
        topic = "orders"

    paid: bool


NUMBER = 7
'''


class Orders(NamedTuple):
    """A topic with a good order, one that the class does not take, a tombstone and a text."""

    topic: str
    schema_id: int
    tail: Callable[..., Finished]


@pytest.fixture
def orders(
    topic: str,
    sandbox: TestServers,
    registry_url: str,
    flowodm: Callable[..., Finished],
    tmp_path: Path,
) -> Orders:
    from confluent_kafka import Producer

    (tmp_path / "shop_models.py").write_text(MODULE)
    schema = parse(ORDER)
    with SchemaRegistry(RegistryConfig(url=registry_url)) as registry:
        schema_id = registry.register(f"{topic}-value", schema).schema_id
    encode = compile_encoder(schema).encode
    producer = Producer({**sandbox.client_config, "enable.idempotence": True})
    good = {"id": "o-1", "count": 3, "price": Decimal("12.34")}
    for value in (good, good | {"id": "o-2", "price": Decimal("-1.00")}):
        producer.produce(topic, encode(value, frame(schema_id)), b"k")
    producer.produce(topic, None, b"k")
    producer.produce(topic, b"no avro", b"k")
    assert producer.flush(30) == 0
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": registry_url,
    }

    def tail(*arguments: str) -> Finished:
        return flowodm("tail", topic, "-e", *arguments, env=environ)

    return Orders(topic, schema_id, tail)


def test_without_a_model_a_class_is_made_of_the_schema(orders: Orders) -> None:
    done = orders.tail("-o", "pretty")
    assert done.exit_code == 0
    assert "Order(id='o-1', count=3, price=Decimal('12.34'))" in done.stdout
    assert "Order(id='o-2', count=3, price=Decimal('-1.00'))" in done.stdout
    assert f"Order v1  ({orders.topic}-value id {orders.schema_id})" in done.stdout
    assert done.stderr == "4 read\n"


def test_a_model_shows_what_a_program_would_get(orders: Orders) -> None:
    done = orders.tail("-o", "pretty", "--model", "shop_models:Order")
    assert done.exit_code == 0
    assert "Order(id='O-1', price=Decimal('12.34'), note='none yet')" in done.stdout
    assert "tombstone" in done.stdout
    problem = "`Order` does not take it: Input should be greater than 0 at `price`"
    assert f"  {problem} (schema id {orders.schema_id})\n  00 00 00 00" in done.stdout
    assert "not framed Avro: it starts with byte 0x6e and names no schema" in done.stdout
    assert done.stderr == "imported\n4 read, 2 not decoded (offsets 0:1, 0:3)\n"


def test_a_table_shows_them_too(orders: Orders) -> None:
    done = orders.tail("-o", "table", "--model", "shop_models:Order")
    assert done.exit_code == 0
    assert "id=O-1 price=12.34 note=none yet" in done.stdout
    assert "✗" in done.stdout


def test_the_machines_outputs_have_the_fields_of_the_model(orders: Orders) -> None:
    done = orders.tail("-o", "ndjson", "--model", "shop_models:Order")
    assert done.exit_code == 0
    first, second, tombstone, text = map(json.loads, done.stdout.splitlines())
    assert first["payload"] == {"id": "o-1", "price": "12.34", "note": "none yet"}
    assert first["value_schema_id"] == orders.schema_id
    assert "Input should be greater than 0 at `price`" in second["payload_error"]
    assert tombstone["payload"] is None
    assert "names no schema" in text["payload_error"]


def test_a_filter_sees_the_fields_of_the_model(orders: Orders) -> None:
    where = ("--where", 'value.note == "none yet"', "-o", "ndjson")
    done = orders.tail("--model", "shop_models:Order", *where)
    assert done.exit_code == 0
    (line,) = map(json.loads, done.stdout.splitlines())
    assert line["offset"] == 0
    assert "2 not decoded (offsets 0:1, 0:3)" in done.stderr


def test_strict_stops_at_what_a_model_does_not_take(orders: Orders) -> None:
    done = orders.tail("--model", "shop_models:Order", "--strict", "-o", "ndjson")
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 2
    assert f"`{orders.topic}` 0:1 does not decode: `Order` does not take it" in done.stderr


def test_a_schema_that_a_model_cannot_read_is_told_per_record(orders: Orders) -> None:
    done = orders.tail("--model", "shop_models:Other", "-o", "ndjson")
    assert done.exit_code == 0
    first = json.loads(done.stdout.splitlines()[0])
    assert "it was not written, and has no default" in first["payload_error"]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("shop_model:Order", "error: there is no module `shop_model`"),
        ("shop_models:Oder", "error: `shop_models` has no class `Oder`\n  did you mean `Order`?"),
        ("shop_models:NUMBER", "error: `shop_models:NUMBER` is no Pydantic model"),
        ("shop_models", "error: `--model shop_models` names no class"),
    ],
)
def test_a_model_that_is_none_is_a_wrong_use(
    model: str, said: str, flowodm: Callable[..., Finished], tmp_path: Path
) -> None:
    """And is told before any broker is asked."""
    (tmp_path / "shop_models.py").write_text(MODULE)
    done = flowodm(
        "tail", "orders", "-e", "--model", model, env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    )
    assert done.exit_code == 2
    assert done.stdout == ""
    assert said in done.stderr


def test_a_model_says_how_values_are_read(flowodm: Callable[..., Finished]) -> None:
    done = flowodm("tail", "orders", "--model", "a:B", "--value-format", "json")
    assert done.exit_code == 2
    assert "leave out `--value-format`" in done.stderr


def test_without_a_model_no_module_is_imported(orders: Orders) -> None:
    """A directory's modules are code; no other option runs them."""
    assert "imported" not in orders.tail("-o", "pretty").stderr
