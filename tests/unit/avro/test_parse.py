"""The rules of the language, one by one; the errors are in `test_parse_errors.py`."""

import json
import subprocess
import sys
from typing import Any

import pytest

from flowodm.avro import Schema, canonical_form, parse
from flowodm.avro.types import (
    NO_DEFAULT,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Primitive,
    Record,
    Ref,
    Union,
)
from flowodm.errors import SchemaParseError

pytestmark = pytest.mark.unit

PRIMITIVES = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]


def record(*fields: Any, name: str = "R", **attributes: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **attributes}


def field(kind: Any, name: str = "f", **attributes: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **attributes}


def root_record(schema: Schema) -> Record:
    assert isinstance(schema.root, Record)
    return schema.root


def only_field(document: Any) -> Field:
    return root_record(parse(document)).fields[0]


@pytest.mark.parametrize("word", PRIMITIVES)
@pytest.mark.parametrize("form", ["{}", '"{}"', '{{"type": "{}"}}', " {}\n", '["{}"]'])
def test_a_primitive_is_taken_in_every_form(word: str, form: str) -> None:
    schema = parse(form.format(word))
    node = schema.root.branches[0] if isinstance(schema.root, Union) else schema.root
    assert isinstance(node, Primitive)
    assert node.name == word


def test_a_text_may_be_str_bytes_or_a_document() -> None:
    document = {"type": "array", "items": "int"}
    text = json.dumps(document)
    assert parse(text) == parse(text.encode()) == parse(bytearray(text.encode())) == parse(document)


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse(b'\xef\xbb\xbf"int"') == parse('\ufeff"int"') == parse("int")


def test_comments_are_skipped_as_java_does() -> None:
    assert parse('// x\n{"type": /* y */ "int"} // z') == parse("int")


def test_the_document_is_copied() -> None:
    document = record(field("int", default=1, x={"a": [1]}))
    schema = parse(document)
    before = schema.to_json()
    document["fields"][0]["x"]["a"].append(2)
    assert Schema(schema.root, schema.names).to_json() == before


@pytest.mark.parametrize(
    ("document", "fullname"),
    [
        (record(), "R"),
        (record(namespace="a.b"), "a.b.R"),
        (record(name="a.b.R"), "a.b.R"),
        (record(name="a.b.R", namespace="c"), "a.b.R"),
        (record(namespace=""), "R"),
        (record(namespace=None), "R"),
        (record(name=".R", namespace="a"), "R"),
        (record(name="record"), "record"),
        (record(name="a.int"), "a.int"),
        (record(name="_0"), "_0"),
    ],
)
def test_the_full_name_of_a_definition(document: Any, fullname: str) -> None:
    schema = parse(document)
    assert schema.name == root_record(schema).fullname == fullname
    assert schema.names == {fullname: schema.root}


@pytest.mark.parametrize(
    ("inner", "fullname"),
    [
        (record(name="S"), "a.S"),
        (record(name="S", namespace="b"), "b.S"),
        (record(name="S", namespace=""), "S"),
        (record(name="b.c.S"), "b.c.S"),
        ({"type": "enum", "name": "S", "symbols": []}, "a.S"),
        ({"type": "fixed", "name": "S", "size": 1}, "a.S"),
        ({"type": "array", "items": record(name="S")}, "a.S"),
        (["null", {"type": "map", "values": record(name="S")}], "a.S"),
    ],
)
def test_a_namespace_is_inherited_through_everything(inner: Any, fullname: str) -> None:
    assert list(parse(record(field(inner), name="a.R")).names) == ["a.R", fullname]


def test_a_use_means_the_name_in_the_namespace_around_it() -> None:
    schema = parse(
        [
            {"type": "fixed", "name": "F", "size": 1},
            {"type": "fixed", "name": "a.F", "size": 2},
            record(field("F"), field("a.F", "g"), name="a.R"),
            record(field("F"), name="b.R"),
        ]
    )
    first, second = schema.names["a.R"], schema.names["b.R"]
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    uses = [each.type for each in (*first.fields, *second.fields)]
    assert [use.fullname for use in uses if isinstance(use, Ref)] == ["a.F", "a.F", "F"]


def test_a_use_inside_its_own_definition_means_that_definition() -> None:
    schema = parse(
        [
            {"type": "fixed", "name": "R", "size": 1},
            record(field(["null", "R"]), name="a.R"),
        ]
    )
    inner = schema.names["a.R"]
    assert isinstance(inner, Record)
    assert isinstance(inner.fields[0].type, Union)
    assert schema.deref(inner.fields[0].type.branches[1]) is inner


def test_a_primitive_name_always_means_the_primitive() -> None:
    schema = parse(
        record(field({"type": "fixed", "name": "int", "size": 1}), field("int", "g"), name="a.R")
    )
    assert isinstance(root_record(schema).fields[1].type, Primitive)


def test_a_definition_is_a_node_and_a_use_is_a_ref() -> None:
    schema = parse(record(field({"type": "enum", "name": "E", "symbols": ["A"]}), field("E", "g")))
    first, second = (each.type for each in root_record(schema).fields)
    assert isinstance(first, Enum)
    assert isinstance(second, Ref)
    assert schema.deref(second) is first
    assert schema.deref(first) is first


def test_an_object_may_hold_a_name_as_its_type_as_java_1_11_does() -> None:
    schema = parse(record(field(["null", {"type": "R"}])))
    kind = root_record(schema).fields[0].type
    assert isinstance(kind, Union)
    assert schema.deref(kind.branches[1]) is schema.root


def test_mutual_recursion() -> None:
    schema = parse(record(field(record(field(["null", "A", "B"]), name="B")), name="n.A"))
    assert list(schema.names) == ["n.A", "n.B"]


def test_the_attributes_of_a_record() -> None:
    node = parse(record(doc="d", aliases=["Old"], x=1, default=2)).root
    assert isinstance(node, Record)
    assert (node.doc, node.aliases, node.props, node.is_error) == (
        "d",
        ("Old",),
        {"x": 1, "default": 2},
        False,
    )


def test_an_error_is_a_record() -> None:
    node = parse({"type": "error", "name": "E", "fields": []}).root
    assert isinstance(node, Record)
    assert node.is_error


def test_the_attributes_of_a_field() -> None:
    each = only_field(
        record(
            field(
                "int", default=5, doc="d", order="descending", aliases=["g"], x=[1], namespace="n"
            )
        )
    )
    assert (each.name, each.default, each.doc, each.order) == ("f", 5, "d", "descending")
    assert each.aliases == ("g",)
    assert list(each.props.items()) == [("x", [1]), ("namespace", "n")]


def test_a_field_without_a_default_is_not_one_with_the_default_null() -> None:
    assert only_field(record(field(["null", "int"]))).default is NO_DEFAULT
    assert only_field(record(field(["null", "int"], default=None))).default is None


def test_field_order_is_kept() -> None:
    names = [f"f{number}" for number in range(50)][::-1]
    schema = parse(record(*(field("int", name) for name in names)))
    assert [each.name for each in root_record(schema).fields] == names


def test_the_attributes_of_an_enum() -> None:
    node = parse(
        {"type": "enum", "name": "E", "symbols": ["B", "A"], "default": "A", "doc": "d"}
    ).root
    assert isinstance(node, Enum)
    assert (node.symbols, node.default, node.doc, node.props) == (("B", "A"), "A", "d", {})


def test_the_attributes_of_a_fixed() -> None:
    node = parse({"type": "fixed", "name": "F", "size": 0, "default": "x"}).root
    assert isinstance(node, Fixed)
    assert (node.size, node.props) == (0, {"default": "x"})


def test_the_attributes_of_array_and_map() -> None:
    array, values = parse([{"type": "array", "items": "int", "x": 1}, {"type": "map", "values": "int", "y": 2}]).root.branches  # type: ignore[union-attr]
    assert isinstance(array, Array)
    assert isinstance(values, Map)
    assert (array.props, values.props) == ({"x": 1}, {"y": 2})


@pytest.mark.parametrize(
    ("name", "aliases", "full"),
    [
        ("n.R", ["Old"], ("n.Old",)),
        ("n.R", ["o.Old"], ("o.Old",)),
        ("n.R", [".Old"], ("Old",)),
        ("R", ["Old", "o.Old"], ("Old", "o.Old")),
        ("n.R", ["Old", "n.Old", "Old"], ("n.Old",)),
        ("n.R", ["a-b.Old"], ("a-b.Old",)),
    ],
)
def test_aliases_are_kept_as_full_names_once(
    name: str, aliases: list[str], full: tuple[str, ...]
) -> None:
    assert root_record(parse(record(name=name, aliases=aliases))).aliases == full


def test_aliases_of_fields_may_break_the_rule_for_names_as_in_java() -> None:
    assert only_field(record(field("int", aliases=["a-b", "", "a-b"]))).aliases == ("a-b", "")


@pytest.mark.parametrize("order", ["ascending", "descending", "ignore", "IGNORE", "Descending"])
def test_the_order_of_a_field_in_any_case(order: str) -> None:
    assert only_field(record(field("int", order=order))).order == order.lower()


def test_a_doc_that_is_no_string_is_left_out_as_in_java() -> None:
    schema = parse(record(field("int", doc=["x"]), doc=5))
    assert root_record(schema).doc is None
    assert root_record(schema).fields[0].doc is None
    assert "doc" not in schema.to_json()


class TestReferences:
    inner = parse(record(field("int"), name="n.Inner"))

    def test_a_type_of_a_reference_may_be_used(self) -> None:
        schema = parse(record(field("n.Inner"), name="n.Outer"), references=[self.inner])
        assert schema.deref(root_record(schema).fields[0].type) is self.inner.root
        assert list(schema.names) == ["n.Inner", "n.Outer"]
        assert schema.external == {"n.Inner"}

    def test_it_may_be_used_by_its_short_name_in_its_namespace(self) -> None:
        schema = parse(record(field("Inner"), name="n.Outer"), references=[self.inner])
        assert schema.deref(root_record(schema).fields[0].type) is self.inner.root

    @pytest.mark.parametrize("text", ["n.Inner", '"n.Inner"', '{"type": "n.Inner"}'])
    def test_it_may_be_the_root(self, text: str) -> None:
        schema = parse(text, references=[self.inner])
        assert schema.name == "n.Inner"
        assert schema.deref(schema.root) is self.inner.root

    def test_types_inside_a_reference_may_be_used(self) -> None:
        outer = parse(record(field({"type": "enum", "name": "E", "symbols": ["A"]})))
        schema = parse(["E"], references=[outer])
        assert isinstance(schema.deref(schema.root.branches[0]), Enum)  # type: ignore[union-attr]

    def test_two_may_share_a_definition(self) -> None:
        left = parse(record(field(record(field("int"), name="n.Inner")), name="L"))
        right = parse(record(field("n.Inner"), name="Right"), references=[self.inner])
        schema = parse(["L", "Right", "n.Inner"], references=[left, right])
        assert set(schema.names) == {"L", "Right", "n.Inner"}

    def test_two_that_differ_on_a_definition_are_refused(self) -> None:
        other = parse(record(field("long"), name="n.Inner"))
        with pytest.raises(SchemaParseError, match=r"define `n.Inner`, and not as the same"):
            parse("int", references=[self.inner, other])

    def test_one_cannot_be_defined_again(self) -> None:
        with pytest.raises(SchemaParseError, match=r"defined already, by a referenced schema"):
            parse(record(name="n.Inner"), references=[self.inner])


class TestIdentity:
    def test_equal_texts_are_equal_schemas(self) -> None:
        left, right = parse(record(field("int"))), parse(
            '{"fields":[{"type":{"type":"int"},"name":"f"}],"name":"R","type":"record"}'
        )
        assert left == right
        assert hash(left) == hash(right)
        assert len({left, right}) == 1

    @pytest.mark.parametrize(
        "other",
        [
            record(field("long")),
            record(field("int"), doc="d"),
            record(field("int", default=1)),
            record(field("int"), x=1),
            record(field("int"), aliases=["A"]),
            record(field("int"), name="n.R"),
        ],
    )
    def test_every_attribute_counts(self, other: Any) -> None:
        assert parse(record(field("int"))) != parse(other)

    def test_what_a_reference_defines_counts(self) -> None:
        schemas = [
            parse(["F"], references=[parse({"type": "fixed", "name": "F", "size": size})])
            for size in (1, 2)
        ]
        assert schemas[0].to_json() == schemas[1].to_json()
        assert schemas[0] != schemas[1]

    def test_aliases_that_java_writes_alike_count(self) -> None:
        left, right = (parse(record(name="n.R", aliases=[alias])) for alias in ("A", ".A"))
        assert left.to_json() == right.to_json()
        assert left != right

    def test_uses_that_java_writes_alike_count(self) -> None:
        plain, spaced = ({"type": "fixed", "name": name, "size": 1} for name in ("F", "a.F"))
        inside = record(field("F"), name="a.R")
        left, right = parse([plain, inside]), parse([plain, spaced, inside])
        assert left != right

    def test_a_schema_is_no_other_thing(self) -> None:
        assert parse("int") != '"int"'


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("int", "int"),
        (["int"], "union"),
        ({"type": "map", "values": "int"}, "map"),
        (record(name="a.R"), "a.R"),
    ],
)
def test_a_schema_has_a_name(document: Any, name: str) -> None:
    assert parse(document).name == name
    assert repr(parse(document)) == f"<Schema {name}>"


def test_defaults_that_do_not_fit_are_taken_when_asked() -> None:
    schema = parse(record(field("int", default="x")), validate_defaults=False)
    assert root_record(schema).fields[0].default == "x"


@pytest.mark.parametrize("space", ["my-company.events", "2024.events", "a.b-c.1"])
def test_old_namespaces_are_taken_when_asked(space: str) -> None:
    """Java took any namespace until 1.12, and registries hold what it took."""
    document = record(
        field(["null", "R"]), field({"type": "fixed", "name": "F", "size": 1}, "g"), namespace=space
    )
    with pytest.raises(SchemaParseError, match="the namespace"):
        parse(document)
    schema = parse(document, strict_namespaces=False)
    assert list(schema.names) == [f"{space}.R", f"{space}.F"]
    assert parse(schema.to_json(), strict_namespaces=False) == schema
    assert f'"{space}.R"' in canonical_form(schema)


@pytest.mark.parametrize("name", ["a-b", "x.a-b", 'a".R', "a b.R", "é.R", "a..R", "a.\n.R"])
def test_old_namespaces_hold_hyphens_and_no_more(name: str) -> None:
    with pytest.raises(SchemaParseError):
        parse(record(name=name), strict_namespaces=False)


def test_importing_the_language_loads_nothing_heavy() -> None:
    code = (
        "import sys, flowodm.avro; print(sorted(set(sys.modules) & "
        "{'confluent_kafka', 'fastavro', 'yaml', 'httpx2', 'pydantic', 'rich', 'typer', 'asyncio'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
