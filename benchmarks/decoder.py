"""The decoder against fastavro's `schemaless_reader`, on the same bytes.

usage: python -m benchmarks.decoder [WORDS...]   (only the cases whose name holds a word)
"""

import io
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import fastavro

from benchmarks.messages import Messages, events, numbers, orders
from benchmarks.rounds import interleaved
from flowodm.avro import parse
from flowodm.codec.decode import compile_decoder

SECONDS = 0.25
"""How long one contender works in one round, about."""


def cases() -> list[Messages]:
    return [
        events(),
        orders(),
        *(numbers("long", length, _wide, "6-byte long") for length in (10, 100, 1000)),
        numbers("long", 1000, lambda source: source.randrange(-(2**63), 2**63), "10-byte long"),
        numbers("long", 1000, lambda source: source.randrange(2**13), "2-byte long"),
        numbers("int", 1000, lambda source: source.randrange(-64, 64), "1-byte int"),
        numbers("int", 1000, lambda source: source.randrange(200), "1- and 2-byte int"),
        numbers("int", 1000, lambda source: source.randrange(-(2**31), 2**31), "5-byte int"),
        numbers("double", 10, random.Random.random),
        numbers("double", 1000, random.Random.random),
        numbers("float", 1000, random.Random.random),
        numbers("boolean", 1000, lambda source: source.random() < 0.5),
    ]


def _wide(source: random.Random) -> int:
    return source.randrange(-(2**41), 2**41)


def evolved(messages: Messages) -> dict[str, Any]:
    """The reader that a later version of a schema is: a field gone, one new, one promoted."""
    fields = [dict(field) for field in messages.schema["fields"] if field["name"] != "user"]
    for field in fields:
        if field["type"] == "int":
            field["type"] = "long"
    fields.append({"name": "channel", "type": "string", "default": "web"})
    return {**messages.schema, "fields": fields}


def main(words: list[str]) -> None:
    for messages in cases():
        if any(word in messages.name for word in words or [""]):
            compare(messages.name, messages, None)
    if any(word in "evolved" for word in words or [""]):
        messages = events()
        compare("eight fields, evolved reader", messages, evolved(messages))


def compare(name: str, messages: Messages, reader: dict[str, Any] | None) -> None:
    decode = compile_decoder(
        parse(messages.schema), None if reader is None else parse(reader)
    ).decode
    theirs = None if reader is None else fastavro.parse_schema(reader)
    check(decode, messages, theirs)
    repeats = 1

    def ours() -> float:
        return measured(lambda data: decode(data), messages.encoded, repeats)

    def fastavros() -> float:
        read, stream, parsed = fastavro.schemaless_reader, io.BytesIO, messages.parsed
        return measured(lambda data: read(stream(data), parsed, theirs), messages.encoded, repeats)

    repeats = max(1, int(SECONDS / (ours() * 1e-6 * len(messages.encoded))))
    print(*interleaved(name, "µs", {"FlowODM": ours, "fastavro": fastavros}).lines(), sep="\n")


def check(decode: Any, messages: Messages, reader: Any) -> None:
    for data in messages.encoded:
        theirs = fastavro.schemaless_reader(io.BytesIO(data), messages.parsed, reader)
        assert decode(data) == theirs


def measured(read: Callable[[bytes], Any], encoded: tuple[bytes, ...], repeats: int) -> float:
    """Microseconds a message."""
    started = time.process_time()
    for _ in range(repeats):
        for data in encoded:
            read(data)
    return (time.process_time() - started) / repeats / len(encoded) * 1e6


if __name__ == "__main__":
    main(sys.argv[1:])
