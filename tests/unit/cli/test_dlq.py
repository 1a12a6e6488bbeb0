"""What `dlq` makes of its options, and how it writes dead letters."""

import io
import json

import pytest

from flowodm.cli.dlq_records import LETTER_FORMATS, ShownLetter, letter_writer
from flowodm.cli.dlq_replay import parse_rate
from flowodm.cli.output import Output, Stream
from flowodm.codec import Codec
from flowodm.consumer.dead_letter import DeadLetter
from flowodm.errors import UsageError
from flowodm.record import Record
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "rate"), [("50/s", 50), ("50", 50), ("600/m", 10), ("3600/h", 1), ("0.5/s", 0.5)]
)
def test_a_rate_is_records_a_second(text: str, rate: float):
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "0", "0/s", "-1/s", "5/d", "fast", "1e9", "1/s/s", "٣"])
def test_what_is_no_rate_is_refused(text: str):
    with pytest.raises(UsageError, match="no rate"):
        parse_rate(text)


def written(form: str, *letters: DeadLetter | None, width: int = 80) -> str:
    stdout = io.BytesIO()
    output = Output(Stream(stdout), Stream(io.BytesIO()), width=width)
    writer = letter_writer(form, output, lambda *_: None, with_stack=True)
    record = Record("orders-dlt", 0, 7, "create", 1_700_000_000_000, b"k", b'{"n":1}', ())
    decode = Codec(None, style=writer.style).decode
    writer.write([ShownLetter(decode(record), letter, 1) for letter in letters])
    writer.end()
    return stdout.getvalue().decode()


def hostile_letter(text: str) -> DeadLetter:
    return DeadLetter(
        topic=text,
        group=text,
        exception=text,
        message=text,
        cause=text,
        stacktrace=text,
        stage=text,
    )


@pytest.mark.parametrize("form", LETTER_FORMATS)
@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_nothing_that_a_header_says_steers_the_terminal(form: str, text: str):
    shown = written(form, hostile_letter(text))
    assert not [sign for sign in MUST_NOT_SHOW if sign in shown.replace("\n", "")]


@pytest.mark.parametrize("width", [20, 40, 200])
@pytest.mark.parametrize("form", ["pretty", "wide", "table"])
def test_any_width_will_do(form: str, width: int):
    assert "7" in written(form, hostile_letter("x" * 5_000), None, width=width)


def test_a_document_says_all_there_is():
    letter = DeadLetter(topic="orders", partition=3, offset=41, first_failed=1_000, attempts=5)
    (document,) = json.loads(written("json", letter))
    said = document["dead_letter"]
    assert (said["topic"], said["partition"], said["offset"]) == ("orders", 3, 41)
    assert said["first_failed"] == "1970-01-01T00:00:01Z"
    assert said["replayed"] == 1
    assert document["payload"] == {"n": 1}


def test_json_is_a_document_with_none_one_and_many():
    letter = DeadLetter(topic="orders")
    assert [len(json.loads(written("json", *[letter] * count))) for count in range(4)] == [
        *range(4)
    ]
    assert written("ndjson") == ""
    assert len(written("ndjson", letter, None).splitlines()) == 2


def test_numbers_beyond_any_time_are_left_out():
    letter = DeadLetter(topic="orders", first_failed=2**63 - 1, timestamp=-(2**63))
    assert json.loads(written("ndjson", letter))["dead_letter"]["first_failed"] is None
    assert "orders" in written("pretty", letter)
