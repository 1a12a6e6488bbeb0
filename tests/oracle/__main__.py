"""Labels fresh random pairs by Java and compares: `python -m tests.oracle [--pairs N] [--seed N]`."""

import argparse
import json
import secrets
import sys
from collections import Counter
from itertools import islice
from typing import Any, TypeAlias

from flowodm.avro import check, parse
from flowodm.errors import SandboxError
from tests.oracle.labels import VERSION, labelled
from tests.oracle.pairs import random_pairs

_MOST_SHOWN = 5
_MODES = {"default": "verdict", "exact": "type, location and message of each reason"}
_Pair: TypeAlias = tuple[str, str]
_Label: TypeAlias = dict[str, Any]


def main() -> int:
    arguments = _arguments()
    try:
        labels, refused = _draw(arguments.seed, arguments.pairs)
    except SandboxError as error:
        print(f"error: {error}\n  {error.hint}", file=sys.stderr)
        return 2
    _tell_labels(arguments.seed, labels, refused)
    wrong = [
        (mode, pair, label)
        for pair, label in labels.items()
        for mode in _MODES
        if not _agrees(mode, pair, label)
    ]
    for mode, what in _MODES.items():
        right = len(labels) - sum(each[0] == mode for each in wrong)
        print(f"  {mode} mode: {right:,} of {len(labels):,} agree ({what})")
    for mode, (reader, writer), label in wrong[:_MOST_SHOWN]:
        print(f"\n{mode} mode:\n  reader {reader}\n  writer {writer}\n  java   {json.dumps(label)}")
        print(f"  ours   {json.dumps(_found(reader, writer))}")
    return 1 if wrong else 0


def _draw(seed: int, count: int) -> tuple[dict[_Pair, _Label], int]:
    """Draw pairs until so many are labelled; count those that Java's parser refuses."""
    source = random_pairs(seed)
    labels: dict[_Pair, _Label] = {}
    refused = 0
    while len(labels) < count:
        pairs = list(islice(source, count - len(labels)))
        for pair, label in zip(pairs, labelled(pairs), strict=True):
            if "refused" in label:
                refused += 1
            else:
                labels[pair] = label
    return labels, refused


def _tell_labels(seed: int, labels: dict[_Pair, _Label], refused: int) -> None:
    kinds = Counter(kind for label in labels.values() for kind in _kinds(label))
    compatible = sum(not _kinds(label) for label in labels.values())
    print(f"seed {seed}: {len(labels):,} pairs, labelled by Apache Avro {VERSION}")
    print(f"  {compatible:,} compatible, {len(labels) - compatible:,} incompatible")
    print(f"  {', '.join(f'{kind} {count:,}' for kind, count in kinds.most_common())}")
    if refused:
        print(f"  {refused:,} more were drawn that Java's parser refuses")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--pairs", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    return parser.parse_args()


def _kinds(label: _Label) -> list[str]:
    if "thrown" in label:
        return ["AMBIGUOUS_FIELD"]
    return [reason["type"] for reason in label["incompatibilities"]]


def _agrees(mode: str, pair: _Pair, label: _Label) -> bool:
    reader, writer = map(parse, pair)
    if mode == "default":
        return bool(check(reader, writer)) == bool(_kinds(label))
    found = _found(*pair)
    if "thrown" in label:
        return [(each["type"], each["message"]) for each in found] == [
            ("AMBIGUOUS_FIELD", label["thrown"])
        ]
    return found == label["incompatibilities"]


def _found(reader: str, writer: str) -> list[dict[str, str]]:
    return [
        {"type": each.type, "location": each.location, "message": each.message}
        for each in check(parse(reader), parse(writer), exact=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
