"""Reading schemas, subjects and versions."""

import pytest

from tests.unit.sandbox.registry.asking import HOLDER, A, B, Registry, reference

pytestmark = pytest.mark.unit


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


def test_the_highest_id_is_told_when_asked_for(registry: Registry) -> None:
    registry.register("s", A)
    registry.register("s", B)
    assert registry.get("schemas", "ids", "1", fetchMaxId="true")["maxId"] == 2


def test_deleted_versions_are_negative_when_asked_for(registry: Registry) -> None:
    registry.register("s", A)
    registry.register("s", B)
    registry.delete("subjects", "s", "versions", "1")
    place = ("subjects", "s", "versions")
    assert registry.get(*place, deleted=True, deletedAsNegative=True) == [-1, 2]


def test_no_schema_has_metadata(registry: Registry) -> None:
    place = ("subjects", "s", "metadata")
    assert registry.code("GET", *place, key="owner", value="me") == 40401
    registry.register("s", A)
    assert registry.code("GET", *place, key="owner", value="me") == 40403
    assert registry.get(*place)["version"] == 1


@pytest.mark.parametrize(
    "place",
    [
        ("schemas", "ids", "2"),
        ("schemas", "ids", "2", "schema"),
        ("subjects", "s", "versions", "1"),
        ("subjects", "s", "versions", "latest", "schema"),
    ],
)
def test_a_resolved_schema_holds_what_it_references(registry: Registry, place: tuple) -> None:
    registry.register("a", A)
    registry.register("s", HOLDER, [reference("a")])
    resolved = HOLDER.replace('"type":"A"', f'"type":{A}')
    for form, text in (("resolved", resolved), ("", HOLDER), ("serialized", HOLDER)):
        found = registry.get(*place, format=form)
        assert (found if place[-1] == "schema" else found["schema"]) == text
