"""Levels and modes."""

import pytest

from tests.unit.sandbox.registry.asking import A, B, Registry

pytestmark = pytest.mark.unit


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


def test_import_mode_needs_an_empty_registry_or_force(registry: Registry) -> None:
    registry.register("s", A)
    assert registry.code("PUT", "mode", body={"mode": "IMPORT"}) == 42205
    assert registry.code("PUT", "mode", "s", body={"mode": "IMPORT"}) == 42205
    assert registry.put("mode", "t", body={"mode": "IMPORT"}) == {"mode": "IMPORT"}
    assert registry.put("mode", body={"mode": "IMPORT"}, force="True") == {"mode": "IMPORT"}


def test_what_a_configuration_has_besides_is_refused_not_forgotten(registry: Registry) -> None:
    body = {"compatibility": "FULL", "normalize": True}
    assert registry.code("PUT", "config", body=body) == 42205
    body = {"compatibility": "FULL", "normalize": None, "alias": ""}
    assert registry.put("config", body=body) == {"compatibility": "FULL"}


def test_levels_are_not_changed_in_read_only_mode(registry: Registry) -> None:
    registry.put("config", "s", body={"compatibility": "FULL"})
    registry.put("mode", body={"mode": "READONLY"})
    body = {"compatibility": "NONE"}
    assert registry.code("PUT", "config", body=body) == 42205
    assert registry.code("PUT", "config", "s", body=body) == 42205
    assert registry.code("DELETE", "config", "s") == 42205


def test_read_only_override_stands_above_every_subject(registry: Registry) -> None:
    registry.put("mode", "s", body={"mode": "READWRITE"})
    registry.put("mode", body={"mode": "READONLY_OVERRIDE"})
    assert registry.code("POST", "subjects", "s", "versions", body={"schema": A}) == 42205
    registry.put("mode", body={"mode": "READWRITE"})
    registry.register("s", A)


def test_a_mode_nobody_knows_is_42204(registry: Registry) -> None:
    assert registry.code("PUT", "mode", body={"mode": "SIDEWAYS"}) == 42204
    assert registry.code("PUT", "mode", "s", body={}) == 42204


def test_import_mode_can_be_said_again(registry: Registry) -> None:
    registry.put("mode", body={"mode": "IMPORT"})
    registry.register("s", A, id=1)
    assert registry.put("mode", body={"mode": "IMPORT"}) == {"mode": "IMPORT"}


@pytest.mark.parametrize("kind", ["config", "mode"])
def test_settings_are_of_subjects_with_a_name(registry: Registry, kind: str) -> None:
    body = {"compatibility": "NONE", "mode": "READWRITE"}
    assert registry.code("PUT", kind, "a\x00b", body=body) == 42208
    assert registry.code("DELETE", kind, "nowhere") == 40401
