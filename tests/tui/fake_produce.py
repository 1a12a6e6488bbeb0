"""A topic that may be written to, with the schemas that a test says; what is sent is noted."""

import json
from dataclasses import dataclass, field
from typing import Any

from flowodm import avro
from flowodm.errors import FlowODMError
from flowodm.lines.schemas import AvroWriter
from flowodm.producer import Delivery
from flowodm.tui.sources.form import Draft, Target

ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "doc": "What somebody wants to have.",
    "fields": [
        {"name": "id", "type": "long", "doc": "Counts from 1."},
        {
            "name": "status",
            "type": {"type": "enum", "name": "Status", "symbols": ["NEW", "PAID", "SHIPPED"]},
            "default": "NEW",
        },
        {
            "name": "total",
            "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
        },
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "gift", "type": "boolean", "default": False},
        {
            "name": "address",
            "type": [
                "null",
                {
                    "type": "record",
                    "name": "Address",
                    "fields": [
                        {"name": "city", "type": "string"},
                        {"name": "zip", "type": "string", "default": "00000"},
                    ],
                },
            ],
            "default": None,
        },
        {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []},
    ],
}

VALUE = {"id": 5, "status": "PAID", "total": "12.50", "at": "2026-11-23T12:04:05Z", "old": 1}
"""One that `ORDER` has nearly all fields of."""


def hostile_schema(*texts: str) -> dict[str, Any]:
    """A record whose docs and defaults are what somebody wrote to harm."""
    good = [text.encode("utf-8", "ignore").decode() for text in texts]
    fields = [
        {"name": f"f{number}", "type": "string", "doc": text, "default": text}
        for number, text in enumerate(good)
    ]
    return {"type": "record", "name": "R", "doc": "".join(good), "fields": fields}


def writer(schema: Any, label: str = "orders-value v3, id 43", schema_id: int = 43) -> AvroWriter:
    return AvroWriter(avro.parse(json.dumps(schema)), schema_id, label)


@dataclass
class FakeProduce:
    """A target; what is sent lands in partition 0."""

    value: Any = field(default_factory=lambda: ORDER)
    key: Any = None
    error: FlowODMError | None = None
    send_error: FlowODMError | None = None
    versions: list[int | None] = field(default_factory=list)
    sent: list[Draft] = field(default_factory=list)

    def target(self, topic: str, version: int | None = None) -> Target:
        self.versions.append(version)
        if self.error is not None:
            raise self.error
        return Target(
            topic,
            3,
            None if self.key is None else writer(self.key, f"{topic}-key v1, id 42", 42),
            None if self.value is None else writer(self.value, f"{topic}-value v3, id 43"),
        )

    def send(self, topic: str, draft: Draft) -> Delivery:
        self.sent.append(draft)
        if self.send_error is not None:
            raise self.send_error
        return Delivery(topic, draft.partition or 0, 1_233 + len(self.sent), None)
