"""Compatibility, really enforced: the seven levels, and the words of a refusal."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowodm.sandbox.registry.judging import LEVELS
from tests.strategies import avro_schemas
from tests.unit.sandbox.registry.asking import Registry, record, reference

pytestmark = pytest.mark.unit

UNREGISTERED = frozenset(
    {
        "karapace-it/test_full_transitive_failure[FULL]",
        "karapace-it/test_full_transitive_failure[FULL_TRANSITIVE]",
    }
)
"""Their old schemas have defaults that do not fit: no registry that validates takes them."""

CASES = [
    case
    for case in json.loads((Path(__file__).parents[3] / "vectors/compat_cases.json").read_text())
    if case["kind"] == "level" and case["name"] not in UNREGISTERED
]
PLACE = ("compatibility", "subjects", "s", "versions")
OLD = '{"type":"record","name":"R","fields":[{"name":"x","type":"int"}]}'
REQUIRING = (
    '{"type":"record","name":"R","fields":[{"name":"x","type":"int"},{"name":"y","type":"long"}]}'
)
"""Cannot read what OLD wrote; OLD reads what it writes."""
EMPTY = '{"type":"record","name":"R","fields":[]}'
"""Reads what OLD wrote; OLD cannot read what it writes."""


@pytest.fixture
def registry() -> Registry:
    return Registry(level=None)


def verdict(registry: Registry, schema: str, *more: str, **query: object):
    response = registry.ask("POST", *PLACE, *more, body={"schema": schema}, **query)
    assert response.status == 200, response
    return response.document


@pytest.mark.parametrize("number", range(len(CASES)))
def test_every_level_judges_as_java_does(number: int) -> None:
    case = CASES[number]
    registry = Registry()
    for old in case["old"]:
        registry.register("s", json.dumps(old))
    registry.put("config", "s", body={"compatibility": case["level"]})
    answer = verdict(registry, json.dumps(case["new"]))
    assert answer == {"is_compatible": case["compatible"]}
    taken = registry.ask(
        "POST", "subjects", "s", "versions", body={"schema": json.dumps(case["new"])}
    )
    is_there = case["new"] in case["old"]
    assert taken.status == (200 if case["compatible"] or is_there else 409)


def test_a_new_registry_is_at_backward(registry: Registry) -> None:
    assert registry.get("config") == {"compatibilityLevel": "BACKWARD"}
    registry.register("s", OLD)
    body = {"schema": REQUIRING}
    assert registry.code("POST", "subjects", "s", "versions", body=body) == 40901
    assert registry.get("subjects", "s", "versions") == [1]
    registry.register("s", EMPTY)


def test_a_refusal_is_worded_as_confluents(registry: Registry) -> None:
    registry.register("s", OLD)
    response = registry.ask("POST", "subjects", "s", "versions", body={"schema": REQUIRING})
    assert response.status == 409
    assert response.document == {
        "error_code": 40901,
        "message": "Schema being registered is incompatible with an earlier schema for subject"
        " \"s\", details: [{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field"
        " 'y' at path '/fields/1' in the new schema has no default value and is missing in the old"
        " schema', additionalInfo:'y'}, {oldSchemaVersion: 1}, {oldSchema: '" + OLD + "'},"
        " {validateFields: 'false', compatibility: 'BACKWARD'}]",
    }


def test_a_verdict_says_why_only_when_asked(registry: Registry) -> None:
    registry.register("s", OLD)
    registry.put("config", "s", body={"compatibility": "FORWARD"})
    assert verdict(registry, EMPTY) == {"is_compatible": False}
    assert verdict(registry, EMPTY, verbose="True") == {
        "is_compatible": False,
        "messages": [
            (
                "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'x' at"
                " path '/fields/0' in the old schema has no default value and is missing in the"
                " new schema', additionalInfo:'x'}"
            ),
            "{oldSchemaVersion: 1}",
            "{oldSchema: '" + OLD + "'}",
            "{validateFields: 'false', compatibility: 'FORWARD'}",
        ],
    }
    assert verdict(registry, OLD, verbose="true") == {"is_compatible": True, "messages": []}


@pytest.mark.parametrize(
    ("level", "against_all"),
    [("BACKWARD", True), ("BACKWARD_TRANSITIVE", False), ("NONE", True)],
)
def test_all_versions_means_those_that_the_level_asks_about(
    registry: Registry, level: str, against_all: bool
) -> None:
    registry.put("config", "s", body={"compatibility": "NONE"})
    registry.register("s", OLD)
    registry.register("s", REQUIRING)
    registry.put("config", "s", body={"compatibility": level})
    assert verdict(registry, REQUIRING.replace("int", "long"))["is_compatible"] is against_all
    one = verdict(registry, REQUIRING.replace("int", "long"), "1")["is_compatible"]
    assert one is (level == "NONE")
    assert verdict(registry, REQUIRING, "latest")["is_compatible"]


def test_the_first_version_that_fails_is_named(registry: Registry) -> None:
    registry.put("config", "s", body={"compatibility": "NONE"})
    for schema in ('"int"', '"string"', '"bytes"'):
        registry.register("s", schema)
    registry.put("config", "s", body={"compatibility": "BACKWARD_TRANSITIVE"})
    messages = verdict(registry, '["bytes","string"]', verbose=True)["messages"]
    assert "{oldSchemaVersion: 1}" in messages


@pytest.mark.parametrize(
    ("own", "whole", "is_taken"),
    [(None, None, False), (None, "NONE", True), ("NONE", None, True), ("FULL", "NONE", False)],
)
def test_a_subjects_own_level_stands_before_the_registrys(
    registry: Registry, own: str | None, whole: str | None, is_taken: bool
) -> None:
    registry.register("s", OLD)
    if own is not None:
        registry.put("config", "s", body={"compatibility": own})
    if whole is not None:
        registry.put("config", body={"compatibility": whole})
    assert verdict(registry, REQUIRING)["is_compatible"] is is_taken


def test_a_contexts_level_stands_between(registry: Registry) -> None:
    registry.put("config", ":.lab:", body={"compatibility": "NONE"})
    registry.register(":.lab:s", OLD)
    registry.register(":.lab:s", REQUIRING)
    level = registry.get("config", ":.lab:s", defaultToGlobal=True)
    assert level == {"compatibilityLevel": "NONE"}


def test_a_soft_deleted_version_is_not_asked(registry: Registry) -> None:
    registry.register("s", OLD)
    registry.delete("subjects", "s", "versions", "1")
    assert registry.register("s", REQUIRING)["version"] == 2


def test_what_is_there_already_is_not_judged(registry: Registry) -> None:
    registry.put("config", "s", body={"compatibility": "NONE"})
    registry.register("s", OLD)
    registry.register("s", '"int"')
    registry.delete("config", "s")
    assert registry.register("s", OLD)["version"] == 1


def test_importing_is_not_judged(registry: Registry) -> None:
    registry.put("mode", body={"mode": "IMPORT"})
    registry.register("s", OLD, id=7)
    assert registry.register("s", REQUIRING, id=8)["version"] == 2


def test_references_count_with_what_they_mean(registry: Registry) -> None:
    registry.register("a", record("A", "x"))
    registry.put("config", "a", body={"compatibility": "NONE"})
    registry.register("a", '{"type":"record","name":"A","fields":[{"name":"x","type":"string"}]}')
    holder = '{"type":"record","name":"H","fields":[{"name":"a","type":"A"}]}'
    registry.register("s", holder, [reference("a", 1)])
    body = {"schema": holder, "references": [reference("a", 2)]}
    response = registry.ask("POST", "subjects", "s", "versions", body=body)
    assert response.status == 409
    assert "/fields/0/type/fields/0/type" in str(response.document)


@pytest.mark.parametrize("version", ["1", "latest"])
def test_an_unknown_subject_takes_everything_but_a_version_by_number(
    registry: Registry, version: str
) -> None:
    if version == "latest":
        assert verdict(registry, OLD, version) == {"is_compatible": True}
        assert verdict(registry, OLD) == {"is_compatible": True}
    else:
        assert registry.code("POST", *PLACE, version, body={"schema": OLD}) == 40402


def test_a_version_that_cannot_be_is_42202(registry: Registry) -> None:
    assert registry.code("POST", *PLACE, "newest", body={"schema": OLD}) == 42202
    assert registry.code("POST", *PLACE, body={"schema": "{"}) == 42201


def test_ten_thousand_reasons_are_told_in_part(registry: Registry) -> None:
    many = [{"name": f"f{number}", "type": "int"} for number in range(5000)]
    registry.register("s", EMPTY)
    schema = json.dumps({"type": "record", "name": "R", "fields": many})
    messages = verdict(registry, schema, verbose=True)["messages"]
    assert len(messages) == 1004
    assert messages[1000] == "{moreReasons: 4000}"


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_is_kept(registry: Registry, level: str) -> None:
    assert registry.put("config", body={"compatibility": level.lower()}) == {"compatibility": level}
    assert registry.get("config") == {"compatibilityLevel": level}
    assert registry.get("config", "s", defaultToGlobal="True") == {"compatibilityLevel": level}


@settings(max_examples=100)
@given(st.lists(avro_schemas(depth=2), min_size=2, max_size=4), st.sampled_from(LEVELS))
def test_what_is_said_to_be_compatible_is_taken_and_nothing_else(schemas, level: str) -> None:
    registry = Registry(level)
    for number, schema in enumerate(map(json.dumps, schemas)):
        is_compatible = verdict(registry, schema)["is_compatible"]
        is_there = registry.ask("POST", "subjects", "s", body={"schema": schema}).status == 200
        before = registry.get("subjects", "s", "versions") if number else []
        answer = registry.ask("POST", "subjects", "s", "versions", body={"schema": schema})
        assert answer.status == (200 if is_compatible or is_there else 409)
        after = registry.get("subjects", "s", "versions")
        assert (after == before) is (is_there or not is_compatible)
