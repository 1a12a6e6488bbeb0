"""The messages that benchmarks decode, encode and print: schemas and seeded random values."""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import fastavro

EVENT = {
    "type": "record",
    "name": "Event",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "user", "type": "string"},
        {"name": "occurred_at", "type": "long"},
        {"name": "items", "type": "int"},
        {"name": "amount", "type": "double"},
        {"name": "express", "type": "boolean"},
        {
            "name": "status",
            "type": {
                "type": "enum",
                "name": "Status",
                "symbols": ["CREATED", "PAID", "PACKED", "SHIPPED", "RETURNED"],
            },
        },
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}
"""The standard record of eight fields."""

ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "placed_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {
            "name": "customer",
            "type": {
                "type": "record",
                "name": "Customer",
                "fields": [
                    {"name": "name", "type": "string"},
                    {"name": "email", "type": ["null", "string"]},
                    {"name": "since", "type": {"type": "int", "logicalType": "date"}},
                ],
            },
        },
        {
            "name": "lines",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Line",
                    "fields": [
                        {"name": "sku", "type": "string"},
                        {"name": "quantity", "type": "int"},
                        {
                            "name": "price",
                            "type": {
                                "type": "bytes",
                                "logicalType": "decimal",
                                "precision": 9,
                                "scale": 2,
                            },
                        },
                    ],
                },
            },
        },
        {
            "name": "address",
            "type": [
                "null",
                {
                    "type": "record",
                    "name": "Address",
                    "fields": [
                        {"name": "street", "type": "string"},
                        {"name": "city", "type": "string"},
                        {"name": "zip", "type": "string"},
                    ],
                },
            ],
        },
        {"name": "tags", "type": {"type": "map", "values": "string"}},
    ],
}
"""Nested records, an array, a map, and the logical types that people use."""


PAYMENT = {
    "type": "record",
    "name": "Payment",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "order_id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "paid_at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {
            "name": "amount",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
        },
        {"name": "status", "type": EVENT["fields"][6]["type"]},  # type: ignore[index]
        {"name": "payer", "type": "string"},
        {"name": "attempts", "type": "int"},
        {
            "name": "refunded_at",
            "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}],
            "default": None,
        },
    ],
}
"""Eight fields, most of them of logical types."""


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of one schema."""

    name: str
    schema: dict[str, Any]
    parsed: Any
    """For fastavro."""
    values: tuple[Any, ...]
    encoded: tuple[bytes, ...]


def events(count: int = 1000) -> Messages:
    """Standard records of eight fields."""
    return _messages("eight fields", EVENT, _event, count)


def orders(count: int = 300) -> Messages:
    """Nested records with logical types."""
    return _messages("nested, logical types", ORDER, _order, count)


def payments(count: int = 1000) -> Messages:
    """Flat records of logical types: uuid, timestamp, decimal, enum."""
    return _messages("eight fields, logical types", PAYMENT, _payment, count)


def numbers(
    items: str, length: int, value: Callable[[random.Random], Any], what: str = ""
) -> Messages:
    """Arrays of one type of number."""
    schema = {"type": "array", "items": items}
    return _messages(
        f"{length} {what or items}s",
        schema,
        lambda source: [value(source) for _ in range(length)],
        max(1, 20_000 // length),
    )


def _messages(
    name: str, schema: dict[str, Any], value: Callable[[random.Random], Any], count: int
) -> Messages:
    source = random.Random(8)
    parsed = fastavro.parse_schema(schema)
    values = tuple(value(source) for _ in range(count))
    return Messages(name, schema, parsed, values, tuple(encoded(parsed, each) for each in values))


def encoded(parsed: Any, value: Any) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, parsed, value)
    return stream.getvalue()


def _event(source: random.Random) -> dict[str, Any]:
    return {
        "id": f"evt-{source.getrandbits(64):016x}",
        "user": f"user-{source.randrange(100_000)}",
        "occurred_at": 1_790_000_000_000 + source.randrange(10**9),
        "items": source.randrange(1, 200),
        "amount": round(source.uniform(1, 500), 2),
        "express": source.random() < 0.3,
        "status": source.choice(EVENT["fields"][6]["type"]["symbols"]),  # type: ignore[index]
        "note": source.choice((None, "please ring twice")),
    }


def _payment(source: random.Random) -> dict[str, Any]:
    paid_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=source.randrange(10**13))
    return {
        "id": UUID(int=source.getrandbits(128)),
        "order_id": UUID(int=source.getrandbits(128)),
        "paid_at": paid_at,
        "amount": Decimal(source.randrange(1, 10**7)).scaleb(-2),
        "status": source.choice(EVENT["fields"][6]["type"]["symbols"]),  # type: ignore[index]
        "payer": f"user-{source.randrange(100_000)}",
        "attempts": source.randrange(1, 4),
        "refunded_at": source.choice((None, None, paid_at + timedelta(days=2))),
    }


def _order(source: random.Random) -> dict[str, Any]:
    street = f"{source.randrange(1, 200)} Long Acre"
    return {
        "id": UUID(int=source.getrandbits(128)),
        "placed_at": datetime(2026, 1, 1, tzinfo=UTC)
        + timedelta(microseconds=source.randrange(10**13)),
        "customer": {
            "name": f"Customer {source.randrange(10**6)}",
            "email": source.choice((None, f"c{source.randrange(10**6)}@example.com")),
            "since": date(2015, 1, 1) + timedelta(source.randrange(4000)),
        },
        "lines": [
            {
                "sku": f"SKU-{source.randrange(10**6):06}",
                "quantity": source.randrange(1, 20),
                "price": Decimal(source.randrange(1, 10**6)).scaleb(-2),
            }
            for _ in range(source.randrange(1, 6))
        ],
        "address": source.choice((None, {"street": street, "city": "London", "zip": "WC2E 9JT"})),
        "tags": {f"tag{number}": "yes" for number in range(source.randrange(4))},
    }
