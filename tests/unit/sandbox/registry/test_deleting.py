"""Deleting: softly first, then for good."""

import pytest

from tests.unit.sandbox.registry.asking import HOLDER, A, B, C, Registry, reference

pytestmark = pytest.mark.unit


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


def test_a_referenced_version_cannot_be_deleted(registry: Registry) -> None:
    registry.register("a", A)
    registry.register("s", HOLDER, [reference("a")])
    assert registry.code("DELETE", "subjects", "a") == 42206
    assert registry.code("DELETE", "subjects", "a", "versions", "1") == 42206
    registry.delete("subjects", "s")
    assert registry.delete("subjects", "a") == [1]


def test_a_refused_request_changes_nothing(registry: Registry) -> None:
    registry.register("a", A)
    registry.register("b", B)
    registry.register("s", HOLDER, [reference("a")])
    registry.register("a", C)
    assert registry.code("DELETE", "subjects", "a") == 42206
    assert registry.get("subjects", "a", "versions") == [1, 2]
