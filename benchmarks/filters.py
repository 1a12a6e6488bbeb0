"""What a filter costs on top of decoding, and what the engine alone would cost.

usage: python -m benchmarks.filters

Beside the decoder of the eight-field record (and the nested one) stand: a filter of ours; the CEL
engine handed the whole record, as its own documentation shows it; and Python's own `eval`-like
lambda, the least that any filter can cost.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.messages import Messages, events, orders
from benchmarks.rounds import interleaved
from flowodm.avro import parse
from flowodm.codec.decode import compile_decoder
from flowodm.expression.engine import cel
from flowodm.query import Filter
from flowodm.record import Decoded, DecodedRecord, Record

ROUND = 20_000
"""Records in one round."""


def records(messages: Messages) -> list[DecodedRecord]:
    decode = compile_decoder(parse(messages.schema)).decode
    return [
        DecodedRecord(
            Record("t", 0, offset, "create", 1_700_000_000_000, None, data, ()),
            Decoded(None, "null"),
            Decoded(decode(data), "avro"),
        )
        for offset, data in enumerate(messages.encoded)
    ]


def timed(call: Callable[[Any], Any], items: list[Any]) -> Callable[[], float]:
    """Microseconds an item."""
    repeats = max(1, ROUND // len(items))

    def run() -> float:
        began = perf_counter()
        for _ in range(repeats):
            for item in items:
                call(item)
        return (perf_counter() - began) / (repeats * len(items)) * 1e6

    return run


def expression(case: str, source: str, messages: Messages) -> None:
    """Our filter, the decoder it follows, and the engine handed the whole record."""
    decoded = records(messages)
    filter_ = Filter(where=source)
    contenders = {
        "filter": timed(filter_.matches, decoded),
        "decoding the record": timed(
            compile_decoder(parse(messages.schema)).decode, messages.encoded
        ),
    }
    execute = cel().compile(source).execute

    def whole(record: DecodedRecord) -> Any:
        return execute({"value": record.value.value, "offset": record.record.offset})

    try:
        whole(decoded[0])
    except (KeyError, ValueError):
        pass  # it refuses a record that holds a UUID or a date anywhere
    else:
        contenders["the engine, handed the whole record"] = timed(whole, decoded)
    print(*interleaved(f"{case}: `{source}`", "µs", contenders).lines(), sep="\n")


def pattern(case: str, text: str) -> None:
    """`--grep`, beside the decoder."""
    messages = events()
    filter_ = Filter(grep=text)
    contenders = {
        "filter": timed(filter_.matches, records(messages)),
        "decoding the record": timed(
            compile_decoder(parse(messages.schema)).decode, messages.encoded
        ),
    }
    print(*interleaved(f"{case}: `{text}`", "µs", contenders).lines(), sep="\n")


def main() -> None:
    print("| Case | What | min / median / max of 5 |\n|---|---|---|")
    expression("of the record", "offset > 100", events())
    expression("one field", "value.amount > 50.0", events())
    expression("two fields", 'value.amount > 50.0 && value.status == "PAID"', events())
    expression("a field that is not there", "value.nope > 50.0", events())
    expression("a nested field", 'value.customer.name > "m"', orders())
    expression("a list", "value.lines.exists(line, line.quantity > 3)", orders())
    pattern("a text", "PAID")
    pattern("a pattern", '"status":"(PAID|PACKED)"')


if __name__ == "__main__":
    main()
