"""Confluent's semantics, endpoint by endpoint, on values."""

import json
import uuid

import pytest

from flowodm.sandbox.registry_schemas import MAX_REFERENCES
from tests.unit.sandbox.asking import Registry, record

pytestmark = pytest.mark.unit

A, B, C = (record(name, "x") for name in "ABC")


@pytest.fixture
def registry() -> Registry:
    return Registry()


def reference(subject: str, version: int = 1, name: str = "A") -> dict:
    return {"name": name, "subject": subject, "version": version}


HOLDER = '{"type":"record","name":"Holder","fields":[{"name":"a","type":"A"}]}'


# Registering


def test_ids_are_global_and_versions_are_of_their_subject(registry: Registry) -> None:
    assert registry.register("s", A)["id"] == 1
    assert registry.register("s", B)["id"] == 2
    assert registry.register("t", A)["id"] == 1
    assert registry.register("t", C) == {**registry.register("t", C), "id": 3, "version": 2}
    assert registry.get("schemas", "ids", "1", "versions") == [
        {"subject": "s", "version": 1},
        {"subject": "t", "version": 1},
    ]
    assert registry.get("schemas", "ids", "1", "subjects") == ["s", "t"]


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


def test_a_soft_deleted_schema_comes_back_with_its_id_and_a_new_version(registry: Registry) -> None:
    registry.register("s", A)
    registry.register("s", B)
    registry.delete("subjects", "s", "versions", "1")
    assert registry.register("s", A) == {**registry.register("s", A), "id": 1, "version": 3}


def test_version_numbers_go_on_after_soft_deletion(registry: Registry) -> None:
    registry.register("s", A)
    registry.delete("subjects", "s")
    assert registry.register("s", B)["version"] == 2


def test_ids_are_not_used_again(registry: Registry) -> None:
    registry.register("s", A)
    registry.delete("subjects", "s")
    registry.delete("subjects", "s", permanent=True)
    assert registry.code("GET", "schemas", "ids", "1") == 40403
    assert registry.register("s", A) == {**registry.register("s", A), "id": 2, "version": 1}


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


@pytest.mark.parametrize("subject", ["", "a\nb", "a\x00b", "a\x1b[2Jb", "a\u2028b"])
def test_a_subject_must_be_printable(registry: Registry, subject: str) -> None:
    assert registry.code("POST", "subjects", subject, "versions", body={"schema": A}) == 42208


@pytest.mark.parametrize("subject", ["a/b", "%2F", "ü ✓", "..", ":.ctx:s", "'; DROP TABLE--"])
def test_a_subject_may_be_anything_printable(registry: Registry, subject: str) -> None:
    registry.register(subject, A)
    assert registry.get("subjects") == [subject]
    assert registry.get("subjects", subject, "versions") == [1]


def test_half_a_surrogate_pair_is_stored_as_java_escapes_it(registry: Registry) -> None:
    registry.register("s", '{"type":"fixed","name":"F","size":1,"doc":"\ud800"}')
    text = '{"type":"fixed","name":"F","doc":"\\uD800","size":1}'
    assert registry.get("schemas", "ids", "1", "schema") == text


# References


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


def test_a_referenced_version_cannot_be_deleted(registry: Registry) -> None:
    registry.register("a", A)
    registry.register("s", HOLDER, [reference("a")])
    assert registry.code("DELETE", "subjects", "a") == 42206
    assert registry.code("DELETE", "subjects", "a", "versions", "1") == 42206
    registry.delete("subjects", "s")
    assert registry.delete("subjects", "a") == [1]


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


# Deleting


def test_a_subject_is_deleted_softly_then_for_good(registry: Registry) -> None:
    registry.register("s", A)
    registry.register("s", B)
    assert registry.code("DELETE", "subjects", "s", permanent=True) == 40405
    assert registry.delete("subjects", "s") == [1, 2]
    assert registry.code("DELETE", "subjects", "s") == 40404
    assert registry.code("GET", "subjects", "s", "versions") == 40401
    assert registry.get("subjects", "s", "versions", deleted=True) == [1, 2]
    assert registry.get("subjects", "s", "versions", "2", deleted=True)["deleted"] is True
    assert registry.get("schemas", "ids", "1")["schema"] == A
    assert registry.get("schemas", "ids", "1", "subjects") == []
    assert registry.get("schemas", "ids", "1", "subjects", deleted=True) == ["s"]
    assert registry.delete("subjects", "s", permanent=True) == [1, 2]
    assert registry.code("DELETE", "subjects", "s") == 40401


def test_a_version_is_deleted_softly_then_for_good(registry: Registry) -> None:
    registry.register("s", A)
    registry.register("s", B)
    assert registry.code("DELETE", "subjects", "s", "versions", "1", permanent=True) == 40407
    assert registry.delete("subjects", "s", "versions", "latest") == 2
    assert registry.get("subjects", "s", "versions", "latest")["version"] == 1
    assert registry.code("DELETE", "subjects", "s", "versions", "2") == 40406
    assert registry.code("DELETE", "subjects", "s", "versions", "9") == 40402
    assert registry.code("DELETE", "subjects", "t", "versions", "9") == 40401
    assert registry.delete("subjects", "s", "versions", "2", permanent=True) == 2
    assert registry.get("subjects", "s", "versions", deleted=True) == [1]


def test_the_last_version_takes_the_settings_with_it(registry: Registry) -> None:
    registry.register("s", A)
    registry.put("config", "s", body={"compatibility": "NONE"})
    registry.put("mode", "s", body={"mode": "READWRITE"})
    registry.delete("subjects", "s", "versions", "1")
    assert registry.code("GET", "config", "s") == 40408
    assert registry.code("GET", "mode", "s") == 40409


def test_looking_up_counts_deleted_versions_when_asked(registry: Registry) -> None:
    registry.register("s", A)
    registry.register("s", B)
    registry.delete("subjects", "s", "versions", "1")
    assert registry.code("POST", "subjects", "s", body={"schema": A}) == 40403
    assert registry.look_up("s", A, deleted=True)["version"] == 1
    registry.delete("subjects", "s")
    assert registry.code("POST", "subjects", "s", body={"schema": A}) == 40401


# Listing


def test_lists_are_filtered_and_paged(registry: Registry) -> None:
    for subject in ("b", "a1", "a2", "c"):
        registry.register(subject, A)
    registry.delete("subjects", "c")
    assert registry.get("subjects") == ["a1", "a2", "b"]
    assert registry.get("subjects", subjectPrefix="a") == ["a1", "a2"]
    assert registry.get("subjects", subjectPrefix=":*:a") == ["a1", "a2"]
    assert registry.get("subjects", deleted="True") == ["a1", "a2", "b", "c"]
    assert registry.get("subjects", deletedOnly=True) == ["c"]
    assert registry.get("subjects", deleted_only="True") == ["c"]
    assert registry.get("subjects", offset=1, limit=1) == ["a2"]
    assert registry.get("subjects", offset=9) == []
    assert registry.get("subjects", limit=-1) == ["a1", "a2", "b"]
    assert registry.code("GET", "subjects", offset="x") == 400


def test_all_schemas_are_listed(registry: Registry) -> None:
    registry.register("s", A)
    registry.register("s", B)
    registry.register("t", A)
    listed = registry.get("schemas")
    assert [(one["subject"], one["version"], one["id"]) for one in listed] == [
        ("s", 1, 1),
        ("s", 2, 2),
        ("t", 1, 1),
    ]
    latest = registry.get("schemas", latestOnly=True, subjectPrefix="s")
    assert [one["version"] for one in latest] == [2]


@pytest.mark.parametrize(
    "version", ["0", "-2", "2147483648", "1.0", "newest", "٣", "1_0", "", "+1"]
)
def test_a_version_that_is_none_is_42202(registry: Registry, version: str) -> None:
    registry.register("s", A)
    assert registry.code("GET", "subjects", "s", "versions", version) == 42202
    assert registry.code("DELETE", "subjects", "s", "versions", version) == 42202


def test_minus_one_is_the_latest_version(registry: Registry) -> None:
    registry.register("s", A)
    registry.register("s", B)
    assert registry.get("subjects", "s", "versions", "-1")["version"] == 2


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "x", "٣", "1_0", ""])
def test_an_id_that_is_none_is_not_found(registry: Registry, number: str) -> None:
    assert registry.code("GET", "schemas", "ids", number) == 40403


# Settings


def test_a_level_other_than_none_is_refused_and_says_why(registry: Registry) -> None:
    for place in (["config"], ["config", "s"]):
        for level in ("BACKWARD", "FULL_TRANSITIVE", "forward"):
            response = registry.ask("PUT", *place, body={"compatibility": level})
            assert isinstance(response.document, dict)
            assert response.document["error_code"] == 42205
            assert "does not check compatibility yet" in str(response.document["message"])
    assert registry.get("config") == {"compatibilityLevel": "NONE"}


@pytest.mark.parametrize(
    "body", [{}, {"compatibility": None}, {"compatibility": 7}, {"compatibility": "X"}]
)
def test_a_level_nobody_knows_is_42203(registry: Registry, body: dict) -> None:
    assert registry.code("PUT", "config", body=body) == 42203


def test_a_subject_without_a_level_has_the_registrys_when_asked_for(registry: Registry) -> None:
    assert registry.code("GET", "config", "s") == 40408
    assert registry.get("config", "s", defaultToGlobal=True) == {"compatibilityLevel": "NONE"}
    assert registry.put("config", "s", body={"compatibility": "none"}) == {"compatibility": "NONE"}
    assert registry.get("config", "s") == {"compatibilityLevel": "NONE"}
    assert registry.delete("config", "s") == {"compatibilityLevel": "NONE"}
    assert registry.code("DELETE", "config", "s") == 40401
    assert registry.delete("config") == {"compatibilityLevel": "NONE"}


def test_every_schema_is_compatible(registry: Registry) -> None:
    registry.register("s", A)
    place = ["compatibility", "subjects", "s", "versions"]
    body = {"schema": '"int"'}
    assert registry.ask("POST", *place, body=body).document == {"is_compatible": True}
    verbose = registry.ask("POST", *place, "latest", body=body, verbose="True").document
    assert verbose == {"is_compatible": True, "messages": []}
    assert registry.code("POST", *place, "9", body=body) == 40402
    assert registry.code("POST", *place, "x", body=body) == 42202
    unknown = ["compatibility", "subjects", "t", "versions", "latest"]
    assert registry.ask("POST", *unknown, body=body).status == 200


def test_a_read_only_subject_is_not_changed(registry: Registry) -> None:
    registry.register("s", A)
    registry.put("mode", "s", body={"mode": "READONLY"})
    assert registry.code("POST", "subjects", "s", "versions", body={"schema": B}) == 42205
    assert registry.code("DELETE", "subjects", "s") == 42205
    assert registry.code("DELETE", "subjects", "s", "versions", "1") == 42205
    registry.register("t", B)
    registry.put("mode", body={"mode": "readonly"})
    assert registry.code("POST", "subjects", "t", "versions", body={"schema": A}) == 42205
    assert registry.get("mode", "t", defaultToGlobal=True) == {"mode": "READONLY"}
    assert registry.delete("mode") == {"mode": "READONLY"}
    registry.register("t", A)


def test_importing_keeps_ids_and_versions(registry: Registry) -> None:
    registry.put("mode", body={"mode": "IMPORT"})
    assert registry.register("s", A, id=40, version=7) == {
        **registry.register("s", A, id=40),
        "id": 40,
        "version": 7,
    }
    assert registry.code("POST", "subjects", "s", "versions", body={"schema": B}) == 42205
    taken = {"schema": B, "id": 40}
    assert registry.code("POST", "subjects", "t", "versions", body=taken) == 42207
    registry.put("mode", body={"mode": "READWRITE"})
    assert registry.code("POST", "subjects", "t", "versions", body=taken) == 42205
    assert registry.register("t", B) == {**registry.register("t", B), "id": 41, "version": 1}


def test_import_mode_needs_an_empty_registry_or_force(registry: Registry) -> None:
    registry.register("s", A)
    assert registry.code("PUT", "mode", body={"mode": "IMPORT"}) == 42205
    assert registry.code("PUT", "mode", "s", body={"mode": "IMPORT"}) == 42205
    assert registry.put("mode", "t", body={"mode": "IMPORT"}) == {"mode": "IMPORT"}
    assert registry.put("mode", body={"mode": "IMPORT"}, force="True") == {"mode": "IMPORT"}


def test_a_version_that_does_not_follow_is_refused(registry: Registry) -> None:
    body = {"schema": A, "version": 5}
    assert registry.code("POST", "subjects", "s", "versions", body=body) == 42201
    assert registry.register("s", A, version=1)["version"] == 1


# The rest


def test_small_endpoints(registry: Registry) -> None:
    assert registry.get() == {}
    assert registry.get("contexts") == ["."]
    assert registry.get("schemas", "types") == ["AVRO"]
    assert registry.get("associations", "resources", "-", "topic") == []
    assert registry.get("v1", "metadata", "version")["version"].startswith("flowodm-")
    assert registry.get("v1", "metadata", "id")["scope"]["path"] == []


def test_what_is_nowhere_is_404_and_what_cannot_be_done_405(registry: Registry) -> None:
    assert registry.code("GET", "nowhere") == 404
    assert registry.code("GET", "subjects", "s", "versions", "1", "x", "y") == 404
    assert registry.code("PATCH", "subjects") == 405
    assert registry.code("PUT", "subjects", "s") == 405


def test_a_refused_request_changes_nothing(registry: Registry) -> None:
    registry.register("a", A)
    registry.register("b", B)
    registry.register("s", HOLDER, [reference("a")])
    registry.register("a", C)
    assert registry.code("DELETE", "subjects", "a") == 42206
    assert registry.get("subjects", "a", "versions") == [1, 2]


def test_a_store_that_fails_is_50001(registry: Registry) -> None:
    registry.store.close()
    assert registry.code("GET", "subjects") == 50001
