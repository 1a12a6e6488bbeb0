"""Registering and looking up."""

import pytest

from tests.unit.sandbox.registry.asking import A, B, C, Registry

pytestmark = pytest.mark.unit


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


def test_a_version_that_does_not_follow_is_refused(registry: Registry) -> None:
    body = {"schema": A, "version": 5}
    assert registry.code("POST", "subjects", "s", "versions", body=body) == 42201
    assert registry.register("s", A, version=1)["version"] == 1


def test_a_version_can_be_imported_twice_and_never_overwritten(registry: Registry) -> None:
    registry.put("mode", body={"mode": "IMPORT"})
    for _ in range(2):
        assert registry.register("s", A, id=40, version=3)["version"] == 3
    assert registry.register("s", A, id=40, version=4)["version"] == 4
    taken = {"schema": B, "id": 41, "version": 3}
    assert registry.code("POST", "subjects", "s", "versions", body=taken) == 42205
    assert registry.get("subjects", "s", "versions") == [3, 4]
    assert registry.code("GET", "schemas", "ids", "41") == 40403


def test_importing_a_soft_deleted_version_takes_the_deletion_back(registry: Registry) -> None:
    registry.put("mode", body={"mode": "IMPORT"})
    registry.register("s", A, id=40, version=3)
    registry.delete("subjects", "s")
    assert registry.register("s", A, id=40, version=3)["version"] == 3
    assert registry.get("subjects", "s", "versions") == [3]


def test_the_last_id_and_the_last_version_are_the_last(registry: Registry) -> None:
    registry.put("mode", body={"mode": "IMPORT"})
    registry.register("s", A, id=2**31 - 1, version=2**31 - 1)
    registry.put("mode", body={"mode": "READWRITE"})
    assert registry.register("t", A)["id"] == 2**31 - 1
    assert registry.code("POST", "subjects", "t", "versions", body={"schema": B}) == 42205
    assert registry.code("POST", "subjects", "s", "versions", body={"schema": B}) == 42205
