"""The envelope, both ways: what `tail` writes is what `produce` reads."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.envelope import FIELDS, EnvelopeWriter, is_envelope, read_envelope
from flowodm.errors import SerializationError
from flowodm.record import Decoded, DecodedRecord, Headers, Record, Undecodable

pytestmark = pytest.mark.unit

NO_BYTES = Decoded(None, "null")


def record(key: bytes | None = None, value: bytes | None = None, headers: Headers = ()) -> Record:
    return Record("user-events", 2, 10482, "create", 1_795_435_445_118, key, value, headers)


def written(
    *,
    key: Decoded | Undecodable = NO_BYTES,
    value: Decoded | Undecodable = NO_BYTES,
    raw_key: bytes | None = None,
    raw_value: bytes | None = None,
    headers: Headers = (),
) -> str:
    decoded = DecodedRecord(record(raw_key, raw_value, headers), key, value)
    return EnvelopeWriter().line(decoded).decode()


def json_value(raw: bytes) -> str:
    return written(value=Decoded(json.loads(raw), "json"), raw_value=raw)


def test_a_line_has_the_fields_in_order_and_every_absent_id_as_null() -> None:
    line = written(
        key=Decoded("u-17", "text"),
        raw_key=b"u-17",
        value=Decoded({"amount": "12.34"}, "avro", 42),
        raw_value=b"\0\0\0\0*...",
        headers=(("trace-id", b"4bf9"), ("none", None), ("binary", b"\xff\x00")),
    )
    assert line == (
        '{"topic":"user-events","partition":2,"offset":10482,"tstype":"create",'
        '"ts":1795435445118,"headers":[["trace-id","4bf9"],["none",null],["binary",{"base64":"/wA="}]],'
        '"key_encoding":"text","key":"u-17","payload_encoding":"avro","payload":{"amount":"12.34"},'
        '"key_schema_id":null,"value_schema_id":42}'
    )
    assert tuple(json.loads(line)) == FIELDS


def test_a_record_without_a_timestamp_says_null() -> None:
    bare = Record("t", 0, 0, "unknown", None, None, None, ())
    line = EnvelopeWriter().line(DecodedRecord(bare, NO_BYTES, NO_BYTES))
    assert json.loads(line)["ts"] is None
    assert read_envelope(line.decode()).timestamp is None


def test_a_record_that_is_not_written_yet_has_no_place() -> None:
    planned = Record("t", -1, -1, "create", 1, None, None, ())
    line = EnvelopeWriter().line(DecodedRecord(planned, NO_BYTES, NO_BYTES)).decode()
    document = json.loads(line)
    assert (document["partition"], document["offset"]) == (None, None)
    assert read_envelope(line).partition is None


def test_a_tombstone_is_null_twice_and_an_avro_null_is_not() -> None:
    tombstone = json.loads(written())
    assert (tombstone["payload_encoding"], tombstone["payload"]) == (None, None)
    avro_null = json.loads(written(value=Decoded(None, "avro", 7), raw_value=b"\0\0\0\0\x07"))
    assert (avro_null["payload_encoding"], avro_null["payload"]) == ("avro", None)


def test_an_undecodable_side_keeps_all_its_bytes_and_says_why() -> None:
    raw = b"\0\0\0\0*\x06u-3"
    line = written(
        value=Undecodable("index 7: the union has 2 branches", raw, 42, 14), raw_value=raw
    )
    document = json.loads(line)
    assert document["payload_error"] == "index 7: the union has 2 branches (byte 14)"
    assert (document["payload_encoding"], document["value_schema_id"]) == ("base64", 42)
    assert "key_error" not in document
    value = read_envelope(line).value
    assert value.data == raw
    assert value.is_whole


@pytest.mark.parametrize(
    "raw",
    [
        b'{"amount": 1.10, "amount": 2}',
        b"12345678901234567890.1234567890",
        b"[1e5, 1E+5,-0, -0.0]",
        b'"K\xc3\xb6ln \\u202e \\ud800"',
        b"null",
        b"123",
    ],
)
def test_a_json_side_stands_in_the_line_as_it_is(raw: bytes) -> None:
    line = json_value(raw)
    assert raw.decode() in line
    assert "payload_raw" not in line
    assert read_envelope(line).value.data == raw


@pytest.mark.parametrize(
    "raw",
    [
        b'{\n\t"amount": 1.10\r\n}',
        b" 1 ",
        b'"\xe2\x80\xae right to left"',
        b'"\x7f"',
        b'"\xc2\x9b31m"',
        b'"\xf3\xa0\x81\x81"',
    ],
)
def test_json_that_cannot_stand_in_a_line_keeps_its_bytes_beside_it(raw: bytes) -> None:
    line = json_value(raw)
    assert json.loads(line)["payload"] == json.loads(raw)
    assert all(character.isprintable() for character in line)
    assert read_envelope(line).value.data == raw


@pytest.mark.parametrize("edited", ['{"paid": 1}', '{"paid": false}', '{"paid":true,"by":"me"}'])
def test_the_bytes_beside_an_edited_json_side_no_longer_count(edited: str) -> None:
    line = json_value(b'{"paid":\ntrue}').replace('{"paid": true}', edited)
    assert edited in line
    assert read_envelope(line).value.data == edited.encode()


def test_framed_json_goes_without_its_frame_and_names_its_schema() -> None:
    raw = b'\0\0\0\0\x07{"a": 1}'
    line = written(value=Decoded({"a": 1}, "json", 7), raw_value=raw)
    value = read_envelope(line).value
    assert (value.data, value.schema_id, value.is_whole) == (b'{"a": 1}', 7, False)


def test_deeply_nested_values_are_written() -> None:
    value: Any = 1
    for _ in range(400):
        value = [value]
    line = written(value=Decoded(value, "avro", 1), raw_value=b"")
    assert "[" * 400 + "1" + "]" * 400 in line


@given(st.text(), st.text(alphabet="\x00\x1b\x7f\x9b\u202e\u2028\u200b\ufeff\U000e0041\n\r"))
def test_no_text_steers_a_terminal_and_all_of_it_comes_back(text: str, controls: str) -> None:
    whole = f"{text}{controls}"
    line = written(
        key=Decoded(whole, "text"),
        raw_key=whole.encode(),
        value=Decoded({whole: whole}, "avro", 1),
        raw_value=b"",
        headers=((whole, whole.encode()),),
    )
    assert not any(character in line for character in "\x00\x1b\x7f\x9b\u202e\u2028\u200b\n\r")
    envelope = read_envelope(line)
    assert envelope.key.data == whole.encode()
    assert envelope.value.value == {whole: whole}
    assert envelope.headers == ((whole, whole.encode()),)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@given(JSON_VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_every_json_side_comes_back_byte_for_byte(
    value: Any, indent: int | str | None, ascii_only: bool
) -> None:
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    assert read_envelope(json_value(raw)).value.data == raw


@given(st.binary(), st.lists(st.tuples(st.text(), st.none() | st.binary())))
def test_bytes_and_headers_come_back(raw: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    line = written(key=Decoded(raw, "base64"), raw_key=raw, headers=tuple(headers))
    envelope = read_envelope(line)
    assert envelope.key.data == raw
    assert envelope.headers == tuple(headers)


def test_where_a_record_came_from_is_read_back() -> None:
    envelope = read_envelope(written())
    assert (envelope.topic, envelope.partition, envelope.offset) == ("user-events", 2, 10482)
    assert (envelope.timestamp_type, envelope.timestamp) == ("create", 1_795_435_445_118)


@pytest.mark.parametrize(
    ("line", "encoding", "data"),
    [
        ('{"payload": {"a": 1}}', "json", b'{"a": 1}'),
        ('{"payload": {"a": 1}, "value_schema_id": 3}', "avro", None),
        ('{"payload": null}', "null", None),
        ('{"payload": "x", "payload_encoding": "text"}', "text", b"x"),
    ],
)
def test_a_hand_written_line_may_leave_fields_out(
    line: str, encoding: str, data: bytes | None
) -> None:
    value = read_envelope(line).value
    assert (value.encoding, value.data) == (encoding, data)


def test_a_hand_written_key_is_text() -> None:
    key = read_envelope('{"key": "u-17", "payload": null}').key
    assert (key.encoding, key.data) == ("text", b"u-17")


@pytest.mark.parametrize(
    ("line", "path", "reason"),
    [
        ("[1]", "", "not an envelope: expected `{` at character 0"),
        ('{"topic": "t"', "", "not an envelope: expected `,` at character 13"),
        ('{"topic": "t"} x', "", "something follows"),
        ('{"topic": "t",}', "", "not an envelope: "),
        ('{"topic": "t", 1: 2}', "", "not an envelope: "),
        ("{,}", "", "not an envelope: "),
        ('{"topic": "t", "topic": "u"}', "", "is there twice"),
        ('{"topic": NaN}', "", "`NaN` is no JSON value"),
        ('{"partition": true}', "partition", "expected a whole number or null; found true"),
        ('{"ts": "now"}', "ts", "found the text `now`"),
        ('{"tstype": "later"}', "tstype", "`create`, `logappend`, `unknown`"),
        ('{"headers": {}}', "headers", "an array of pairs; found an object"),
        ('{"headers": [["a"]]}', "headers[0]", "a pair of a name and a value"),
        ('{"headers": [["a", 1]]}', "headers[0]", "found the number 1"),
        ('{"headers": [["a", {"base64": "%"}]]}', "headers[0]", "is not base64"),
        ('{"payload": 1, "payload_encoding": null}', "payload", "expected null"),
        ('{"payload": 1, "payload_encoding": "text"}', "payload", "expected text"),
        ('{"payload": 1, "payload_encoding": "xml"}', "payload_encoding", "the text `xml`"),
        ('{"payload": "a", "payload_encoding": "base64"}', "payload", "is not base64"),
        ('{"key": "\\ud800", "key_encoding": "text"}', "key", "half of a surrogate pair"),
        (
            '{"payload": {"a": [{"b": 1, "b": 2}]}, "payload_encoding": "avro"}',
            "payload",
            "the key `b` is there twice",
        ),
    ],
)
def test_a_wrong_line_is_refused_by_its_field(line: str, path: str, reason: str) -> None:
    with pytest.raises(SerializationError) as caught:
        read_envelope(line)
    assert caught.value.path == path
    assert reason in caught.value.message


def test_an_unknown_field_is_refused_with_the_nearest() -> None:
    with pytest.raises(SerializationError, match="no field `paylod`") as caught:
        read_envelope('{"paylod": 1}')
    assert caught.value.hint == "did you mean `payload`?"


def test_an_envelope_is_told_from_a_value() -> None:
    assert is_envelope(json.loads(written()))
    assert not is_envelope({"topic": "t", "payload": {}})
    assert not is_envelope([1])


def test_numbers_of_an_avro_side_keep_their_digits() -> None:
    line = written(value=Decoded([2**63 - 1, -(2**63), 0.1, -0.0, 1e16], "avro", 1), raw_value=b"")
    value = read_envelope(line).value.value
    assert value == [2**63 - 1, -(2**63), 0.1, 0.0, 1e16]
    assert math.copysign(1, value[3]) == -1
