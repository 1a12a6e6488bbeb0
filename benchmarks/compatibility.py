"""What it costs to judge a schema against others, parsing included and not.

usage: python -m benchmarks.compatibility

A wide record of every kind of type against itself with each number promoted; and a history in
which every version drops a field and adds one, judged to its end at the strictest level.
"""

import json
from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.rounds import interleaved
from flowodm.avro import check, check_history, diff, parse

FIELDS = 5_000
VERSIONS = 200
FIELDS_OF_A_VERSION = 50


def kinds(at: int, number: str) -> list[Any]:
    """Types as records have them; one of them is a number."""
    return [
        number,
        "string",
        ["null", "string"],
        {"type": "long", "logicalType": "timestamp-micros"},
        {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
        {"type": "enum", "name": f"E{at}", "symbols": ["NEW", "PAID", "SENT"]},
        {"type": "array", "items": "string"},
        {"type": "map", "values": number},
        {
            "type": "record",
            "name": f"R{at}",
            "fields": [{"name": "street", "type": "string"}, {"name": "number", "type": number}],
        },
        ["null", {"type": "fixed", "name": f"F{at}", "size": 16}],
    ]


def wide(number: str) -> str:
    """A record of 5,000 fields, as text."""
    fields = [
        {"name": f"field_{at}", "type": kinds(at, number)[at % 10], "doc": "What it is."}
        for at in range(FIELDS)
    ]
    return json.dumps({"type": "record", "name": "shop.Wide", "fields": fields})


def history() -> list[str]:
    """The texts of 200 versions of 50 fields, each of which reads every other."""
    return [
        json.dumps(
            {
                "type": "record",
                "name": "shop.Order",
                "fields": [
                    {
                        "name": f"field_{at}",
                        "type": ["null", *kinds(at, "long")[:2]],
                        "default": None,
                    }
                    for at in range(version, version + FIELDS_OF_A_VERSION)
                ],
            }
        )
        for version in range(VERSIONS)
    ]


def timed(call: Callable[[], object]) -> Callable[[], float]:
    """Milliseconds a call."""

    def run() -> float:
        began = perf_counter()
        call()
        return (perf_counter() - began) * 1e3

    return run


def judge_history(texts: list[str]) -> None:
    *versions, new = map(parse, texts)
    assert check_history("FULL_TRANSITIVE", new, versions).is_compatible


def main() -> None:
    texts = wide("int"), wide("long")
    old, new = map(parse, texts)
    assert check(new, old) == ()
    assert len(check(old, new)) == len(diff(old, new)) == 3 * FIELDS // 10
    cases = {
        f"{FIELDS:,} fields: check, parsed before": lambda: check(new, old),
        f"{FIELDS:,} fields: check, 1,500 reasons, parsed before": lambda: check(old, new),
        f"{FIELDS:,} fields: parse both and check": lambda: check(*map(parse, texts)),
        f"{FIELDS:,} fields: diff, 1,500 changes, parsed before": lambda: diff(old, new),
        f"{FIELDS:,} fields: parse both and diff": lambda: diff(*map(parse, texts)),
    }
    for case, call in cases.items():
        print(*interleaved(case, "ms", {"FlowODM": timed(call)}).lines(), sep="\n", flush=True)
    versions = history()
    case = f"{VERSIONS} versions of {FIELDS_OF_A_VERSION} fields: parse all, FULL_TRANSITIVE"
    call = timed(lambda: judge_history(versions))
    print(*interleaved(case, "ms", {"FlowODM": call}).lines(), sep="\n", flush=True)


if __name__ == "__main__":
    main()
