"""Untrusted JSON: read as every JSON reader does, with line and column, and within bounds."""

import gc
import json
import sys
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowodm.avro import canonical_form, fingerprint, parse
from flowodm.avro.document import MAX_CHARACTERS, MAX_DEPTH, copy_document, read_json
from flowodm.errors import SchemaParseError
from tests.strategies import json_values

pytestmark = pytest.mark.unit


def error_of(call: Any, *arguments: Any) -> SchemaParseError:
    with pytest.raises(SchemaParseError) as caught:
        call(*arguments)
    return caught.value


@given(value=json_values(), indent=st.none() | st.integers(0, 3), ascii=st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_document_reads_as_the_standard_library_reads_it(
    value: Any, indent: int | None, ascii: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii)
    found = read_json(text)
    assert found == json.loads(text)
    assert json.dumps(found) == json.dumps(json.loads(text))


@given(
    value=json_values(), cut=st.integers(0, 200), junk=st.text('{}[],:"\\0-.eEtn \n', max_size=3)
)
@settings(max_examples=500, deadline=None)
def test_a_broken_document_is_broken_for_both(value: Any, cut: int, junk: str) -> None:
    text = json.dumps(value)
    text = text[:cut] + junk + text[cut + len(junk) :]
    pairs: list[Any] = []
    try:
        expected = json.loads(
            text, object_pairs_hook=lambda found: pairs.append(found) or dict(found)
        )
    except ValueError:
        error_of(read_json, text)
        return
    if any(len(dict(found)) < len(found) for found in pairs):
        assert "stands twice" in error_of(read_json, text).reason
    elif "NaN" not in text and "Infinity" not in text:
        assert json.dumps(read_json(text)) == json.dumps(expected)


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        ('{"a": 1', "expected `,` or `}`", "line 1, column 8"),
        ('{"a" 1}', "expected `:` after a key", "line 1, column 6"),
        ('{"a": 1,}', "expected a key in double quotes", "line 1, column 9"),
        ("{'a': 1}", "expected a key in double quotes", "line 1, column 2"),
        ("[1, 2", "expected `,` or `]`", "line 1, column 6"),
        ("[1 2]", "expected `,` or `]`", "line 1, column 4"),
        ("[1,]", "expected a value, found `]`", "line 1, column 4"),
        ("[\n  tru]", "expected a value, found `t`", "line 2, column 3"),
        ("[1,\n2,\n   nul]", "expected a value, found `n`", "line 3, column 4"),
        ("[", "the text ends too early", "line 1, column 2"),
        ("[]\n\n x", "there is more text after the schema's end", "line 3, column 2"),
        ('["a\nb"]', "invalid control character", "line 1, column 4"),
        ('["a', "unterminated string", "line 1, column"),
        ('["\\x"]', "invalid \\escape", "line 1, column"),
        ('["\\u12"]', "invalid \\uXXXX escape", "line 1, column"),
        ("[-]", "not a number", "line 1, column 2"),
        ("[01]", "expected `,` or `]`", "line 1, column 3"),
        ("[1.]", "expected `,` or `]`", "line 1, column 3"),
        ("[.5]", "expected a value, found `.`", "line 1, column 2"),
        ("[NaN]", "expected a value, found `N`", "line 1, column 2"),
        ("[Infinity]", "expected a value, found `I`", "line 1, column 2"),
        ("[-Infinity]", "not a number", "line 1, column 2"),
        ("[\x00]", "expected a value, found `\\x00`", "line 1, column 2"),
        ("/* x", "expected a value, found `/`", "line 1, column 1"),
    ],
)
def test_a_fault_is_named_with_line_and_column(text: str, reason: str, place: str) -> None:
    error = error_of(read_json, text)
    assert error.reason.startswith(f"not JSON: {reason}")
    assert place in error.reason


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"a": [{"default": NaN}]}', "/a/0/default"),
        ('{"a": [1, .5]}', "/a/1"),
        ('{"a": -}', "/a"),
        ('{"a": {"b": 1' + "0" * 1000 + "}}", "/a/b"),
        ("", ""),
    ],
)
def test_a_value_that_is_none_is_refused_at_its_place(text: str, path: str) -> None:
    assert error_of(read_json, text).path == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"a": 1, "a": 1}', "/a"),
        ('{"x": [0, {"b": {}, "c": 1, "b": 2}]}', "/x/1/b"),
        ('{"a/b": {"~": 1, "~": 1}}', "/a~1b/~0"),
        ('{"\\u0061": 1, "a": 2}', "/a"),
    ],
)
def test_a_key_that_stands_twice_is_refused_at_its_place(text: str, path: str) -> None:
    error = error_of(read_json, text)
    assert error.path == path
    assert "stands twice in one object" in error.reason
    assert "remove one" in (error.hint or "")


def nested(depth: int) -> str:
    return '{"type":"array","items":' * depth + '"int"' + "}" * depth


def test_java_s_depth_is_read() -> None:
    schema = parse(nested(MAX_DEPTH))
    assert schema.to_json() == nested(MAX_DEPTH)
    assert canonical_form(schema) == nested(MAX_DEPTH)
    assert len(fingerprint(schema)) == 8
    assert schema == parse(json_depth(MAX_DEPTH))
    assert repr(schema.root).startswith("Array(")
    del schema
    gc.collect()


def json_depth(depth: int) -> Any:
    document: Any = "int"
    for _ in range(depth):
        document = {"type": "array", "items": document}
    return document


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5_000, 300_000])
def test_a_deeper_text_is_one_clear_error(depth: int) -> None:
    error = error_of(parse, nested(depth)[:MAX_CHARACTERS])
    assert "nested more than 1,000 deep" in error.reason
    assert len(str(error)) < 1_000


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 5_000])
def test_a_deeper_document_is_one_clear_error(depth: int) -> None:
    assert "nested more than 1,000 deep" in error_of(parse, json_depth(depth)).reason


def test_the_bounds_hold_at_the_end_of_the_stack() -> None:
    """Called from deep inside other code, parsing needs no stack of its own to speak of."""

    def descend(left: int) -> str:
        return descend(left - 1) if left else parse(nested(900)).to_json()

    assert descend(sys.getrecursionlimit() - 150) == nested(900)


def test_a_document_that_holds_itself_is_one_clear_error() -> None:
    for document in ({"type": "array"}, {"type": "record", "name": "R", "fields": []}):
        document["items"] = document
        error = error_of(parse, document)
        assert "nested more than 1,000 deep" in error.reason
        assert error.hint == "does the document hold itself?"
    cycle: list[Any] = []
    cycle.append(cycle)
    assert "nested more than 1,000 deep" in error_of(parse, cycle).reason


def test_a_document_that_repeats_itself_without_bound_is_refused() -> None:
    document: Any = []
    for _ in range(100):
        document = [document, document]
    assert error_of(parse, document).reason == "more than 1,000,000 values"


@pytest.mark.parametrize("value", [b"x", 1j, {1}, object(), (1).bit_length, b""])
def test_what_has_no_place_in_json_is_refused_at_its_place(value: Any) -> None:
    error = error_of(parse, {"type": "array", "items": "int", "x": [0, value]})
    assert error.path == "/x/1"
    assert "has no place in a schema" in error.reason


def test_keys_that_are_no_strings_are_refused() -> None:
    error = error_of(parse, {"type": "int", "x": {5: 1}})
    assert (error.path, error.reason) == ("/x", "a key must be a string, not an `int`")


def test_subclasses_become_plain_values() -> None:
    class Text(str):
        def __str__(self) -> str:
            return "other"

    copied = copy_document({"a": (Text("x"), True)})
    assert copied == {"a": ["x", True]}
    assert type(copied["a"][0]) is str  # type: ignore[index, call-overload]


def test_halves_of_a_surrogate_pair_are_joined_and_lone_ones_kept() -> None:
    schema = parse({"type": "int", "x": "\ud83d\ude00 \ud800"})
    assert schema.to_json() == '{"type":"int","x":"😀 \\uD800"}'


@pytest.mark.parametrize("document", [10**1001, -(10**1001), [10**5000]])
def test_a_number_of_too_many_digits_is_refused(document: Any) -> None:
    assert "1,000 digits" in error_of(parse, {"type": "int", "x": document}).reason


def test_a_number_of_too_many_characters_is_refused_before_it_is_read() -> None:
    for number in ("1" * 1001, "1." + "0" * 1000, "1e" + "0" * 1000):
        assert "1,000 characters" in error_of(read_json, number).reason
    assert read_json("1" * 1000) == int("1" * 1000)


HOSTILE = {
    "brackets": "[" * MAX_CHARACTERS,
    "empty arrays": "[" + "[]," * (MAX_CHARACTERS // 3 - 1) + "0]",
    "comments": "//\n" * (MAX_CHARACTERS // 3),
    "an open comment": "/*" + " " * (MAX_CHARACTERS - 2),
    "digits": "1" * MAX_CHARACTERS,
    "a long word": "a" * MAX_CHARACTERS,
    "a long string": '"' + "a" * (MAX_CHARACTERS - 2) + '"',
    "an open string": '"' + "\\" * (MAX_CHARACTERS - 1),
    "a long name": '{"type":"fixed","size":1,"name":"' + "a." * (5_000_000) + '"}',
    "spaces": "protocol" + " " * (MAX_CHARACTERS - 8),
    "stars": "/" + "*" * (MAX_CHARACTERS - 1),
    "too much": " " * (MAX_CHARACTERS + 1),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_ten_megabytes_of_nonsense_end_soon_and_small(text: str) -> None:
    began = time.process_time()
    error = error_of(parse, text)
    assert time.process_time() - began < 20
    assert len(str(error)) < 1_000
    assert str(error).isprintable()


def test_nonsense_takes_memory_in_proportion() -> None:
    text = "[" + "[]," * 200_000
    tracemalloc.start()
    try:
        error_of(parse, text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000


def wide(fields: int) -> str:
    kind = ["null", {"type": "long", "logicalType": "timestamp-millis"}]
    listed = [{"name": f"f{number}", "type": kind, "default": None} for number in range(fields)]
    return json.dumps({"type": "record", "name": "R", "fields": listed})


def chain(records: int) -> list[Any]:
    first = {"type": "record", "name": "R0", "fields": []}
    return [first] + [
        {
            "type": "record",
            "name": f"R{n}",
            "fields": [{"name": "f", "type": ["null", f"R{n - 1}"]}],
        }
        for n in range(1, records)
    ]


@pytest.mark.parametrize("make", [wide, chain])
def test_the_time_is_linear(make: Any) -> None:
    def seconds(size: int) -> float:
        document = make(size)
        times = []
        for _ in range(3):
            began = time.process_time()
            schema = parse(document)
            schema.to_json(), canonical_form(schema), hash(schema)
            times.append(time.process_time() - began)
        return min(times)

    gc.disable()
    try:
        small, large = seconds(1_000), seconds(10_000)
    finally:
        gc.enable()
    assert large < 30 * small
    assert large < 5
