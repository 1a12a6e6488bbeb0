"""Mutated schemas: a `Schema` whose decoder can be made, or a `SchemaParseError`; nothing else."""

import json
from collections import Counter
from random import Random
from typing import Any

import pytest

from flowodm.avro import Schema, canonical_form, parse
from flowodm.codec.decode import compile_decoder
from flowodm.errors import SchemaParseError
from tests.generators import random_schema

pytestmark = pytest.mark.unit

SEED = 20_260_102
JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**64,
    "",
    "x",
    "int",
    "a.A",
    ".A",
    "a..b",
    "1a",
    "é\u202e",
    "NaN",
    "\ud800",
    [],
    {},
    ["null", "int", "int"],
    {"type": "array", "items": "long"},
    {"type": "fixed", "name": "Q", "size": 3},
)
KEYS = [
    "name",
    "type",
    "items",
    "values",
    "fields",
    "symbols",
    "size",
    "default",
    "aliases",
    "namespace",
    "doc",
    "order",
]


def mutated(random: Random, document: Any) -> Any:
    """The document with something removed, replaced, moved or added."""
    holders = _holders(document)
    if not holders:
        return random.choice(JUNK)
    holder = random.choice(holders)
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    if keys:
        key = random.choice(keys)
        match random.randint(0, 3):
            case 0:
                del holder[key]
            case 1:
                holder[key] = random.choice(JUNK)
            case 2:
                holder[key] = json.loads(json.dumps(random.choice(holders)))
            case _ if isinstance(holder, dict):
                holder[random.choice(KEYS)] = holder.pop(key)
    elif isinstance(holder, dict):
        holder[random.choice(KEYS)] = random.choice(JUNK)
    else:
        holder.append(random.choice(JUNK))
    return document


def _holders(document: Any) -> list[Any]:
    found, todo = [], [document]
    while todo:
        each = todo.pop()
        if isinstance(each, dict | list):
            found.append(each)
            todo += each.values() if isinstance(each, dict) else each
    return found


def scribbled(random: Random, text: str) -> str:
    """The text with a few characters changed."""
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(text))
        piece = random.choice(('"', "{", "}", "[", ",", ":", "\\", "\x00", "\ufeff", "9", "e", ""))
        text = text[:at] + piece + text[at + random.randint(0, 2) :]
    return text


def verdict(schema: Any) -> str:
    """Parse; use what was parsed in every way that a reader does."""
    try:
        parsed = parse(schema)
    except SchemaParseError as error:
        for said in (str(error), error.hint or ""):
            assert said.isprintable()
            assert len(said) < 2_000
        return "refused"
    _use(parsed)
    return "parsed"


def _use(schema: Schema) -> None:
    again = parse(schema.to_json())
    assert again.to_json() == schema.to_json()
    assert canonical_form(again) == canonical_form(schema)
    compile_decoder(schema, again)


@pytest.mark.parametrize("chunk", range(4))
def test_mutated_documents(chunk: int) -> None:
    seen: Counter[str] = Counter()
    for number in range(1_000):
        random = Random(SEED + chunk * 1_000 + number)
        document = mutated(random, random_schema(random, tangled=True))
        seen[verdict(document)] += 1
        seen[verdict(json.dumps(document))] += 1
    assert min(seen["parsed"], seen["refused"]) > 400, seen


@pytest.mark.parametrize("chunk", range(4))
def test_scribbled_texts(chunk: int) -> None:
    seen: Counter[str] = Counter()
    for number in range(1_000):
        random = Random(SEED - chunk * 1_000 - number)
        text = scribbled(random, json.dumps(random_schema(random), ensure_ascii=False))
        seen[verdict(text)] += 1
        seen[verdict(text.encode("utf-8", "surrogatepass"))] += 1
    assert min(seen["parsed"], seen["refused"]) > 40, seen
