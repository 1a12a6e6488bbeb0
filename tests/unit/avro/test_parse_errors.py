"""What is no schema: each error with its exact place, its reason and its cure."""

import json
from typing import Any

import pytest

from flowodm.avro import parse
from flowodm.errors import SchemaParseError

pytestmark = pytest.mark.unit


def record(*fields: Any, name: str = "R", **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(kind: Any, name: str = "f", **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **attributes}


def error_of(schema: Any) -> SchemaParseError:
    with pytest.raises(SchemaParseError) as caught:
        parse(schema)
    return caught.value


ENUM = {"type": "enum", "name": "E", "symbols": ["A"]}
FIXED = {"type": "fixed", "name": "F", "size": 1}

DOCUMENTS: list[tuple[Any, str, str, str | None]] = [
    # document, path, reason, hint
    # types
    ([None], "/0", "a type must be a string, an object or an array, not null", '`"null"`'),
    ([5], "/0", "a type must be a string, an object or an array, not a number", None),
    ([True], "/0", "a type must be a string, an object or an array, not a boolean", None),
    ({}, "", "an object that is a type needs a `type`", None),
    ({"fields": []}, "", "needs a `type`", 'add `"type": "record"`'),
    ({"symbols": []}, "", "needs a `type`", 'add `"type": "enum"`'),
    ({"size": 1}, "", "needs a `type`", 'add `"type": "fixed"`'),
    ({"items": "int"}, "", "needs a `type`", 'add `"type": "array"`'),
    ({"values": "int"}, "", "needs a `type`", 'add `"type": "map"`'),
    ({"type": None}, "", "needs a `type`", None),
    ({"type": {"type": "int"}}, "/type", "must be a string, not an object", "without the object"),
    ({"type": ["int"]}, "/type", "must be a string, not an array", "without the object"),
    ({"type": 5}, "/type", "must be a string, not a number", None),
    # uses
    ({"type": "array", "items": "Foo"}, "/items", "nothing defines a type `Foo`", "reference"),
    ({"type": "recrod", "name": "R"}, "/type", "nothing defines a type `recrod`", "`record`"),
    ({"type": "map", "values": "strng"}, "/values", "a type `strng`", "`string`"),
    ({"type": "map", "values": "String"}, "/values", "a type `String`", "`string`"),
    ({"type": "map", "values": "INT"}, "/values", "a type `INT`", "`int`"),
    ({"type": "map", "values": "integer"}, "/values", "a type `integer`", "`int` or `long`"),
    ({"type": "map", "values": "date"}, "/values", "`date`", '"int", "logicalType": "date"'),
    ({"type": "map", "values": "record"}, "/values", "`record`", "write it in full"),
    ({"type": "map", "values": ""}, "/values", "the name of a type is empty", None),
    (["null", record(field("n.Rr"), name="n.R")], "/1/fields/0/type", "`n.Rr`", "`n.R`"),
    (
        [record(name="a.Foo"), record(field("Foo"), name="b.R")],
        "/1/fields/0/type",
        "`Foo`",
        "`a.Foo`",
    ),
    (
        record(field("E"), field(ENUM, "g")),
        "/fields/0/type",
        "`E` is used before its definition, at `/fields/1/type`",
        "write the definition at the first use",
    ),
    (['{"type":"int"}'], "/0", "nothing defines a type", "decode it once more"),
    # unions
    ([["int"]], "/0", "a union may not stand directly in a union", "merge"),
    (["int", "int"], "/1", "the union has `int` twice: branches 0 and 1", "logical type"),
    (["int", {"type": "int", "logicalType": "date"}], "/1", "`int` twice", "logical type"),
    (
        [{"type": "array", "items": "int"}, {"type": "array", "items": "long"}],
        "/1",
        "`array` twice",
        "wrap",
    ),
    (
        [{"type": "map", "values": "int"}, {"type": "map", "values": "long"}],
        "/1",
        "`map` twice",
        "wrap",
    ),
    ([FIXED, "F"], "/1", "`F` twice", "remove"),
    # containers
    ({"type": "array"}, "", "an array needs `items`", "the type of each"),
    ({"type": "map", "items": "int"}, "", "a map needs `values`", "the type of each"),
    ({"type": "array", "items": None}, "/items", "not null", None),
    # names
    ({"type": "record", "fields": []}, "", "the record needs a `name`", None),
    ({"type": "fixed", "name": None, "size": 1}, "", "the fixed needs a `name`", None),
    (record(name=5), "/name", "the `name` of the record must be a string, not a number", None),
    (record(name=""), "/name", "has an empty part", "a letter"),
    (record(name="a..R"), "/name", "has an empty part", "a letter"),
    (record(name="R."), "/name", "has an empty part", "a letter"),
    (record(name="1R"), "/name", "the name `1R` is not allowed", "a letter"),
    (record(name="a-b"), "/name", "the name `a-b` is not allowed", "a letter"),
    (record(name="é"), "/name", "the name `é` is not allowed", "a letter"),
    (record(name="R\n"), "/name", r"the name `R\n` is not allowed", "a letter"),
    (record(name="a-b.R"), "/name", "the name `a-b` is not allowed", "a letter"),
    (record(namespace="a-b"), "/namespace", "the namespace `a-b` is not allowed", "a letter"),
    (record(namespace="a."), "/namespace", "has an empty part", None),
    (record(namespace=5), "/namespace", "a namespace must be a string, not a number", None),
    (record(name="int"), "/name", "`int` is the name of a primitive type", "namespace"),
    (record(name="string", namespace=""), "/name", "is the name of a primitive type", None),
    (
        [record(field(FIXED)), FIXED],
        "/1",
        "`F` is defined already, at `/0/fields/0/type`",
        "its name",
    ),
    (record(field(record())), "/fields/0/type", "`R` is defined already, at `/`", "its name"),
    (record(aliases="x"), "/aliases", "`aliases` must be an array, not a string", None),
    (record(aliases=["A", 5]), "/aliases/1", "an alias must be a string, not a number", None),
    (record(aliases=["a-b"]), "/aliases/0", "the alias `a-b` is not allowed", "a letter"),
    (record(aliases=["x."]), "/aliases/0", "the alias has an empty part", "a letter"),
    # records
    ({"type": "record", "name": "R"}, "", "the record `R` needs `fields`", "`[]`"),
    (
        {"type": "error", "name": "R", "fields": {}},
        "",
        "the record `R` needs a list of `fields`",
        None,
    ),
    (record("f"), "/fields/0", "a field must be an object, not a string", None),
    (record({"type": "int"}), "/fields/0", "a field needs a `name`", None),
    (record({"name": 1, "type": "int"}), "/fields/0/name", "must be a string, not a number", None),
    (record({"name": "f"}), "/fields/0", "the field `f` needs a `type`", None),
    (
        record(field("int", "a.b")),
        "/fields/0/name",
        "the field's name `a.b` is not allowed",
        "a letter",
    ),
    (record(field("int", "")), "/fields/0/name", "the field's name has an empty part", None),
    (record(field("int"), field("int")), "/fields/1/name", "two fields `f`", None),
    (record(field("int", order="up")), "/fields/0/order", "`up` is not an order", "`ignore`"),
    (record(field("int", order=None)), "/fields/0/order", "`null` is not an order", "`ignore`"),
    (record(field("int", order=["ascending"])), "/fields/0/order", "is not an order", None),
    (record(field("int", aliases=5)), "/fields/0/aliases", "must be an array, not a number", None),
    (record(field("int", aliases=[None])), "/fields/0/aliases/0", "not null", None),
    (record(field(None)), "/fields/0/type", "not null", '`"null"`'),
    # enums
    ({"type": "enum", "name": "E"}, "", "the enum `E` needs `symbols`", None),
    ({**ENUM, "symbols": "A"}, "", "the enum `E` needs a list of `symbols`", None),
    ({**ENUM, "symbols": ["A", 5]}, "/symbols/1", "a symbol must be a string, not a number", None),
    ({**ENUM, "symbols": ["A-B"]}, "/symbols/0", "the symbol `A-B` is not allowed", "a letter"),
    ({**ENUM, "symbols": [""]}, "/symbols/0", "the symbol has an empty part", "a letter"),
    ({**ENUM, "symbols": ["A", "B", "A"]}, "/symbols/2", "the symbol `A` twice", None),
    ({**ENUM, "default": "a"}, "/default", "`a` is not a symbol of the enum `E`", "`A`"),
    ({**ENUM, "default": 5}, "/default", "`5` is not a symbol of the enum `E`", None),
    ({**ENUM, "default": ["A"]}, "/default", "an array is not a symbol", None),
    # fixed
    ({"type": "fixed", "name": "F"}, "", "the fixed `F` needs a `size`", "in bytes"),
    ({**FIXED, "size": -1}, "/size", "a whole number from 0 to 2147483639, not `-1`", None),
    ({**FIXED, "size": 2147483640}, "/size", "not `2147483640`", None),
    ({**FIXED, "size": 1.0}, "/size", "not `1.0`", None),
    ({**FIXED, "size": True}, "/size", "not `true`", None),
    ({**FIXED, "size": "1"}, "/size", "not `1`", None),
    # other things
    ({"protocol": "P", "types": []}, "", "this is an Avro protocol", "one of its `types`"),
    ({"schema": "{}", "id": 5}, "", "this is a schema registry's answer", "under its `schema`"),
    ({"$schema": "x", "type": "object"}, "", "this is a JSON Schema", "`fields`"),
    ({"type": "object", "properties": {}}, "", "this is a JSON Schema", "`fields`"),
]


@pytest.mark.parametrize(
    ("document", "path", "reason", "hint"),
    DOCUMENTS,
    ids=[json.dumps(case[0])[:70] for case in DOCUMENTS],
)
def test_a_wrong_document(document: Any, path: str, reason: str, hint: str | None) -> None:
    error = error_of(document)
    assert error.path == path
    assert reason in error.reason
    if hint is not None:
        assert hint in (error.hint or "")
    assert str(error).endswith(f"(at `{path or '/'}`)")
    from_text = error_of(json.dumps(document))
    assert (from_text.path, from_text.reason, from_text.hint) == (path, error.reason, error.hint)


TEXTS: list[tuple[str | bytes, str, str | None]] = [
    ("", "the text is empty", None),
    (" \n\ufeff"[:2], "the text is empty", None),
    ("user.avsc", "nothing defines a type `user.avsc`", "the name of a file?"),
    ("./schemas/user.avsc", "nothing defines a type", "the name of a file?"),
    ("Long", "nothing defines a type `Long`", "did you mean `long`?"),
    ('syntax = "proto3";', "this is a Protobuf file", "protoc"),
    ("// c\nmessage A { }", "this is a Protobuf file", "protoc"),
    ('@namespace("a") protocol P {}', "this is Avro IDL", "idl2schemata"),
    ("/** doc */ record R { int a; }", "this is Avro IDL", "idl2schemata"),
    ("namespace a.b;\nschema int;", "this is Avro IDL", "idl2schemata"),
    ("<html><body>502</body></html>", "this is XML or HTML", "JSON"),
    ("type: record\nname: R\n", "this is YAML", "JSON"),
    ("---\ntype: record", "this is YAML", "JSON"),
    (b"Obj\x01\x04", "this is an Avro container file", "avro.schema"),
    (b'"\xff"', "not UTF-8 at byte 1", None),
    ('"int"'.encode("utf-16"), "not UTF-8 at byte 0", "UTF-16"),
    ('"{\\"type\\":\\"int\\"}"', "nothing defines a type", "decode it once more"),
]


@pytest.mark.parametrize(
    ("text", "reason", "hint"), TEXTS, ids=[repr(case[0])[:40] for case in TEXTS]
)
def test_a_text_that_is_something_else(text: str | bytes, reason: str, hint: str | None) -> None:
    error = error_of(text)
    assert reason in error.reason
    assert (hint or "") in (error.hint or "")


def test_a_name_used_but_defined_elsewhere_with_the_same_short_name_is_suggested() -> None:
    error = error_of([record(name="a.Customer"), record(field("b.Customer"))])
    assert error.hint == "did you mean `a.Customer`?"


@pytest.mark.parametrize(
    "text", ["a-" * 50_000, "\x1b[2J\x07", "\u202eevil\u2028", "\ud800", "`quoted`\r\n"]
)
def test_foreign_text_is_quoted_short_and_harmless(text: str) -> None:
    for document in (record(name=text), {**ENUM, "default": text}, ["null", text], {"type": text}):
        error = error_of(document)
        for said in (str(error), error.hint or ""):
            assert len(said) < 400
            assert said.isprintable()
            said.encode()


def test_a_path_names_foreign_keys_short_and_escaped() -> None:
    kind = {"type": "map", "values": {"type": "map", "values": "int"}}
    error = error_of(record(field(kind, default={"a/b~c": {"\x1b" + "x" * 500: "no"}})))
    assert error.path.startswith("/fields/0/default/a~1b~0c/\\x1bxxx")
    assert len(error.path) < 150
