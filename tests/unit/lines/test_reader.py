"""Lines to messages: values alone, envelopes, keys, and which schema writes them."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.avro import parse
from flowodm.codec import Codec
from flowodm.codec.encode import compile_encoder
from flowodm.codec.framing import KEY_HEADER, VALUE_HEADER, frame
from flowodm.config import RegistryConfig
from flowodm.envelope import EnvelopeWriter
from flowodm.errors import (
    ConfigurationError,
    SchemaNotFound,
    SerializationError,
    SubjectNotFound,
    UsageError,
)
from flowodm.json_form import JSON
from flowodm.lines import LineOptions, LineReader, Message, SchemaWish, SideSchemas
from flowodm.record import Headers, Record
from flowodm.registry import SchemaRegistry
from flowodm.sandbox.registry import RegistryServer

pytestmark = pytest.mark.unit

ORDER = parse(
    {
        "type": "record",
        "name": "shop.Order",
        "fields": [
            {"name": "id", "type": "long"},
            {"name": "user", "type": {"type": "record", "name": "User", "fields": [{"name": "name", "type": ["null", "string"], "default": None}]}, "default": {}},
            {"name": "token", "type": {"type": "string", "logicalType": "uuid"}, "default": ""},
        ],
    }
)  # fmt: skip
OTHER = '{"type":"record","name":"shop.Other","fields":[{"name":"x","type":"int"}]}'
TOKEN = "0b6f3a1e-5c1d-4f0e-9a3b-2d1c0e9f8a7b"

Make = Callable[..., LineReader]
NO_WISH = SchemaWish()


@pytest.fixture(scope="module")
def registry() -> Iterator[SchemaRegistry]:
    with RegistryServer() as server, SchemaRegistry(RegistryConfig(url=server.url)) as registry:
        registry.register("orders-value", ORDER.to_json())
        registry.register("keyed-value", ORDER.to_json())
        registry.register("keyed-key", '"long"')
        yield registry


@pytest.fixture
def make(registry: SchemaRegistry) -> Make:
    def make(
        topic: str = "orders",
        *,
        key_wish: SchemaWish = NO_WISH,
        value_wish: SchemaWish = NO_WISH,
        dry_run: bool = False,
        **options: Any,
    ) -> LineReader:
        return LineReader(
            LineOptions(**options),
            SideSchemas(topic, "key", lambda: registry, key_wish, dry_run=dry_run),
            SideSchemas(topic, "value", lambda: registry, value_wish, dry_run=dry_run),
        )

    return make


def order(registry: SchemaRegistry, value: dict[str, Any]) -> bytes:
    schema_id = registry.version("orders-value").schema.schema_id
    return compile_encoder(ORDER).encode(value, frame(schema_id))


def envelope(
    registry: SchemaRegistry,
    *,
    key: bytes | None = None,
    value: bytes | None = None,
    headers: Headers = (),
    timestamp: int | None = 5,
) -> str:
    """What `tail` writes of a record."""
    record = Record("orders", 0, 7, "create", timestamp, key, value, headers)
    decoded = Codec(registry, style=JSON).decode(record)
    return EnvelopeWriter().line(decoded).decode()


def test_a_value_is_written_with_the_subjects_latest_schema(
    registry: SchemaRegistry, make: Make
) -> None:
    message = make().read('{"id": 7, "user": {"name": "ann"}}')
    assert message == Message(None, order(registry, {"id": 7, "user": {"name": "ann"}}), (), None)


def test_the_label_names_the_schema_that_was_used(registry: SchemaRegistry, make: Make) -> None:
    reader = make()
    reader.read('{"id": 7}')
    schema_id = registry.version("orders-value").schema.schema_id
    assert reader.labels == (f"orders-value v1, id {schema_id}",)


@pytest.mark.parametrize(
    ("line", "path", "message"),
    [
        ('{"id": "7"}', "id", "expected a whole number; found the text `7`"),
        ('{"id": 7, "id": 8}', "", "not JSON: the key `id` is there twice"),
        ('{"id": 7', "", "not JSON: "),
        ('{"id": NaN}', "", "not JSON: `NaN` is no JSON value"),
        ("null", "", "expected an object"),
        ('{"id": 7, "token": "u-17"}', "token", "expected a UUID"),
        ('{"id": 7, "user": {"nam": "x"}}', "user", "has no field `nam`"),
        ('{"a":' * 1000 + "1" + "}" * 1000, "", "nested deeper"),
    ],
)
def test_a_wrong_value_is_refused(make: Make, line: str, path: str, message: str) -> None:
    with pytest.raises(SerializationError) as caught:
        make().read(line)
    assert caught.value.path == path
    assert message in caught.value.message


def test_json_over_several_lines_is_told_how_to_become_lines(make: Make) -> None:
    with pytest.raises(SerializationError) as caught:
        make().read("[")
    assert caught.value.hint is not None
    assert "jq -c" in caught.value.hint


@pytest.mark.parametrize(
    ("form", "line", "data"),
    [
        ("json", ' {"a" : 1.10}\t', b'{"a" : 1.10}'),
        ("json", "null", b"null"),
        ("text", " a\tb ", b" a\tb "),
        ("text", "123", b"123"),
        ("base64", "AP8=", b"\x00\xff"),
    ],
)
def test_a_plain_format_needs_no_schema(make: Make, form: str, line: str, data: bytes) -> None:
    assert make("unknown", value_format=form).read(line).value == data


@pytest.mark.parametrize(
    ("form", "line"), [("json", "{"), ("base64", "%"), ("text", "\ud800"), ("json", '"\ud800"')]
)
def test_a_plain_format_is_checked_too(make: Make, form: str, line: str) -> None:
    with pytest.raises(SerializationError):
        make("unknown", value_format=form).read(line)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({}, None),
        ({"key": "k-1"}, b"k-1"),
        ({"key": "7", "key_format": "json"}, b"7"),
        ({"key": "AP8=", "key_format": "base64"}, b"\x00\xff"),
        ({"key_field": "id"}, b"7"),
        ({"key_field": "user.name"}, b"ann"),
        ({"key_field": "user.name", "key_format": "json"}, b'"ann"'),
        ({"key_field": "user"}, b'{"name":"ann"}'),
        ({"key_field": "none"}, None),
        ({"key_field": "price"}, b"1.5"),
        ({"key_field": "long"}, b"12345678901234567890.123"),
        ({"key_field": "ok"}, b"true"),
        ({"key_field": "a.b"}, b"dotted"),
    ],
)
def test_the_key_is_given_or_taken_from_a_field(
    make: Make, options: dict[str, Any], key: bytes | None
) -> None:
    line = '{"id": 7, "user": {"name": "ann"}, "none": null, "price": 1.5, "ok": true, "a.b": "dotted", "long": 12345678901234567890.123}'
    assert make(value_format="json", **options).read(line).key == key


def test_a_key_is_avro_where_its_subject_has_a_schema(registry: SchemaRegistry, make: Make) -> None:
    written = frame(registry.version("keyed-key").schema.schema_id) + b"\x0e"
    assert make("keyed", key_field="id").read('{"id": 7}').key == written
    assert make("keyed", key="7").read('{"id": 8}').key == written
    assert make("keyed", key="7", key_format="text").read('{"id": 8}').key == b"7"


def test_a_typed_avro_key_may_be_text(registry: SchemaRegistry, make: Make) -> None:
    wish = SchemaWish(text='"string"', origin="key.avsc", register=True)
    key = make(key_wish=wish, key="7").read('{"id": 7}').key
    assert key == frame(registry.version("orders-key").schema.schema_id) + b"\x027"
    registry.delete_subject("orders-key")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key_field": "user.nam"}, "there is no field `user.nam` to take the key from"),
        ({"key_field": "id.x"}, "there is no field `id.x`"),
        ({"key_field": "user", "key_format": "base64"}, "the key (field `user`): expected base64"),
    ],
)
def test_a_key_that_is_not_there_is_refused(
    make: Make, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SerializationError) as caught:
        make(**options).read('{"id": 7, "user": {"name": "ann"}}')
    assert message in caught.value.message


def test_headers_are_for_every_record(registry: SchemaRegistry, make: Make) -> None:
    more = (("source", b"test"),)
    assert make(headers=more).read('{"id": 7}').headers == more
    line = envelope(registry, headers=(("a", None),))
    assert make(headers=more).read(line).headers == (("a", None), *more)


def test_a_schema_id_is_used_as_it_is(registry: SchemaRegistry, make: Make) -> None:
    other = registry.register("somewhere-value", OTHER).schema_id
    assert (
        make(value_wish=SchemaWish(schema_id=other)).read('{"x": 1}').value
        == frame(other) + b"\x02"
    )
    with pytest.raises(SchemaNotFound):
        make(value_wish=SchemaWish(schema_id=999_999)).read('{"x": 1}')


def test_a_schema_file_must_be_registered_or_be_asked_to_be(
    registry: SchemaRegistry, make: Make
) -> None:
    wish = SchemaWish(text=OTHER, origin="other.avsc")
    with pytest.raises(SchemaNotFound) as caught:
        make("fresh", value_wish=wish).read('{"x": 1}')
    assert caught.value.message == "`other.avsc` is not registered under `fresh-value`"
    assert caught.value.hint == "register it with `--register`"
    asked = SchemaWish(text=OTHER, origin="other.avsc", register=True)
    reader = make("fresh", value_wish=asked, dry_run=True)
    assert reader.read('{"x": 1}').value == b"\x02"
    assert not reader.can_send
    assert "fresh-value" not in registry.subjects()
    reader = make("fresh", value_wish=asked)
    data = reader.read('{"x": 1}').value
    assert reader.can_send
    registered = registry.version("fresh-value").schema.schema_id
    assert data == frame(registered) + b"\x02"
    assert make("fresh", value_wish=wish).read('{"x": 1}').value == data


def test_a_topic_without_a_schema_says_what_to_do(make: Make) -> None:
    with pytest.raises(SubjectNotFound) as caught:
        make("unknown").read('{"id": 7}')
    assert caught.value.message == "nothing is registered under `unknown-value`"
    assert caught.value.hint is not None
    assert "--schema FILE --register" in caught.value.hint
    assert "--value-format json" in caught.value.hint


def test_without_a_registry_only_avro_is_refused() -> None:
    def make(**options: Any) -> LineReader:
        sides = (SideSchemas("t", "key", None, NO_WISH), SideSchemas("t", "value", None, NO_WISH))
        return LineReader(LineOptions(**options), *sides)

    assert make(value_format="text", key="k").read("x") == Message(b"k", b"x", (), None)
    with pytest.raises(ConfigurationError, match="a value in Avro needs a schema registry"):
        make().read('{"id": 7}')


ENVELOPE_SIDES = [
    None,
    b"",
    b"u-17",
    b"123",
    b'{"a" : 1.10, "a": 2}',
    b'{\n"a":\t1}',
    b"\xff\xfe",
    (42).to_bytes(8, "big"),
    frame(999_999) + b"unknown",
    b'"\xe2\x80\xae"',
]


@pytest.mark.parametrize("side", ENVELOPE_SIDES)
def test_an_envelope_gives_the_same_bytes_back(
    registry: SchemaRegistry, make: Make, side: bytes | None
) -> None:
    headers = (("a", b"1"), ("a", None), ("b", b"\xff"))
    line = envelope(registry, key=side, value=side, headers=headers)
    assert make().read(line) == Message(side, side, headers, 5)


@given(side=st.binary(max_size=40), headers=st.lists(st.tuples(st.text(), st.binary())).map(tuple))
def test_any_record_comes_back(registry: SchemaRegistry, side: bytes, headers: Headers) -> None:
    if side[:1] == b"\0" or any(name in (KEY_HEADER, VALUE_HEADER) for name, _ in headers):
        return  # a framing, whose id the registry may know
    sides = (SideSchemas("t", "key", lambda: registry, SchemaWish()), SideSchemas("t", "value", lambda: registry, SchemaWish()))  # fmt: skip
    line = envelope(registry, key=side, value=side, headers=headers)
    assert LineReader(LineOptions(), *sides).read(line) == Message(side, side, headers, 5)


def test_an_avro_envelope_is_written_with_its_own_schema(
    registry: SchemaRegistry, make: Make
) -> None:
    data = order(registry, {"id": 7, "token": "no uuid at all"})
    key = frame(registry.version("keyed-key").schema.schema_id) + b"\x0e"
    line = envelope(registry, key=key, value=data)
    assert make("elsewhere").read(line) == Message(key, data, (), 5)


def test_an_envelope_whose_schema_stands_in_a_header_stays_unframed(
    registry: SchemaRegistry, make: Make
) -> None:
    written = registry.schema_by_id(registry.version("orders-value").schema.schema_id)
    body = compile_encoder(ORDER).encode({"id": 7})
    assert written.guid is not None
    for header in (b"\1" + UUID(written.guid).bytes, frame(written.schema_id)):
        headers = ((VALUE_HEADER, header),)
        line = envelope(registry, value=body, headers=headers)
        assert json.loads(line)["payload_encoding"] == "avro"
        assert make().read(line) == Message(None, body, headers, 5)
        wish = SchemaWish(schema_id=written.schema_id)
        again = make(value_wish=wish).read(line)
        assert again == Message(None, frame(written.schema_id) + body, (), 5)


def test_a_schema_that_was_asked_for_wins_over_the_lines_own(
    registry: SchemaRegistry, make: Make
) -> None:
    line = envelope(registry, value=order(registry, {"id": 7})).replace(
        f'"value_schema_id":{registry.version("orders-value").schema.schema_id}',
        '"value_schema_id":999999',
    )
    with pytest.raises(SerializationError) as caught:
        make().read(line)
    assert "999999" in caught.value.message
    assert caught.value.hint == "`--schema-id` says which schema to use instead"
    latest = SchemaWish(schema_id=registry.version("orders-value").schema.schema_id)
    assert make(value_wish=latest).read(line).value == order(registry, {"id": 7})


def test_framed_json_keeps_its_frame(make: Make) -> None:
    line = json.dumps({"payload": {"a": 1}, "payload_encoding": "json", "value_schema_id": 7})
    assert make(form="envelopes").read(line).value == frame(7) + b'{"a": 1}'


def test_a_fault_inside_an_envelope_has_the_whole_path(
    registry: SchemaRegistry, make: Make
) -> None:
    line = envelope(registry, value=order(registry, {"id": 7})).replace('"id":7', '"id":"7"')
    with pytest.raises(SerializationError) as caught:
        make().read(line)
    assert caught.value.path == "payload.id"


@pytest.mark.parametrize("timestamp", [0, -1])
def test_a_timestamp_that_cannot_be_sent_is_refused(
    registry: SchemaRegistry, make: Make, timestamp: int
) -> None:
    with pytest.raises(SerializationError, match="cannot be sent with timestamp"):
        make().read(envelope(registry, timestamp=timestamp))


def test_an_envelope_without_a_timestamp_is_sent_now(registry: SchemaRegistry, make: Make) -> None:
    assert make().read(envelope(registry, timestamp=None)).timestamp is None


@pytest.mark.parametrize("option", ["key", "key_field", "key_format", "value_format"])
def test_options_for_values_mean_nothing_for_envelopes(
    registry: SchemaRegistry, make: Make, option: str
) -> None:
    value = "json" if option.endswith("format") else "id"
    with pytest.raises(UsageError, match=f"`--{option.replace('_', '-')}` means nothing here"):
        make(**{option: value}).read(envelope(registry))


def test_what_the_first_line_is_all_are(registry: SchemaRegistry, make: Make) -> None:
    reader = make()
    reader.read(envelope(registry))
    with pytest.raises(SerializationError, match="an envelope has no field `id`"):
        reader.read('{"id": 7}')
    reader = make()
    reader.read('{"id": 7}')
    with pytest.raises(SerializationError, match="has no field `topic`"):
        reader.read(envelope(registry))


def test_values_that_look_like_envelopes_may_be_said_to_be_values(
    registry: SchemaRegistry, make: Make
) -> None:
    line = envelope(registry)
    assert make(form="values", value_format="json").read(line).value == line.encode()


def test_base64_in_an_undecoded_side_is_all_of_its_bytes(
    registry: SchemaRegistry, make: Make
) -> None:
    broken = order(registry, {"id": 7})[:-1]
    line = envelope(registry, value=broken)
    document = json.loads(line)
    assert base64.b64decode(document["payload"]) == broken
    assert "payload_error" in document
    assert make().read(line).value == broken
