"""Model instances to bytes and back, against fastavro and Pydantic by hand; no broker.

Out: the generated encoder, against `schemaless_writer(stream, schema, instance.model_dump())`.
In: the decoder and the class's validator, against `schemaless_reader` and `model_validate`. Both
with the five bytes of Confluent's prefix. The same bytes and the same instances come of both.

usage: python -m benchmarks.model [WORDS...]   (only the cases whose name holds a word)
"""

import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import fastavro
from pydantic import BaseModel

from benchmarks.messages import Messages, events, orders, payments
from benchmarks.models import Event, Order, Payment
from benchmarks.rounds import interleaved
from flowodm.avro import parse
from flowodm.avro.bind import bind
from flowodm.codec.decode import compile_decoder
from flowodm.codec.framing import frame
from flowodm.codec.model_encode import compile_model_encoder
from flowodm.codec.model_style import model_style

SECONDS = 0.25
"""How long one contender works in one round, about."""

PREFIX = frame(7)

CASES: tuple[tuple[type[BaseModel], Callable[[], Messages]], ...] = (
    (Event, events),
    (Payment, payments),
    (Order, orders),
)


def main(words: list[str]) -> None:
    for model, make in CASES:
        messages = make()
        if any(word in messages.name for word in words or [""]):
            instances = [model.model_validate(value) for value in messages.values]
            compare_out(messages, model, instances)
            compare_in(messages, model, instances)


def compare_out(messages: Messages, model: type[BaseModel], instances: Sequence[BaseModel]) -> None:
    encode, parsed = compile_model_encoder(bind(model)), schema_of(model)

    def by_hand(instance: BaseModel) -> bytes:
        stream = io.BytesIO()
        stream.write(PREFIX)
        fastavro.schemaless_writer(stream, parsed, instance.model_dump())
        return stream.getvalue()

    def ours(instance: BaseModel) -> bytes:
        return encode(instance, PREFIX)

    assert [ours(each) for each in instances] == [by_hand(each) for each in instances]
    compare(f"serialise: {messages.name}", instances, {"FlowODM": ours, "by hand": by_hand})


def compare_in(messages: Messages, model: type[BaseModel], instances: Sequence[BaseModel]) -> None:
    binding = bind(model)
    writer = parse(messages.schema)
    decode = compile_decoder(writer, binding.schema, style=model_style(binding)).decode
    validate = model.__pydantic_validator__.validate_python
    start = len(PREFIX)

    def ours(data: bytes) -> Any:
        return validate(decode(data, start))

    def by_hand(data: bytes) -> Any:
        value = fastavro.schemaless_reader(io.BytesIO(data[start:]), messages.parsed, None)
        return model.model_validate(value)

    framed = [PREFIX + body for body in messages.encoded]
    assert [ours(each) for each in framed] == [by_hand(each) for each in framed] == [*instances]
    compare(f"decode and validate: {messages.name}", framed, {"FlowODM": ours, "by hand": by_hand})


def schema_of(model: type[BaseModel]) -> Any:
    """The model's own schema, for fastavro."""
    return fastavro.parse_schema(json.loads(bind(model).schema.to_json()))


def compare(name: str, items: Sequence[Any], contenders: dict[str, Callable[[Any], Any]]) -> None:
    repeats = 1

    def figure(work: Callable[[Any], Any]) -> float:
        """Microseconds a message."""
        begun = time.process_time()
        for _ in range(repeats):
            for item in items:
                work(item)
        return (time.process_time() - begun) / repeats / len(items) * 1e6

    first = next(iter(contenders.values()))
    repeats = max(1, int(SECONDS / (figure(first) * 1e-6 * len(items))))
    calls = {who: (lambda work=work: figure(work)) for who, work in contenders.items()}  # type: ignore[misc]
    print(*interleaved(name, "µs", calls).lines(), sep="\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
