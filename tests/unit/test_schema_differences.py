"""Every difference between a model's schema and another is told, with its place and its effect."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowodm.avro import Schema, parse
from flowodm.avro.resolution import Mismatch, ReadEnum
from flowodm.avro.resolve import resolve
from flowodm.codec.decode import compile_decoder
from flowodm.codec.encode import compile_encoder
from flowodm.errors import SchemaParseError, SerializationError
from flowodm.schema.differences import differences
from tests.generators import evolved, random_encoding, random_schema

pytestmark = pytest.mark.unit


def field(type_: Any, **more: Any) -> dict[str, Any]:
    return {"name": "f", "type": type_, **more}


def record(*fields: dict[str, Any], **more: Any) -> Schema:
    return parse({"type": "record", "name": "R", "fields": list(fields), **more})


def lines(model: Schema, schema: Schema) -> list[str]:
    return [
        f"{'error' if one.is_error else 'warning'} {one.line()}"
        for one in differences(model, schema)
    ]


def types(model: Any, schema: Any) -> list[str]:
    return lines(record(field(model)), record(field(schema)))


def logical(word: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": word, "logicalType": name, **more}


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def fixed(size: int, name: str = "F", **more: Any) -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size, **more}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


DECIMAL = {"precision": 12, "scale": 2}


def test_equal_schemas_do_not_differ() -> None:
    assert lines(record(field("int")), record(field("int"))) == []


@pytest.mark.parametrize(
    ("model", "schema", "said"),
    [
        (
            "string",
            array("string"),
            (
                "error `f`: model has `string`, schema has `array of string`; "
                "it can be neither read nor written"
            ),
        ),
        (
            "string",
            "bytes",
            "error `f`: model has `string`, schema has `bytes`; it cannot be written",
        ),
        ("int", "long", "error `f`: model has `int`, schema has `long`; it cannot be read"),
        (
            "long",
            "int",
            (
                "warning `f`: model has `long`, schema has `int`; "
                "a number of more than 32 bits cannot be written"
            ),
        ),
        (
            "double",
            "long",
            "error `f`: model has `double`, schema has `long`; it cannot be written",
        ),
        ("long", "double", "error `f`: model has `long`, schema has `double`; it cannot be read"),
        (
            "double",
            "float",
            (
                "warning `f`: model has `double`, schema has `float`; "
                "a number is rounded when it is written"
            ),
        ),
        (
            logical("long", "timestamp-micros"),
            logical("long", "timestamp-millis"),
            (
                "warning `f`: model has `long timestamp-micros`, schema has `long timestamp-millis`; "
                "a finer value cannot be written"
            ),
        ),
        (
            logical("long", "timestamp-millis"),
            logical("long", "timestamp-micros"),
            (
                "warning `f`: model has `long timestamp-millis`, schema has `long timestamp-micros`; "
                "a finer value cannot be read"
            ),
        ),
        (
            logical("long", "timestamp-micros"),
            logical("long", "local-timestamp-micros"),
            (
                "error `f`: model has `long timestamp-micros`, schema has "
                "`long local-timestamp-micros`; it can be neither read nor written"
            ),
        ),
        (
            logical("long", "timestamp-micros"),
            "long",
            "error `f`: model has `long timestamp-micros`, schema has `long`; it cannot be written",
        ),
        (
            "long",
            logical("long", "timestamp-micros"),
            "warning `f`: model has `long`, schema has `long timestamp-micros`",
        ),
        (
            "string",
            logical("string", "uuid"),
            "warning `f`: model has `string`, schema has `string uuid`",
        ),
        (
            logical("bytes", "decimal", **DECIMAL),
            logical("bytes", "decimal", precision=12, scale=1),
            (
                "warning `f`: model has `bytes decimal(12, 2)`, schema has `bytes decimal(12, 1)`; "
                "values of too many digits can be neither read nor written"
            ),
        ),
        (
            logical("bytes", "decimal", **DECIMAL),
            logical("bytes", "decimal", precision=9, scale=2),
            (
                "warning `f`: model has `bytes decimal(12, 2)`, schema has `bytes decimal(9, 2)`; "
                "a value of too many digits cannot be written"
            ),
        ),
        (
            logical("bytes", "decimal", **DECIMAL),
            "bytes",
            "error `f`: model has `bytes decimal(12, 2)`, schema has `bytes`; it cannot be written",
        ),
        (
            "bytes",
            logical("bytes", "decimal", **DECIMAL),
            "error `f`: model has `bytes`, schema has `bytes decimal(12, 2)`; it cannot be written",
        ),
        (
            fixed(4),
            fixed(8),
            (
                "error `f`: model has `fixed` of 4 bytes, schema has `fixed` of 8 bytes; "
                "it can be neither read nor written"
            ),
        ),
        (
            fixed(4),
            fixed(4, "G"),
            (
                "error `f`: model has `fixed F`, schema has `fixed G`; "
                "it cannot be read: the names differ"
            ),
        ),
        (
            fixed(16, logicalType="uuid"),
            fixed(16),
            (
                "error `f`: model has `fixed uuid` of 16 bytes, schema has `fixed` of 16 bytes; "
                "it cannot be written"
            ),
        ),
        (
            enum("A"),
            "string",
            "error `f`: model has `enum E`, schema has `string`; it cannot be read",
        ),
        (
            array(array("int")),
            array(array("long")),
            "error `f[][]`: model has `int`, schema has `long`; it cannot be read",
        ),
        (
            {"type": "map", "values": "int"},
            {"type": "map", "values": "string"},
            (
                "error `f{}`: model has `int`, schema has `string`; "
                "it can be neither read nor written"
            ),
        ),
    ],
)
def test_two_types_are_told_with_what_follows(model: Any, schema: Any, said: str) -> None:
    assert types(model, schema) == [said]


def test_defect_27_a_text_is_not_an_array() -> None:
    """0.3.1's comparison of types fell back to `Any`, and let everything pass."""
    (said,) = types("string", array("string"))
    assert said.startswith("error `f`:")


@pytest.mark.parametrize(
    ("model", "schema", "said"),
    [
        ("string", ["null", "string"], ["error `null` cannot be read"]),
        (["null", "string"], "string", ["error `null` cannot be written"]),
        (
            ["null", "string", "int"],
            ["null", "boolean", "int"],
            ["error `string` cannot be written", "error `boolean` cannot be read"],
        ),
        (
            ["null", "long"],
            ["null", "int", "long"],
            ["warning `int` is read as `long`, and never written"],
        ),
        (
            ["null", "long"],
            ["null", "int"],
            ["warning a number of more than 32 bits cannot be written"],
        ),
        (["null", "string"], ["string", "null"], ["warning "]),
    ],
)
def test_the_branches_of_a_union_are_compared(model: Any, schema: Any, said: list[str]) -> None:
    found = differences(record(field(model)), record(field(schema)))
    told = [f"{'error' if one.is_error else 'warning'} {one.effect}" for one in found]
    assert told == said


def test_branches_find_each_other_by_name() -> None:
    def point(name: str, type_: str) -> dict[str, Any]:
        return {"type": "record", "name": name, "fields": [{"name": "x", "type": type_}]}

    model = [point("A", "long"), point("B", "string")]
    schema = [point("B", "string"), point("A", "int")]
    assert types(model, schema) == [
        "warning `f`: model has `record A | record B`, schema has `record B | record A`",
        (
            "warning `f.x`: model has `long`, schema has `int`; "
            "a number of more than 32 bits cannot be written"
        ),
    ]


@pytest.mark.parametrize(
    ("model", "schema", "said"),
    [
        (("A", "B"), ("A",), ["error `B` cannot be written"]),
        (("A",), ("A", "B"), ["error `B` cannot be read"]),
        (("A", "B"), ("B", "C"), ["error `A` cannot be written", "error `C` cannot be read"]),
        (("A", "B"), ("B", "A"), ["warning "]),
    ],
)
def test_symbols_are_compared(model: Any, schema: Any, said: list[str]) -> None:
    found = differences(parse(enum(*model)), parse(enum(*schema)))
    assert [f"{'error' if one.is_error else 'warning'} {one.effect}" for one in found] == said


def test_the_models_own_default_stands_for_unknown_symbols() -> None:
    said = lines(parse(enum("A", default="A")), parse(enum("A", "B")))
    assert said == [
        "warning the root: model has default `A`, schema has no default",
        "warning the root: model has symbols `A`, schema has symbols `A, B`; `B` is read as `A`",
    ]


def test_a_field_of_the_model_alone_is_an_error() -> None:
    other = {"name": "g", "type": "int", "default": 0}
    assert lines(record(field("int"), other), record(field("int"))) == [
        "error `g`: model has `int`, schema has no such field; it cannot be written"
    ]
    assert lines(record(field("int")), record()) == [
        (
            "error `f`: model has `int`, schema has no such field; "
            "it can be neither read nor written: it has no default"
        )
    ]


def test_a_field_that_an_alias_reads_cannot_be_written() -> None:
    old = {"name": "old", "type": "int", "default": 1}
    assert lines(record(field("int", aliases=["old"])), record(old)) == [
        (
            "error `f`: model has `int`, schema has no such field; "
            "it is read from `old`, its alias, and cannot be written"
        ),
        (
            "warning `old`: model has no such field, schema has `int`; "
            "its default is written, and it is not read"
        ),
    ]


def test_a_field_of_the_schema_alone_is_an_error_without_a_default() -> None:
    assert lines(record(), record(field("int"))) == [
        (
            "error `f`: model has no such field, schema has `int`; "
            "no record can be written: it has no default"
        )
    ]


def test_what_only_looks_different_is_a_warning() -> None:
    model = record(
        field("int", default=1, doc="one", order="ignore", aliases=["a"], unit="m"), doc="R's"
    )
    schema = record(field("int", default=2), namespace="shop", aliases=["Old"], owner="x")
    assert lines(model, schema) == [
        "warning the root: model has name `R`, schema has name `shop.R`",
        "warning the root: model has doc `R's`, schema has no doc",
        "warning the root: model has no aliases, schema has aliases `shop.Old`",
        'warning the root: model has no attributes, schema has attributes `{"owner":"x"}`',
        "warning `f`: model has default `1`, schema has default `2`",
        "warning `f`: model has doc `one`, schema has no doc",
        "warning `f`: model has order `ignore`, schema has order `ascending`",
        "warning `f`: model has aliases `a`, schema has no aliases",
        'warning `f`: model has attributes `{"unit":"m"}`, schema has no attributes',
    ]


def test_another_order_of_fields_is_a_warning() -> None:
    one, two = {"name": "a", "type": "int"}, {"name": "b", "type": "int"}
    assert lines(record(one, two), record(two, one)) == [
        (
            "warning the root: model has fields in the order `a, b`, "
            "schema has fields in the order `b, a`"
        )
    ]


def test_recursive_schemas_are_compared_to_the_end() -> None:
    def node(value: str) -> Schema:
        return parse({"type": "record", "name": "Node", "fields": [
            {"name": "value", "type": value}, {"name": "next", "type": ["null", "Node"]},
        ]})  # fmt: skip

    assert lines(node("string"), node("int")) == [
        "error `value`: model has `string`, schema has `int`; it can be neither read nor written"
    ]


def test_differences_come_in_the_order_of_the_fields() -> None:
    inner = {"type": "record", "name": "In", "fields": [{"name": "z", "type": "string"}]}
    other = {"type": "record", "name": "In", "fields": [{"name": "z", "type": "int"}]}
    model = record({"name": "a", "type": inner}, {"name": "b", "type": "string"})
    schema = record({"name": "a", "type": other}, {"name": "b", "type": "int"})
    assert [one.path for one in differences(model, schema)] == ["a.z", "b"]


def test_a_wide_deep_schema_is_told_in_short_lines() -> None:
    deep: Any = "int"
    for _ in range(900):
        deep = array(deep)
    wide = ["null", *(fixed(1, f"F{number}") for number in range(500))]
    for model, schema in (("string", deep), ("int", wide), (enum(*(f"S{n}" for n in range(9_000))), enum("A"))):  # fmt: skip
        assert all(len(line) < 400 for line in types(model, schema)[:20])


def unreadable(writer: Schema, reader: Schema) -> bool:
    """Whether some value that was written is sure not to be read."""
    return any(
        isinstance(node, Mismatch) or (isinstance(node, ReadEnum) and None in node.symbols)
        for node in resolve(writer, reader).nodes
    )


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.booleans())
def test_what_no_decoder_could_read_is_an_error(random: Random, is_swapped: bool) -> None:
    """And where nothing is an error, whatever the model holds can be written."""
    document = random_schema(random)
    other = evolved(random, document)
    pair = (other, document) if is_swapped else (document, other)
    try:
        schema, model = (parse(json.dumps(one)) for one in pair)
    except SchemaParseError:
        return
    found = differences(model, schema)
    if any(one.is_error for one in found):
        return
    assert not unreadable(schema, model)
    if not any("written" in one.effect for one in found):
        assert _is_written(random, model, schema)


def _is_written(random: Random, model: Schema, schema: Schema) -> bool:
    value = compile_decoder(model).decode(random_encoding(random, model))
    try:
        compile_encoder(model).encode(value)
    except SerializationError:  # random bytes may be a value that nobody may write
        return True
    try:
        compile_encoder(schema).encode(value)
    except SerializationError as error:
        return "alike" in error.message  # a union's branch has to be named
    return True
