"""What registering, deleting and configuring mean."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.registry_conformance.asking import AskedRegistry, quoted, record

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("registry-conformance")]

FIRST, SECOND = record("a"), record("a", "b")
HOLDER = '{"type":"record","name":"H","fields":[{"name":"r","type":"R"}]}'


def versions(registry: AskedRegistry, subject: str, **query: object) -> list[int]:
    answer = registry.ask("GET", f"/subjects/{quoted(subject)}/versions", **query)
    return answer.document if answer.status == 200 else []


def text(registry: AskedRegistry, subject: str, version: int | str = "latest") -> str:
    return registry.given("GET", f"/subjects/{subject}/versions/{version}")["schema"]


# Identity


@pytest.mark.parametrize(
    "changes",
    [
        {"doc": "other"},
        {"aliases": ["Old"]},
        {"owner": "me"},
        {"fields": [{"name": "a", "type": "int", "default": 1}]},
        {"fields": [{"name": "a", "type": "int", "doc": "d", "default": 0}]},
    ],
    ids=["doc", "aliases", "prop", "default", "doc of a field"],
)
def test_identity_includes(registry: AskedRegistry, subject: str, changes: dict) -> None:
    first = registry.register(subject, FIRST)
    second = registry.register(subject, json.dumps({**json.loads(FIRST), **changes}))
    registry.then(second["id"] == first["id"], False)


def test_an_enums_default_is_part_of_it(registry: AskedRegistry, subject: str) -> None:
    enum = '{"type":"enum","name":"E","symbols":["A","B"]'
    first = registry.register(subject, enum + "}")
    second = registry.register(subject, enum + ',"default":"A"}')
    registry.then(second["id"] == first["id"], False)


def test_blanks_and_the_order_of_keys_are_not_part_of_it(
    registry: AskedRegistry, subject: str
) -> None:
    first = registry.register(subject, FIRST)
    document = json.loads(FIRST)
    again = json.dumps(dict(reversed(document.items())), indent=2)
    registry.then(registry.register(subject, again)["id"], first["id"])


def test_the_text_is_kept_as_java_writes_it(registry: AskedRegistry, subject: str) -> None:
    registry.register(subject, ' { "fields": [], "doc":"d", "name":"n.R",\n"type":"record" } ')
    wanted = '{"type":"record","name":"R","namespace":"n","doc":"d","fields":[]}'
    registry.then(text(registry, subject), wanted)


def test_ids_are_one_for_all_subjects(registry: AskedRegistry, subject: str) -> None:
    first = registry.register(subject, FIRST)
    registry.then(registry.register(f"{subject}-other", FIRST)["id"], first["id"])


def test_registering_again_changes_nothing(registry: AskedRegistry, subject: str) -> None:
    for schema in (FIRST, SECOND, FIRST):
        registry.register(subject, schema)
    registry.then(versions(registry, subject), [1, 2])


def test_normalizing_forgets_the_order_of_props(registry: AskedRegistry, subject: str) -> None:
    path = f"/subjects/{subject}/versions"
    ids = {
        registry.given(
            "POST",
            path,
            {"schema": f'{{"type":"fixed","name":"F","size":1,{props}}}'},
            normalize=True,
        )["id"]
        for props in ('"b":1,"a":2', '"a":2,"b":1')
    }
    registry.then(len(ids), 1)


def test_registering_at_the_same_time_gives_one_id(registry: AskedRegistry, subject: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: registry.register(subject, FIRST), range(16)))
    registry.then((len({one["id"] for one in answers}), versions(registry, subject)), (1, [1]))


# Names


@pytest.mark.parametrize(
    "name",
    ["a/b", "50%", "ü ✓", "a?b#c&d=e+f", ":.lab:orders"],
    ids=["slash", "percent", "unicode", "marks", "context"],
)
def test_a_subject_may_be_called(registry: AskedRegistry, subject: str, name: str) -> None:
    name = f"{name}-{subject}"
    registry.register(name, FIRST)
    listed = registry.given("GET", "/subjects")
    registry.then((versions(registry, name), name in listed), ([1], True))


# Deleting


def test_what_is_deleted_softly_is_there_for_who_asks(
    registry: AskedRegistry, subject: str
) -> None:
    registry.register(subject, FIRST)
    registry.given("DELETE", f"/subjects/{subject}")
    found = registry.ask("GET", f"/subjects/{subject}/versions/1", deleted="true")
    registry.then(
        (found.status, versions(registry, subject), versions(registry, subject, deleted="true")),
        (200, [], [1]),
    )


def test_records_of_deleted_schemas_are_read(registry: AskedRegistry, subject: str) -> None:
    unique = record("a", doc=subject)
    schema_id = registry.register(subject, unique)["id"]
    registry.given("DELETE", f"/subjects/{subject}")
    answer = registry.ask("GET", f"/schemas/ids/{schema_id}")
    registry.then(answer.outcome, "200")


def test_deleted_subjects_are_listed_when_asked_for(registry: AskedRegistry, subject: str) -> None:
    registry.register(subject, FIRST)
    registry.given("DELETE", f"/subjects/{subject}")
    found = [
        subject in registry.given("GET", "/subjects", **query)
        for query in ({}, {"deleted": "True"}, {"deletedOnly": "true"}, {"deleted_only": "True"})
    ]
    registry.then(found, [False, True, True, True])


def test_a_schema_that_comes_back_has_its_id_and_a_new_version(
    registry: AskedRegistry, subject: str
) -> None:
    first = registry.register(subject, FIRST)
    registry.register(subject, SECOND)
    registry.given("DELETE", f"/subjects/{subject}")
    again = registry.register(subject, FIRST)
    registry.then((again["id"] == first["id"], versions(registry, subject)), (True, [3]))


def test_versions_are_not_used_again(registry: AskedRegistry, subject: str) -> None:
    registry.register(subject, FIRST)
    registry.register(subject, SECOND)
    registry.given("DELETE", f"/subjects/{subject}/versions/2")
    registry.register(subject, record("a", "c"))
    registry.then(versions(registry, subject), [1, 3])


def test_a_subject_is_deleted_softly_and_then_for_good(
    registry: AskedRegistry, subject: str
) -> None:
    registry.register(subject, FIRST)
    registry.register(subject, SECOND)
    softly = registry.given("DELETE", f"/subjects/{subject}")
    for_good = registry.given("DELETE", f"/subjects/{subject}", permanent="true")
    gone = registry.ask("GET", f"/subjects/{subject}/versions", deleted="true").outcome
    registry.then((softly, for_good, gone), ([1, 2], [1, 2], "404 40401"))


def test_a_version_is_deleted_softly_and_then_for_good(
    registry: AskedRegistry, subject: str
) -> None:
    registry.register(subject, FIRST)
    registry.register(subject, SECOND)
    place = f"/subjects/{subject}/versions"
    softly = registry.given("DELETE", f"{place}/1")
    for_good = registry.given("DELETE", f"{place}/1", permanent="true")
    left = versions(registry, subject, deleted="true")
    registry.then((softly, for_good, left), (1, 1, [2]))


@pytest.mark.parametrize("kind", ["config", "mode"])
def test_the_last_version_takes_with_it_its(
    registry: AskedRegistry, subject: str, kind: str
) -> None:
    registry.register(subject, FIRST)
    body = {"compatibility": "FULL", "mode": "READWRITE"}
    registry.given("PUT", f"/{kind}/{subject}", body)
    registry.given("DELETE", f"/subjects/{subject}/versions/1")
    number = {"config": 40408, "mode": 40409}[kind]
    registry.then(registry.ask("GET", f"/{kind}/{subject}").outcome, f"404 {number}")


# References


def test_references_are_kept_and_block_deletion_until_they_are_gone(
    registry: AskedRegistry, subject: str
) -> None:
    registry.register(subject, FIRST)
    reference = {"name": "R", "subject": subject, "version": 1}
    registry.register(f"{subject}-holder", HOLDER, references=[reference])
    kept = registry.given("GET", f"/subjects/{subject}-holder/versions/1")["references"]
    blocked = registry.ask("DELETE", f"/subjects/{subject}").outcome
    registry.given("DELETE", f"/subjects/{subject}-holder")
    free = registry.ask("DELETE", f"/subjects/{subject}").outcome
    registry.then((kept == [reference], blocked, free), (True, "422 42206", "200"))


def test_references_of_references_are_found(registry: AskedRegistry, subject: str) -> None:
    registry.register(subject, FIRST)
    reference = {"name": "R", "subject": subject, "version": 1}
    registry.register(f"{subject}-holder", HOLDER, references=[reference])
    union = {
        "schema": '{"type":"record","name":"U","fields":[{"name":"h","type":"H"}]}',
        "references": [{"name": "H", "subject": f"{subject}-holder", "version": 1}],
    }
    answer = registry.ask("POST", f"/subjects/{subject}-union/versions", union)
    registry.then(answer.outcome, "200")


# Compatibility


LEVELS = (
    *("NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD"),
    *("FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"),
)
OLDEST, OLD = record("a"), record("a", "b!")
"""What is there: the second cannot read what the first wrote."""
NEW = {
    "may be read and reads": (record("a", "b!", "c"), {*LEVELS}),
    "needs what was not written": (
        record("a", "b!", "c!"),
        {"NONE", "FORWARD", "FORWARD_TRANSITIVE"},
    ),
    "leaves out what is needed": (record("a"), {"NONE", "BACKWARD", "BACKWARD_TRANSITIVE"}),
    "neither": (record("a", "c!"), {"NONE"}),
}
TRANSITIVE = {
    "may be read and reads": {"BACKWARD_TRANSITIVE", "FULL_TRANSITIVE"},
}
"""Levels that see the oldest version too, whose records lack `b`."""


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", NEW)
def test_the_level_decides(registry: AskedRegistry, subject: str, kind: str, level: str) -> None:
    registry.given("PUT", f"/config/{subject}", {"compatibility": "NONE"})
    registry.register(subject, OLDEST)
    registry.register(subject, OLD)
    registry.given("PUT", f"/config/{subject}", {"compatibility": level})
    schema, allowed = NEW[kind]
    is_allowed = level in allowed - TRANSITIVE.get(kind, set())
    checked = registry.given(
        "POST", f"/compatibility/subjects/{subject}/versions", {"schema": schema}
    )["is_compatible"]
    taken = registry.ask("POST", f"/subjects/{subject}/versions", {"schema": schema}).status
    is_there = kind == "leaves out what is needed"
    registry.then((checked, taken), (is_allowed, 200 if is_allowed or is_there else 409))


def test_the_latest_of_an_unknown_subject_takes_everything(
    registry: AskedRegistry, subject: str
) -> None:
    path = f"/compatibility/subjects/{subject}/versions/latest"
    registry.then(registry.ask("POST", path, {"schema": FIRST}).document, {"is_compatible": True})


def test_a_verdict_says_why_in_confluents_words(registry: AskedRegistry, subject: str) -> None:
    registry.register(subject, FIRST)
    path = f"/compatibility/subjects/{subject}/versions/latest"
    answer = registry.given("POST", path, {"schema": record("a", "must!")}, verbose="true")
    registry.then(
        answer.get("messages"),
        [
            (
                "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'must' at"
                " path '/fields/1' in the new schema has no default value and is missing in the"
                " old schema', additionalInfo:'must'}"
            ),
            "{oldSchemaVersion: 1}",
            f"{{oldSchema: '{FIRST}'}}",
            "{validateFields: 'false', compatibility: 'BACKWARD'}",
        ],
    )


def test_a_refusal_says_why_in_confluents_words(registry: AskedRegistry, subject: str) -> None:
    registry.register(subject, FIRST)
    answer = registry.ask("POST", f"/subjects/{subject}/versions", {"schema": '"int"'})
    registry.then(
        answer.document["message"].replace(subject, "s"),
        'Schema being registered is incompatible with an earlier schema for subject "s", details:'
        " [{errorType:'TYPE_MISMATCH', description:'The type (path '/') of a field in the new"
        " schema does not match with the old schema', additionalInfo:'reader type: INT not"
        f" compatible with writer type: RECORD'}}, {{oldSchemaVersion: 1}}, {{oldSchema:"
        f" '{FIRST}'}}, {{validateFields: 'false', compatibility: 'BACKWARD'}}]",
    )


# Settings


def test_a_subjects_level_stands_before_the_registrys(
    registry: AskedRegistry, at_backward: None, subject: str
) -> None:
    registry.given("PUT", "/config", {"compatibility": "FULL"})
    registry.given("PUT", f"/config/{subject}", {"compatibility": "FORWARD"})
    own = registry.given("GET", f"/config/{subject}")
    registry.given("DELETE", f"/config/{subject}")
    left = registry.ask("GET", f"/config/{subject}", defaultToGlobal="true")
    levels = (own["compatibilityLevel"], left.document.get("compatibilityLevel"))
    registry.then(levels, ("FORWARD", "FULL"))


def test_importing_keeps_the_id_and_the_version(
    registry: AskedRegistry, at_backward: None, subject: str
) -> None:
    registry.given("PUT", "/mode", {"mode": "IMPORT"}, force="true")
    schema_id = 10_000_000 + int(subject[-6:], 16)
    registry.register(subject, record("a", doc=subject), id=schema_id, version=7)
    found = registry.given("GET", f"/subjects/{subject}/versions/latest")
    registry.then((found["id"] == schema_id, found["version"]), (True, 7))


def test_importing_is_not_judged(registry: AskedRegistry, at_backward: None, subject: str) -> None:
    registry.given("PUT", f"/mode/{subject}", {"mode": "IMPORT"})
    schema_id = 30_000_000 + int(subject[-6:], 16)
    registry.register(subject, record("a", doc=subject), id=schema_id)
    registry.register(subject, record("a", "must!", doc=subject), id=schema_id + 1)
    registry.then(versions(registry, subject), [1, 2])


def test_a_read_only_registry_is_not_changed(
    registry: AskedRegistry, at_backward: None, subject: str
) -> None:
    registry.given("PUT", "/mode", {"mode": "READONLY"})
    answer = registry.ask("POST", f"/subjects/{subject}/versions", {"schema": FIRST})
    registry.then(answer.outcome, "422 42205")


@pytest.mark.parametrize("word", ["True", "TRUE", "true"])
def test_a_boolean_may_be_written(registry: AskedRegistry, subject: str, word: str) -> None:
    registry.register(subject, FIRST)
    registry.given("DELETE", f"/subjects/{subject}")
    registry.then(versions(registry, subject, deleted=word), [1])
