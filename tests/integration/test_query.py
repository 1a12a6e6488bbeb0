"""Filters over what was really read and decoded."""

import io
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from confluent_kafka import Producer

from flowodm.codec.codec import Codec
from flowodm.codec.framing import frame
from flowodm.config import RegistryConfig
from flowodm.query import Filter
from flowodm.reader import ReadOptions
from flowodm.record import DecodedRecord
from flowodm.registry import SchemaRegistry
from tests.reading import BASE, Topics, connect, read_all

pytestmark = pytest.mark.integration

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {
            "name": "amount",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 2},
        },
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {
            "name": "status",
            "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "PAID", "SENT"]},
        },
        {
            "name": "user",
            "type": [
                "null",
                {
                    "type": "record",
                    "name": "User",
                    "fields": [{"name": "country", "type": ["null", "string"]}],
                },
            ],
        },
        {"name": "prices", "type": {"type": "array", "items": "int"}},
    ],
}
START = datetime.fromtimestamp(BASE / 1000, UTC)


def order(source: random.Random, number: int) -> dict[str, Any]:
    country = source.choice(["DE", "FR", None])
    return {
        "id": f"{number:032x}",
        "amount": Decimal(source.choice([100, 10**20])) + Decimal(source.randrange(5)) / 100,
        "at": START + timedelta(minutes=number),
        "status": source.choice(["NEW", "PAID", "SENT"]),
        "user": source.choice([None, {"country": country}]),
        "prices": [source.randrange(10) for _ in range(source.randrange(4))],
    }


ORDERS = [order(random.Random(number), number) for number in range(300)]


def country(value: dict[str, Any]) -> str | None:
    return value["user"]["country"] if value["user"] else None


CASES: list[tuple[str, Callable[[dict[str, Any], int], bool]]] = [
    ("value.amount > 100.02", lambda v, _: v["amount"] > Decimal("100.02")),
    ("value.amount == 100.03", lambda v, _: v["amount"] == Decimal("100.03")),
    (
        "value.amount >= 100000000000000000000.02",
        lambda v, _: v["amount"] >= Decimal("100000000000000000000.02"),
    ),
    (
        "value.amount == 100000000000000000000.01",
        lambda v, _: v["amount"] == Decimal("100000000000000000000.01"),
    ),
    ("value.status == 'PAID'", lambda v, _: v["status"] == "PAID"),
    ("value.status in ['PAID', 'SENT']", lambda v, _: v["status"] != "NEW"),
    ("value.user.country == 'DE'", lambda v, _: country(v) == "DE"),
    ("value.user == null", lambda v, _: v["user"] is None),
    (
        "value.user != null && value.user.country == null",
        lambda v, _: bool(v["user"]) and country(v) is None,
    ),
    ("value.prices.exists(p, p > 7)", lambda v, _: any(p > 7 for p in v["prices"])),
    ("size(value.prices) == 3", lambda v, _: len(v["prices"]) == 3),
    ("value.prices[0] == 5", lambda v, _: v["prices"][:1] == [5]),
    (
        "value.at >= timestamp('2023-11-15T00:00:00Z')",
        lambda v, _: v["at"] >= datetime(2023, 11, 15, tzinfo=UTC),
    ),
    ("value.id.endsWith('7')", lambda v, _: v["id"].endswith("7")),
    ("key == 'k3' || offset < 10", lambda _, n: n % 7 == 3 or n < 10),
    ("headers.n == '5'", lambda _, n: n == 5),
    ("timestamp < timestamp('2023-11-14T22:15:00Z')", lambda _, n: n < 100),
]


@pytest.fixture(scope="module")
def decoded(sandbox, registry_url: str) -> Iterator[list[DecodedRecord]]:
    topics = Topics(sandbox.client_config)
    topic = topics.make("query")
    parsed = fastavro.parse_schema(SCHEMA)
    with SchemaRegistry(RegistryConfig(url=registry_url)) as registry:
        prefix = frame(registry.register(f"{topic}-value", json.dumps(SCHEMA)).schema_id)
        producer = Producer({**topics.config, "enable.idempotence": True})
        for number, value in enumerate(ORDERS):
            data = io.BytesIO()
            fastavro.schemaless_writer(data, parsed, value)
            producer.produce(
                topic,
                prefix + data.getvalue(),
                f"k{number % 7}",
                headers=[("n", str(number))],
                timestamp=BASE + 1000 * number,
            )
        assert producer.flush(20) == 0
        records, _ = read_all(connect(topics.config), topic, ReadOptions())
        yield [Codec(registry).decode(record) for record in records]
    topics.remove()


@pytest.mark.parametrize(("where", "wanted"), CASES)
def test_an_expression_finds_what_python_finds(
    where: str, wanted: Callable[[dict[str, Any], int], bool], decoded: list[DecodedRecord]
) -> None:
    some = Filter(where=where)
    found = [one.record.offset for one in decoded if some.matches(one)]
    assert found == [number for number, value in enumerate(ORDERS) if wanted(value, number)]
    assert 0 < len(found) < len(ORDERS)
    counts = some.counts
    assert (counts.scanned, counts.matched, counts.unconvertible) == (300, len(found), 0)


def test_grep_finds_what_is_in_the_decoded_value(decoded: list[DecodedRecord]) -> None:
    some = Filter(grep='"status":"(PAID|SENT)"', key="k[0-3]", headers=["n=^1"])
    found = [one.record.offset for one in decoded if some.matches(one)]
    assert found == [
        number
        for number, value in enumerate(ORDERS)
        if value["status"] != "NEW" and number % 7 < 4 and str(number).startswith("1")
    ]
    assert found
