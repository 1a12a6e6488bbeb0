"""Decoded records for rendering tests, made by hand: one of each kind that people meet."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from flowodm.display.sides import SchemaName
from flowodm.display.tree import Noted, Shown, Symbol, TypedRecord
from flowodm.record import Decoded, DecodedRecord, Headers, Record, Undecodable

TODAY = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
TIMESTAMP = int(datetime(2026, 11, 23, 12, 4, 5, 123_000, tzinfo=UTC).timestamp() * 1000)

USER_EVENT = TypedRecord(
    "UserEvent",
    {
        "user_id": "u-17",
        "action": Symbol("Action", "PURCHASE"),
        "amount": Shown("Decimal('12.34')", "12.34"),
        "at": Shown("2026-11-23 12:04:05.118Z", "2026-11-23 12:04:05.118Z"),
        "address": TypedRecord("Address", {"city": "Köln", "zip": "50667"}),
        "tags": ["new", "eu"],
    },
)
NULL = Decoded(None, "null")


def names(schema_id: int, topic: str, is_key: bool) -> SchemaName | None:
    return SchemaName(f"{topic}-{'key' if is_key else 'value'}", 3) if schema_id == 42 else None


def record(
    value: Any = NULL,
    *,
    key: Any = NULL,
    topic: str = "user-events",
    partition: int = 2,
    offset: int = 10482,
    timestamp: int | None = TIMESTAMP,
    headers: Headers = (),
    raw: bytes | None = b"raw",
) -> DecodedRecord:
    made = Record(topic, partition, offset, "create", timestamp, b"key", raw, headers)
    return DecodedRecord(made, key, value)


def avro(value: Any, schema: str = "app.UserEvent", schema_id: int | None = 42) -> Decoded:
    return Decoded(value, "avro", schema_id, SimpleNamespace(name=schema))


def text(value: str) -> Decoded:
    return Decoded(value, "text")


def undecodable(raw: bytes, error: str, position: int | None = 14) -> Undecodable:
    return Undecodable(error, raw, 42, position, "status")


def samples() -> list[DecodedRecord]:
    """The records of the reviewed renderings."""
    return [
        record(avro(USER_EVENT), key=text("u-17"), headers=(("trace-id", b"4bf92f35"),)),
        record(
            undecodable(
                bytes.fromhex("000000002a06752d330e") + bytes(range(51)),
                "index 7 at value.status: the union has 2 branches",
            ),
            key=text("u-3"),
            partition=0,
            offset=99310,
        ),
        record(NULL, key=text("u-9"), partition=1, offset=5120, raw=None),
        record(text("plain words"), topic="notes", partition=0, offset=0, timestamp=None),
        record(
            Decoded({"a": 1, "b": [1.5, None, True], "ключ": "значение"}, "json"),
            key=avro(TypedRecord("Key", {"id": 7}), "app.Key", 42),
            timestamp=TIMESTAMP - 86_400_000 * 300,
        ),
        record(Decoded(b"\x00\xff\x10binary", "base64"), offset=1_234_567),
        record(
            avro(
                TypedRecord(
                    "Wide",
                    {
                        "numbers": list(range(400)),
                        "text": "Lorem ipsum " * 60,
                        "octets": bytes(range(256)),
                        "nested": TypedRecord(
                            "Outer", {"inner": TypedRecord("Inner", {"日本語": "東京都" * 12})}
                        ),
                        "empty": [],
                        "map": {"k'ey": None},
                        "hostile": "\x1b[2J\u202e[red]x[/nope]\r\n",
                    },
                ),
                "app.Wide",
                7,
            ),
            key=text("k" * 90),
            headers=(
                ("\x1b]0;title\x07", b"\x00\xff"),
                ("none", None),
                ("long", b"v" * 300),
            ),
        ),
        record(
            avro(Noted(USER_EVENT, "`UserEvent` does not take it: Input should be … at `amount`")),
            key=text("u-18"),
        ),
        record(
            avro(USER_EVENT),
            key=undecodable(b"\x00\x00\x00\x00\x07", "schema id 7 is not in the registry", None),
        ),
    ]
