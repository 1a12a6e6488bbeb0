"""What a schema is read as: its text, its identity, its references."""

import json
import uuid

import pytest

from flowodm.sandbox.registry.candidate import MAX_REFERENCES
from tests.unit.sandbox.registry.asking import HOLDER, A, B, Registry, record, reference

pytestmark = pytest.mark.unit


def test_a_schema_is_stored_as_java_writes_it(registry: Registry) -> None:
    registry.register("s", ' { "fields": [], "doc":"d", "name":"n.R",\n"type":"record" } ')
    text = '{"type":"record","name":"R","namespace":"n","doc":"d","fields":[]}'
    assert registry.get("subjects", "s", "versions", "1")["schema"] == text
    assert registry.get("subjects", "s", "versions", "latest", "schema") == text
    assert registry.get("schemas", "ids", "1", "schema") == text
    assert registry.look_up("s", text)["version"] == 1


def test_a_bare_word_is_a_schema(registry: Registry) -> None:
    registry.register("s", '"string"')
    assert registry.register("s", '{"type":"string"}')["version"] == 1
    assert registry.get("schemas", "ids", "1") == {
        "schema": '"string"',
        "guid": registry.get("subjects", "s", "versions", "1")["guid"],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"doc": "other"},
        {"aliases": ["Old"]},
        {"prop": 1},
        {"namespace": "n"},
        {"fields": [{"name": "x", "type": "int", "default": 1}]},
        {"fields": [{"name": "x", "type": "int", "default": 0, "doc": "d"}]},
    ],
)
def test_identity_includes_what_changes_no_byte(registry: Registry, changes: dict) -> None:
    registry.register("s", A)
    assert registry.register("s", json.dumps({**json.loads(A), **changes}))["id"] == 2


def test_identity_includes_the_references(registry: Registry) -> None:
    registry.register("a", A)
    registry.register("b", A)
    first = registry.register("s", HOLDER, [reference("a")])
    second = registry.register("s", HOLDER, [reference("b")])
    assert (first["id"], second["id"]) == (2, 3)
    assert first["guid"] != second["guid"]


def test_equal_schemas_have_one_guid_in_every_registry(registry: Registry) -> None:
    other = Registry()
    other.register("x", B)
    guid = registry.register("s", A)["guid"]
    assert other.register("y", A.replace(",", " , "))["guid"] == guid
    assert registry.get("schemas", "guids", guid)["schema"] == A
    assert registry.get("schemas", "guids", guid.upper())["schema"] == A
    assert str(uuid.UUID(guid)) == guid


@pytest.mark.parametrize(
    "body",
    [
        {"schema": "{"},
        {"schema": "nothing"},
        {"schema": '{"type":"recrod"}'},
        {"schema": '{"type":"record","name":"a-b","fields":[]}'},
        {
            "schema": '{"type":"record","name":"R","fields":[{"name":"x","type":"int","default":"a"}]}'
        },
        {"schema": '{"type":"enum","name":"E","symbols":["A","A"]}'},
        {"schema": "", "schemaType": "AVRO"},
        {"schema": "  "},
        {"schema": None},
        {},
        {"schema": "{}", "schemaType": "JSON"},
        {"schema": "syntax", "schemaType": "PROTOBUF"},
        {"schema": '"int"', "metadata": {"properties": {"a": "b"}}},
        {"schema": '"int"', "references": [reference("nowhere")]},
        {"schema": '"int"', "references": [reference("s", 7)]},
        {"schema": HOLDER},
        {"schema": '"int"', "references": [reference("\ud800")]},
    ],
)
def test_what_is_no_valid_schema_is_42201(registry: Registry, body: dict) -> None:
    registry.register("s", A)
    for place in (["subjects", "s"], ["subjects", "s", "versions"]):
        assert registry.code("POST", *place, body=body) == 42201
    assert registry.code("POST", "compatibility", "subjects", "s", "versions", body=body) == 42201
    assert registry.get("subjects", "s", "versions") == [1]


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        7,
        {"schema": 7},
        {"schema": '"int"', "schemaType": 7},
        {"schema": '"int"', "references": {}},
        {"schema": '"int"', "references": [7]},
        {"schema": '"int"', "references": [{"name": 1, "subject": "s", "version": 1}]},
        {"schema": '"int"', "references": [{"name": "n", "subject": "s", "version": "1"}]},
        {"schema": '"int"', "references": [{"name": "n", "subject": "s", "version": True}]},
        {"schema": '"int"', "id": "1"},
        {"schema": '"int"', "id": 2**31},
        {"schema": '"int"', "version": 1.5},
    ],
)
def test_a_body_of_another_shape_is_a_bad_request(registry: Registry, body: object) -> None:
    assert registry.code("POST", "subjects", "s", "versions", body=body) == 400


def test_half_a_surrogate_pair_is_stored_as_java_escapes_it(registry: Registry) -> None:
    registry.register("s", '{"type":"fixed","name":"F","size":1,"doc":"\ud800"}')
    text = '{"type":"fixed","name":"F","doc":"\\uD800","size":1}'
    assert registry.get("schemas", "ids", "1", "schema") == text


def test_references_are_parsed_and_kept(registry: Registry) -> None:
    registry.register("a", A)
    registry.register("s", HOLDER, [reference("a")])
    found = registry.get("subjects", "s", "versions", "1")
    assert found["references"] == [reference("a")]
    assert registry.get("schemas", "ids", "2")["references"] == [reference("a")]
    assert registry.get("subjects", "a", "versions", "1", "referencedby") == [2]


def test_a_reference_to_the_latest_version_is_settled_at_once(registry: Registry) -> None:
    registry.register("a", A)
    registry.register("s", HOLDER, [reference("a", -1)])
    registry.register("a", record("A", "x", "y"))
    assert registry.get("subjects", "s", "versions", "1")["references"] == [reference("a", 1)]


def test_references_of_references_are_resolved(registry: Registry) -> None:
    registry.register("a", A)
    registry.register("h", HOLDER, [reference("a")])
    registry.register("s", '["null","Holder","A"]', [reference("h", name="Holder"), reference("a")])
    assert registry.get("subjects", "s", "versions") == [1]


def test_a_soft_deleted_version_still_gives_its_meaning(registry: Registry) -> None:
    registry.register("a", A)
    registry.delete("subjects", "a")
    assert registry.register("s", HOLDER, [reference("a")])["version"] == 1


def test_a_chain_of_references_is_cut_off(registry: Registry) -> None:
    registry.register("s0", record("R0", "x"))
    last = 0
    for number in range(1, MAX_REFERENCES + 10):
        text = json.dumps(
            {
                "type": "record",
                "name": f"R{number}",
                "fields": [{"name": "r", "type": f"R{number - 1}"}],
            }
        )
        body = {"schema": text, "references": [reference(f"s{number - 1}", 1, f"R{number - 1}")]}
        response = registry.ask("POST", "subjects", f"s{number}", "versions", body=body)
        if response.status != 200:
            break
        last = number
    assert last == MAX_REFERENCES
    assert isinstance(response.document, dict)
    assert response.document["error_code"] == 42201
