"""What is asked, what is kept, and what is made of the answers."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.avro import parse
from flowodm.errors import (
    FlowODMError,
    RegistryError,
    RegistryUnreachable,
    SchemaCompatibilityError,
    SchemaError,
    SchemaNotFound,
    SchemaParseError,
    SubjectNotFound,
)
from flowodm.registry.model import Reference, RegisteredSchema, SchemaDocument
from flowodm.registry.shapes import MAX_REFERENCES
from tests.unit.registry.scripted import BASE, World, answer, failure, refusal

pytestmark = pytest.mark.unit

INT = {"schema": '"int"'}
GUID = "2d3a68c7-4fae-6064-811c-660532362436"


def versioned(subject: str, version: int, text: str = '"int"', references: list = ()) -> dict:
    return {
        "subject": subject,
        "version": version,
        "id": 100 + version,
        "schema": text,
        "references": list(references),
    }


def reference(subject: str, version: int = 1, name: str = "") -> dict:
    return {"name": name or subject, "subject": subject, "version": version}


# What is kept


def test_an_id_is_asked_for_once() -> None:
    world = World([answer(INT)])
    first = world.run(world.rules.schema_by_id(7))
    assert world.run(world.rules.schema_by_id(7)) is first
    assert world.urls == [f"{BASE}/schemas/ids/7"]


def test_an_id_in_another_context_is_another_id() -> None:
    world = World([answer(INT), answer({"schema": '"long"'})])
    world.run(world.rules.schema_by_id(7))
    assert world.run(world.rules.schema_by_id(7, ":.c:s")).text == '"long"'
    assert world.urls[1] == f"{BASE}/schemas/ids/7?subject=%3A.c%3As"


def test_the_latest_version_is_asked_for_again_after_some_seconds() -> None:
    world = World([answer(versioned("s", 1)), answer(versioned("s", 2))])
    assert world.run(world.rules.version("s", "latest")).version == 1
    world.now += 4
    assert world.run(world.rules.version("s", "latest")).version == 1
    world.now += 2
    assert world.run(world.rules.version("s", "latest")).version == 2


def test_registering_forgets_the_latest_version() -> None:
    world = World([answer(versioned("s", 1)), answer({"id": 5}), answer(versioned("s", 2))])
    world.run(world.rules.version("s", "latest"))
    world.run(world.rules.register("s", '"int"'))
    assert world.run(world.rules.version("s", "latest")).version == 2


def test_an_id_and_a_version_are_sent_where_they_are_to_be_kept() -> None:
    world = World([answer({"id": 42})])
    found = world.run(world.rules.register("s", '"int"', schema_id=42, version=3))
    body = json.loads(world.requests[0].body)
    assert (found.schema_id, body["id"], body["version"]) == (42, 42, 3)


def test_the_latest_versions_of_all_subjects_are_one_question() -> None:
    world = World([answer([versioned("a", 1), versioned("b", 2)])])
    found = world.run(world.rules.latest_versions())
    assert [(one.subject, one.version) for one in found] == [("a", 1), ("b", 2)]
    assert world.urls == [f"{BASE}/schemas?latestOnly=true"]


def test_an_unknown_id_is_taken_as_unknown_for_a_short_while() -> None:
    world = World([refusal(40403), refusal(40403), answer(INT)])
    for _ in range(3):
        with pytest.raises(SchemaNotFound, match="no schema id 7"):
            world.run(world.rules.schema_by_id(7))
    assert len(world.requests) == 1
    world.now += 60
    with pytest.raises(SchemaNotFound):
        world.run(world.rules.schema_by_id(7))
    world.now += 60
    assert world.run(world.rules.schema_by_id(7)).schema_id == 7


@pytest.mark.parametrize(
    "outcome", [failure("too-large"), answer({"schema": 7}), answer([]), refusal(42201)]
)
def test_a_schema_that_cannot_be_had_is_not_fetched_for_every_message(outcome) -> None:
    world = World([outcome])
    for _ in range(3):
        with pytest.raises(RegistryError):
            world.run(world.parsing.by_id(7))
    assert len(world.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_missing_rights_are_not_kept(status: int) -> None:
    world = World([answer({}, status), answer(INT)])
    with pytest.raises(RegistryError):
        world.run(world.rules.schema_by_id(7))
    assert world.run(world.rules.schema_by_id(7)).text == '"int"'


def test_a_registry_without_guids_has_no_such_schema() -> None:
    world = World([answer({}, 404)])
    for _ in range(2):
        with pytest.raises(SchemaNotFound, match="or knows no GUIDs"):
            world.run(world.rules.schema_by_guid(GUID))
    assert len(world.requests) == 1


def test_a_subject_of_any_name_makes_one_printable_line() -> None:
    world = World([refusal(40401)])
    with pytest.raises(SubjectNotFound) as caught:
        world.run(world.rules.versions("a\n\x1b[2J" + "x" * 9999))
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 500


def test_an_outage_is_not_kept() -> None:
    world = World([failure("tls"), answer(INT)])
    with pytest.raises(RegistryUnreachable):
        world.run(world.rules.schema_by_id(7))
    assert world.run(world.rules.schema_by_id(7)).text == '"int"'


def test_a_guid_is_asked_for_once() -> None:
    world = World([answer({"schema": '"int"', "guid": GUID})])
    found = world.run(world.rules.schema_by_guid(GUID))
    assert world.run(world.rules.schema_by_guid(GUID)) is found
    assert world.urls == [f"{BASE}/schemas/guids/{GUID}"]


# What is asked


def test_a_plain_avro_schema_is_sent_as_the_oldest_registries_take_it() -> None:
    world = World([answer({"id": 3})])
    registered = world.run(world.rules.register("s", '"int"'))
    assert json.loads(world.requests[0].body or b"") == {"schema": '"int"'}
    assert registered == RegisteredSchema('"int"', schema_id=3)


def test_a_document_is_sent_with_its_type_and_references() -> None:
    document = SchemaDocument("{}", "JSON", (Reference("n", "s", 2),))
    world = World([answer({"id": 3})])
    assert world.run(world.rules.register("s", document)).schema_type == "JSON"
    assert json.loads(world.requests[0].body or b"") == {
        "schema": "{}",
        "schemaType": "JSON",
        "references": [{"name": "n", "subject": "s", "version": 2}],
    }


def test_a_parsed_schema_is_sent_as_its_text() -> None:
    world = World([answer({"id": 3})])
    world.run(world.rules.register("s", parse({"type": "int"})))
    assert json.loads(world.requests[0].body or b"") == {"schema": '"int"'}


def test_an_incompatible_schema_is_refused_with_the_registrys_reason() -> None:
    world = World([refusal(40901, "details: [{errorType:'T'}]", status=409)])
    with pytest.raises(SchemaCompatibilityError, match="errorType"):
        world.run(world.rules.register("s", '"int"'))


def test_a_verdict_brings_the_registrys_reasons() -> None:
    world = World([answer({"is_compatible": False, "messages": ["no `x`", 7]})])
    verdict = world.run(world.rules.compatibility("a/b", '"int"', version=3))
    assert not verdict.compatible
    assert verdict.messages == ("no `x`",)
    assert world.urls == [f"{BASE}/compatibility/subjects/a%2Fb/versions/3?verbose=true"]


def test_a_verdict_on_all_versions_has_its_own_endpoint() -> None:
    world = World([answer({"is_compatible": True})])
    assert world.run(world.rules.compatibility("s", '"int"', version=None)).messages == ()
    assert world.urls == [f"{BASE}/compatibility/subjects/s/versions?verbose=true"]


def test_five_thousand_subjects_take_one_request() -> None:
    names = [f"s{number}" for number in range(5000)]
    world = World([answer(names)])
    assert world.run(world.rules.subjects()) == tuple(names)
    assert len(world.requests) == 1


def test_a_registry_that_ignores_the_prefix_is_filtered_here() -> None:
    world = World([answer(["orders-key", "other"])])
    assert world.run(world.rules.subjects("orders")) == ("orders-key",)


def test_a_context_as_a_prefix_is_the_registrys_matter() -> None:
    world = World([answer([":.c:a", "b"])])
    assert world.run(world.rules.subjects(":*:")) == (":.c:a", "b")


def test_where_a_schema_is_registered_is_asked_for_at_once() -> None:
    world = World([answer([{"subject": "s", "version": 4, "more": 1}])])
    assert world.run(world.rules.subject_versions(7)) == (("s", 4),)


def test_where_the_registry_cannot_say_it_is_looked_up_in_each_subject() -> None:
    missing = answer({"error_code": 404, "message": "HTTP 404 Not Found"}, 404)
    found = [answer(["s", "t"]), answer(INT), answer(versioned("s", 4)), answer(versioned("t", 1))]
    world = World([missing, *found])
    assert world.run(world.rules.subject_versions(7)) == (("s", 4), ("t", 1))


def test_the_versions_of_an_unknown_id_are_not_looked_for_elsewhere() -> None:
    world = World([refusal(40403)])
    with pytest.raises(SchemaNotFound):
        world.run(world.rules.subject_versions(7))
    assert len(world.requests) == 1


def test_a_level_that_is_not_set_is_none() -> None:
    world = World([refusal(40408), answer({"compatibilityLevel": "FULL", "alias": None})])
    assert world.run(world.administration.compatibility_level("s")) is None
    assert world.run(world.administration.compatibility_level()) == "FULL"


def test_a_mode_that_is_not_set_is_none() -> None:
    world = World([refusal(40409), refusal(40401)])
    assert world.run(world.administration.mode("s")) is None
    with pytest.raises(RegistryError):
        world.run(world.administration.mode("s"))


def test_permanent_deletion_is_asked_for_by_name() -> None:
    world = World([answer([1, 2]), answer(2)])
    assert world.run(world.administration.delete_subject("s", permanent=True)) == (1, 2)
    assert world.run(world.administration.delete_version("s", 2)) == 2
    assert world.urls == [
        f"{BASE}/subjects/s?permanent=true",
        f"{BASE}/subjects/s/versions/2",
    ]


# What is made of the answers

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            [
                "schema",
                "id",
                "version",
                "subject",
                "references",
                "name",
                "schemaType",
                "guid",
                "is_compatible",
                "messages",
                "compatibilityLevel",
                "mode",
            ]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=12,
)


@given(JSON, st.integers(0, 12))
def test_json_of_any_shape_is_a_result_or_an_error_with_a_name(
    document: object, which: int
) -> None:
    world = World(lambda _: answer(document))
    rules, administration = world.rules, world.administration
    operation = [
        rules.schema_by_id(1),
        rules.schema_by_guid("g"),
        rules.subjects(),
        rules.versions("s"),
        rules.version("s", 1),
        rules.lookup("s", '"int"'),
        rules.register("s", '"int"'),
        rules.subject_versions(1),
        rules.compatibility("s", '"int"'),
        administration.delete_version("s", 1),
        administration.compatibility_level(),
        administration.mode(),
        world.parsing.by_id(1),
    ][which]
    message = ""
    try:
        world.run(operation)
    except FlowODMError as error:
        message = error.message
    assert message.isprintable()


def test_attributes_nobody_knows_are_ignored() -> None:
    world = World([answer({**INT, "metadata": {}, "ts": 1, "ruleSet": None, "schemaType": None})])
    assert world.run(world.rules.schema_by_id(1)) == RegisteredSchema('"int"', schema_id=1)


# Parsing


def test_a_schema_is_parsed_once() -> None:
    world = World([answer(INT)])
    first = world.run(world.parsing.by_id(7))
    assert world.run(world.parsing.by_id(7)) is first
    assert world.parsing.kept.get(7) is first


def test_references_are_parsed_in_order_and_each_once() -> None:
    base = '{"type":"fixed","name":"F","size":2}'
    left = '{"type":"record","name":"L","fields":[{"name":"f","type":"F"}]}'
    right = (
        '{"type":"record","name":"R","fields":[{"name":"f","type":"F"},{"name":"l","type":"L"}]}'
    )
    top = {"schema": '["null","L","R","F"]', "references": [reference("l"), reference("r")]}
    world = World(
        [
            answer(top),
            answer(versioned("l", 1, left, [reference("f")])),
            answer(versioned("f", 1, base)),
            answer(versioned("r", 1, right, [reference("f"), reference("l")])),
        ]
    )
    schema = world.run(world.parsing.by_id(1))
    assert set(schema.names) == {"L", "R", "F"}
    assert len(world.requests) == 4
    assert all(url.endswith("?deleted=true") for url in world.urls[1:])


def test_a_circle_of_references_is_found() -> None:
    def serve(request):
        name = request.url.split("/subjects/")[-1][0] if "/subjects/" in request.url else ""
        return answer(versioned(name or "x", 1, '"int"', [reference("b" if name == "a" else "a")]))

    world = World(serve)
    with pytest.raises(SchemaError, match="references itself, through version 1 of subject `a`"):
        world.run(world.parsing.by_id(1))


def test_a_fan_of_references_is_cut_off() -> None:
    count = iter(range(10**6))

    def serve(request):
        refs = [reference(f"s{next(count)}") for _ in range(10)]
        return answer(versioned("s", 1, '"int"', refs))

    world = World(serve)
    with pytest.raises(SchemaError, match=f"more than {MAX_REFERENCES} references"):
        world.run(world.parsing.by_id(1))
    assert len(world.requests) <= MAX_REFERENCES + 1


def test_a_list_of_too_many_references_is_not_followed() -> None:
    refs = [reference(f"s{number}") for number in range(MAX_REFERENCES + 1)]
    world = World([answer({**INT, "references": refs})])
    with pytest.raises(RegistryError, match="101 references"):
        world.run(world.parsing.by_id(1))


def test_long_references_are_cut_off() -> None:
    text = '{"type":"fixed","name":"F%d","size":1,"x":"' + "x" * 3_000_000 + '"}'
    refs = [reference(f"s{number}") for number in range(9)]

    def serve(request):
        if "/schemas/ids/" in request.url:
            return answer({**INT, "references": refs})
        return answer(versioned("s", 1, text % len(world.requests)))

    world = World(serve)
    with pytest.raises(SchemaError, match="longer than"):
        world.run(world.parsing.by_id(1))
    assert len(world.requests) < 7


def test_slow_references_end_after_a_minute() -> None:
    refs = [reference(f"s{number}") for number in range(50)]
    world = World(
        lambda request: answer(
            {**INT, "references": refs} if "/ids/" in request.url else versioned("s", 1)
        ),
        seconds=9,
    )
    with pytest.raises(RegistryUnreachable, match="took more than 60 s"):
        world.run(world.parsing.by_id(1))


def test_a_broken_schema_is_not_fetched_and_parsed_for_every_message() -> None:
    world = World([answer({"schema": '{"type":"recrod"}'})])
    errors = []
    for _ in range(3):
        with pytest.raises(SchemaParseError, match="schema id 7 is no Avro schema") as caught:
            world.run(world.parsing.by_id(7))
        errors.append(caught.value)
    assert len(world.requests) == 1
    assert errors[1] is not errors[2]
    assert str(errors[0]) == str(errors[2])
    assert errors[2].path == errors[0].path


def test_another_language_is_said_to_be_one() -> None:
    world = World([answer({"schema": "{}", "schemaType": "JSON"})])
    with pytest.raises(SchemaError, match="schema id 7 is JSON, not Avro"):
        world.run(world.parsing.by_id(7))


def test_a_default_that_does_not_fit_does_not_hide_a_written_schema() -> None:
    text = '{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}'
    world = World([answer({"schema": text})])
    assert world.run(world.parsing.by_id(7)).name == "R"
