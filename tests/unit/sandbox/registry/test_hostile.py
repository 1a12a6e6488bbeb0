"""No request makes the registry fail: an answer with a number, never a 500."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowodm.sandbox.registry.endpoints import handle
from flowodm.sandbox.registry.http import RegistryRequest
from tests.unit.sandbox.registry.asking import Registry, record

pytestmark = pytest.mark.unit

WORDS = (
    "subjects",
    "versions",
    "schemas",
    "ids",
    "guids",
    "config",
    "mode",
    "compatibility",
    "latest",
    "1",
    "-1",
    "schema",
    "referencedby",
    "types",
    "contexts",
    "s",
    "",
    "x\x00",
)
KEYS = (
    "schema",
    "schemaType",
    "references",
    "id",
    "version",
    "compatibility",
    "mode",
    "name",
    "subject",
    "type",
    "fields",
    "items",
    "metadata",
    "symbols",
    "size",
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["record", "int", "AVRO", "IMPORT", "NONE", '"int"', '{"type":"array"}']),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=5),
    max_leaves=15,
)
SEGMENTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=6)
QUERY = st.dictionaries(
    st.sampled_from(
        [
            "deleted",
            "permanent",
            "offset",
            "limit",
            "normalize",
            "subjectPrefix",
            "force",
            "verbose",
        ]
    ),
    st.sampled_from(["true", "True", "", "-1", "1", "x", "9" * 30]) | st.text(max_size=4),
    max_size=3,
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "\x00"])


@pytest.fixture(scope="module")
def registry() -> Registry:
    registry = Registry(level="FULL_TRANSITIVE")
    registry.register("s", record("A", "x"))
    return registry


def ask(registry: Registry, method: str, segments: list[str], query: dict, body: bytes) -> int:
    answer = handle(RegistryRequest(method, tuple(segments), query, body), registry.store)
    assert 200 <= answer.status < 500
    json.loads(answer.body())
    return answer.status


@settings(max_examples=500, deadline=None)
@given(METHODS, SEGMENTS, QUERY, st.binary(max_size=50))
def test_any_request_is_answered(registry, method, segments, query, body) -> None:
    ask(registry, method, segments, query, body)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(
        [
            ("POST", ("subjects", "s")),
            ("POST", ("subjects", "s", "versions")),
            ("POST", ("compatibility", "subjects", "s", "versions", "latest")),
            ("POST", ("compatibility", "subjects", "s", "versions")),
            ("PUT", ("config", "s")),
            ("PUT", ("mode",)),
            ("PUT", ("config",)),
            ("PUT", ("mode", "u")),
        ]
    ),
    JSON,
    JSON,
)
def test_any_json_is_answered(registry, place, document, schema) -> None:
    method, segments = place
    ask(registry, method, segments, {}, json.dumps(document).encode())
    ask(registry, method, segments, {}, json.dumps({"schema": json.dumps(schema)}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'{"a":' * 500_000,
        b'{"schema":' + json.dumps('{"type":"array","items":' * 50_000).encode() + b"}",
        b'{"schema":'
        + json.dumps('{"type":"array","items":' * 50_000 + '"int"' + "}" * 50_000).encode()
        + b"}",
        b'{"schema":"\\"int\\"","id":' + b"9" * 100_000 + b"}",
        b'{"schema":"\\ud800"}',
        b'{"schema":"\\u0000"}',
        b"\xff\xfe",
        b'{"schema":'
        + json.dumps('{"type":"enum","name":"E","symbols":[' + "1," * 200_000).encode()
        + b"}",
        json.dumps({"schema": "x" * 3_000_000}).encode(),
        json.dumps({"schema": '"int"', "references": [{}] * 100_000}).encode(),
    ],
    ids=range(11),
)
def test_deep_long_and_broken_bodies_are_refused(registry, body: bytes) -> None:
    status = ask(registry, "POST", ["subjects", "deep", "versions"], {}, body)
    assert status in (200, 400, 422)


@pytest.mark.parametrize("word", ["yes", "1", "tru", "ｔｒｕｅ", "true true", "\x00"])
@pytest.mark.parametrize("name", ["deleted", "deletedOnly"])
def test_a_boolean_that_is_none_is_refused(registry, name: str, word: str) -> None:
    assert registry.code("GET", "subjects", **{name: word}) == 400


@pytest.mark.parametrize("word", ["true", "True", "TRUE", "false", "False", ""])
def test_a_boolean_is_one_in_any_case(registry, word: str) -> None:
    registry.get("subjects", deleted=word)


@pytest.mark.parametrize(
    "body", [b'{"schema":"\\"int\\"","schema":"\\"long\\""}', b'{"a":{"b":1,"b":2}}', b'{"id":NaN}']
)
def test_a_body_that_says_two_things_or_no_number_is_refused(registry, body: bytes) -> None:
    assert ask(registry, "POST", ["subjects", "u", "versions"], {}, body) == 400


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("", 200),
        ("application/vnd.schemaregistry.v1+json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("application/octet-stream", 200),
        ("application/x-www-form-urlencoded", 415),
        ("text/plain", 415),
        ("\x00", 415),
    ],
)
def test_a_body_of_another_type_is_refused(registry, kind: str, status: int) -> None:
    body = b'{"schema":"\\"int\\""}'
    request = RegistryRequest("POST", ("subjects", "typed", "versions"), {}, body, kind)
    assert handle(request, registry.store).status == status
