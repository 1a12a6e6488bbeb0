"""Source on lines of 100 columns: what Black would have made of it, whatever the lengths."""

import ast
from random import Random
from typing import Any

import black
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowodm.avro import derive, parse
from flowodm.avro.generation import generate_module
from flowodm.avro.generation.literals import bytes_literal, docstring, text_literal
from tests.generated import imported

pytestmark = pytest.mark.unit

MODE = black.Mode(line_length=100, target_versions={black.TargetVersion.PY311})


@given(text=st.text() | st.text("\"'\\\\ab\n"))
@settings(max_examples=500)
def test_a_text_is_its_literal(text: str) -> None:
    literal = text_literal(text)
    assert ast.literal_eval(literal) == text
    assert literal.isprintable()
    line = f"x = {literal}\n"
    assert black.format_str(line, mode=black.Mode(line_length=10_000)) == line


@given(data=st.binary() | st.text("\"'\\\\ab").map(str.encode))
@settings(max_examples=500)
def test_bytes_are_their_literal(data: bytes) -> None:
    literal = bytes_literal(data)
    assert ast.literal_eval(literal) == data
    line = f"x = {literal}\n"
    assert black.format_str(line, mode=black.Mode(line_length=10_000)) == line


@given(doc=st.text('ab \n\t."\\\\é', max_size=40))
@settings(max_examples=500)
def test_a_doc_is_read_back_from_its_docstring_or_its_mark(doc: str) -> None:
    schema = parse({"type": "record", "name": "R", "fields": [], "doc": doc})
    source = generate_module(schema)
    assert black.format_str(source, mode=MODE) == source
    assert derive(imported(source).R) == schema


@pytest.mark.parametrize(
    ("doc", "is_docstring"),
    [
        ("One line.", True),
        ("One line.\n\nAnd more.\n  Indented.\nAnd back.", True),
        ("x" * 500, True),
        ("", False),
        (" leading", False),
        ("trailing ", False),
        ("trailing\n", False),
        ('"quoted"', False),
        ('has """ in it', False),
        ("back\\slash", False),
        ("tab\tbed", False),
        ("bidi \u202e", False),
    ],
)
def test_a_docstring_says_what_it_can_say_to_the_letter(doc: str, is_docstring: bool) -> None:
    assert (docstring(doc) is not None) is is_docstring


KINDS: tuple[Any, ...] = (
    "int",
    "string",
    ["null", "string"],
    ["int", "string", "null", "long"],
    {"type": "array", "items": ["null", "long"]},
    {"type": "map", "values": {"type": "array", "items": "double"}},
    {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 10},
    {"type": "string", "owner": "x" * 30},
    {"type": "long", "logicalType": "timestamp-micros"},
)
DEFAULTS: dict[int, list[Any]] = {
    0: [1],
    1: ["", "x" * 60, "word " * 30],
    2: [None],
    3: [7],
    4: [[], [None, 3]],
    5: [{}, {"k" * 40: [0.5] * 30}],
    7: ["a b"],
    8: [1_700_000_000_000_000],
}


def long_schema(random: Random) -> dict[str, Any]:
    """A record with names of up to 63 signs, and docs and defaults of any length."""
    fields = []
    for number in range(12):
        kind = random.randrange(len(KINDS))
        field: dict[str, Any] = {
            "name": f"f{number}{'x' * random.randint(0, 60)}",
            "type": KINDS[kind],
        }
        if random.random() < 0.5 and kind in DEFAULTS:
            field["default"] = random.choice(DEFAULTS[kind])
        if random.random() < 0.4:
            field["doc"] = "word " * random.randint(1, 40)
        if random.random() < 0.3:
            field["aliases"] = ["a" * random.randint(1, 90)]
        if random.random() < 0.2:
            field["name"] = f"_{field['name']}"
        fields.append(field)
    name = f"R{'x' * random.randint(0, 70)}"
    return {"type": "record", "name": name, "fields": fields}


@given(seed=st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_black_has_nothing_to_do_whatever_the_lengths_are(seed: int) -> None:
    schema = parse(long_schema(Random(seed)))
    source = generate_module(schema)
    assert black.format_str(source, mode=MODE) == source
