"""Records to lines of NDJSON and back, against what a careful person writes; no broker.

Out: `Codec.decode` and `EnvelopeWriter.line`, against fastavro, a dict and `json.dumps`.
In: `LineReader.read`, against `json.loads` and fastavro's writer, which checks next to nothing.

usage: python -m benchmarks.envelope
"""

import io
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import fastavro

from benchmarks.messages import Messages, events, orders
from benchmarks.rounds import interleaved
from flowodm.codec import Codec
from flowodm.codec.framing import frame
from flowodm.config import RegistryConfig
from flowodm.envelope import EnvelopeWriter
from flowodm.json_form import JSON
from flowodm.lines import LineOptions, LineReader, SchemaWish, SideSchemas
from flowodm.record import Headers, Record
from flowodm.registry import SchemaRegistry
from flowodm.sandbox.registry import RegistryServer

SECONDS = 0.25
"""How long one contender works in one round, about."""

HEADERS: tuple[Headers, ...] = ((), (("trace-id", b"4bf92f3577b34da6"),))


def main() -> None:
    with RegistryServer() as server, SchemaRegistry(RegistryConfig(url=server.url)) as registry:
        for messages in (events(), orders()):
            schema_id = registry.register(f"{messages.name}-value", json.dumps(messages.schema))
            for headers in HEADERS:
                compare_out(messages, registry, schema_id.schema_id, headers)
            compare_in(messages, registry, schema_id.schema_id)


def compare_out(
    messages: Messages, registry: SchemaRegistry, schema_id: int, headers: Headers
) -> None:
    records = [
        Record("events", n % 6, n, "create", 1_790_000_000_000 + n, b"user-%d" % n, frame(schema_id) + body, headers)
        for n, body in enumerate(messages.encoded)
    ]  # fmt: skip
    decode, line = Codec(registry, style=JSON).decode, EnvelopeWriter().line
    by_hand = hand_written({schema_id: messages.parsed})
    assert_alike([line(decode(record)) for record in records], [by_hand(r) for r in records])
    name = f"out: {messages.name}, {len(headers)} headers"
    compare(name, records, {"FlowODM": lambda r: line(decode(r)), "by hand": by_hand})


def hand_written(schemas: dict[int, Any]) -> Callable[[Record], bytes]:
    def line(record: Record) -> bytes:
        value = record.value or b""
        schema_id = int.from_bytes(value[1:5], "big")
        payload = fastavro.schemaless_reader(io.BytesIO(value[5:]), schemas[schema_id], None)
        envelope = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "tstype": record.timestamp_type,
            "ts": record.timestamp,
            "headers": [[name, raw.decode() if raw else None] for name, raw in record.headers],
            "key_encoding": "text",
            "key": (record.key or b"").decode(),
            "payload_encoding": "avro",
            "payload": payload,
            "key_schema_id": None,
            "value_schema_id": schema_id,
        }
        return json.dumps(envelope, default=str).encode()

    return line


def assert_alike(ours: list[bytes], theirs: list[bytes]) -> None:
    """Both write the same fields; logical types apart, the same values."""
    for mine, other in zip(ours, theirs, strict=True):
        a, b = json.loads(mine), json.loads(other)
        assert list(a) == list(b)
        assert a["payload"].keys() == b["payload"].keys()
        assert {**a, "payload": 0} == {**b, "payload": 0}


def compare_in(messages: Messages, registry: SchemaRegistry, schema_id: int) -> None:
    decode, line = Codec(registry, style=JSON).decode, EnvelopeWriter().line
    framed = [frame(schema_id) + body for body in messages.encoded]
    lines = [
        line(decode(Record("t", 0, n, "create", 1 + n, None, value, ()))).decode()
        for n, value in enumerate(framed)
    ]
    payloads = [json.dumps(json.loads(text)["payload"]) for text in lines]
    sides = [SideSchemas("t", side, lambda: registry, wish) for side, wish in (("key", SchemaWish()), ("value", SchemaWish(schema_id=schema_id)))]  # type: ignore[arg-type]  # fmt: skip
    of_envelopes, of_values = LineReader(LineOptions(), *sides), LineReader(LineOptions(), *sides)
    assert [of_envelopes.read(text).value for text in lines] == framed
    contenders: dict[str, Callable[[int], object]] = {
        "FlowODM": lambda n: of_values.read(payloads[n]),
        "by hand": lambda n: written_by_hand(messages, payloads[n]),
        "FlowODM, envelopes": lambda n: of_envelopes.read(lines[n]),
    }
    if messages.name != "eight fields":  # json.loads gives no value that fastavro would take
        del contenders["by hand"]
    compare(f"in: {messages.name}", range(len(lines)), contenders)


def written_by_hand(messages: Messages, payload: str) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, messages.parsed, json.loads(payload))
    return stream.getvalue()


def compare(
    name: str, items: Sequence[Any], contenders: dict[str, Callable[[Any], object]]
) -> None:
    def figure(work: Callable[[Any], object], repeats: int) -> float:
        begun = time.perf_counter()
        for _ in range(repeats):
            for item in items:
                work(item)
        return (time.perf_counter() - begun) / repeats / len(items) * 1e6

    first = next(iter(contenders.values()))
    repeats = max(1, int(SECONDS / (figure(first, 1) * 1e-6 * len(items))))
    calls = {
        who: (lambda work=work: figure(work, repeats)) for who, work in contenders.items()  # type: ignore[misc]
    }
    print(*interleaved(name, "µs", calls).lines(), sep="\n")


if __name__ == "__main__":
    main()
