"""A line of one's own: every field, every escape, and nothing that would fool a terminal."""

import base64
from datetime import UTC, datetime

import pytest

from flowodm.cli.template import compile_template
from flowodm.errors import UsageError
from flowodm.record import Decoded, DecodedRecord, Headers, Record, Undecodable
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.unit

NULL = Decoded(None, "null")
MOMENT = int(datetime(2026, 11, 23, 12, 4, 5, 123_000, tzinfo=UTC).timestamp() * 1000)


def made(
    key: Decoded | Undecodable = NULL,
    value: Decoded | Undecodable = NULL,
    raw_key: bytes | None = None,
    raw_value: bytes | None = None,
    headers: Headers = (),
    timestamp: int | None = MOMENT,
    topic: str = "t",
) -> DecodedRecord:
    record = Record(topic, 3, 41, "create", timestamp, raw_key, raw_value, headers)
    return DecodedRecord(record, key, value)


def render(template: str, record: DecodedRecord) -> str:
    return compile_template(template)(record)


def test_places_and_times() -> None:
    assert render("%t %p %o %d %T", made()) == f"t 3 41 2026-11-23T12:04:05.123Z {MOMENT}\n"


def test_a_record_without_a_time_says_null() -> None:
    assert render("%d %T", made(timestamp=None)) == "null -1\n"


def test_sizes_are_those_of_the_raw_bytes_and_minus_one_for_none() -> None:
    assert render("%K %V", made(raw_value=b"12345")) == "-1 5\n"


@pytest.mark.parametrize(
    ("side", "raw", "shown"),
    [
        (
            Decoded({"ü": [1, 2**63, "NaN"]}, "avro", 1),
            b"...",
            '{"ü":[1,9223372036854775808,"NaN"]}',
        ),
        (Decoded("a text", "text"), b"a text", "a text"),
        (Decoded(None, "null"), None, "null"),
        (Decoded(b"\xff\x00", "base64"), b"\xff\x00", "/wA="),
        (Decoded({"n": 1.10}, "json"), b'{ "n": 1.10 }\n', '{ "n": 1.10 }'),
        (Decoded(1, "json", 5), b"\0\0\0\0\x051.000", "1.000"),
        (Undecodable("bad", b"\x00\x01"), b"\x00\x01", "AAE="),
    ],
)
def test_each_encoding_has_its_form(
    side: Decoded | Undecodable, raw: bytes | None, shown: str
) -> None:
    assert render("%v", made(value=side, raw_value=raw)) == f"{shown}\n"
    assert render("%s", made(value=side, raw_value=raw)) == f"{shown}\n"
    assert render("%k", made(key=side, raw_key=raw)) == f"{shown}\n"


def test_headers_are_pairs() -> None:
    headers = (("a", b"1"), ("a", None), ("b", b"\xff"))
    assert render("%h", made(headers=headers)) == "a=1,a=null,b=b'\\xff'\n"


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("100%% \\\\ \\t|", "100% \\ \t|\n"),
        ("line\\n", "line\n"),
        ("nul\\0", "nul\0"),
        ("\\x41\\x0a", "A\n"),
        ("", "\n"),
        ("plain\n", "plain\n"),
        ("%o\\n%p", "41\n3\n"),
    ],
)
def test_escapes_and_the_line_feed_at_the_end(template: str, shown: str) -> None:
    assert render(template, made()) == shown


@pytest.mark.parametrize("template", ["%x", "%", "50% off", "\\q", "\\x4", "\\"])
def test_a_sign_without_a_meaning_is_refused(template: str) -> None:
    with pytest.raises(UsageError, match="has no meaning"):
        compile_template(template)


@pytest.mark.parametrize("bad", HOSTILE_TEXTS)
def test_hostile_values_stay_on_their_line(bad: str) -> None:
    raw = bad.encode(errors="replace")
    record = made(
        Decoded(bad, "text"), Decoded({bad: bad}, "avro", 1), headers=((bad, raw),), topic=bad
    )
    shown = render("%t|%k|%v|%h", record)
    assert shown.count("\n") == 1
    assert not MUST_NOT_SHOW & set(shown)


def test_bytes_survive_as_base64() -> None:
    data = bytes(range(256))
    shown = render("%v", made(value=Decoded(data, "base64"), raw_value=data))
    assert base64.b64decode(shown) == data
