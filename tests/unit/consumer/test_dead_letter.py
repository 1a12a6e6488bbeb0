"""What is written on a dead letter, and reading it back, in each style."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.consumer import read_dead_letter
from flowodm.consumer.dead_letter import (
    STYLES,
    DeadLetter,
    HeaderStyle,
    dead_letter_headers,
    dead_letter_of,
    original_headers,
    replay_headers,
    times_replayed,
)
from flowodm.record import Record

pytestmark = pytest.mark.unit

RECORD = Record("orders", 3, 41, "create", 1_700_000_000_123, b"k", b"v", (("trace", b"\xff"),))


def failed() -> Exception:
    try:
        try:
            raise KeyError("why")
        except KeyError as cause:
            raise ValueError("the card was declined") from cause
    except ValueError as error:
        return error


def letter(**more: object) -> DeadLetter:
    said = {"group": "billing", "attempts": 5, "first_failed": 17, "stage": "handler"}
    return dead_letter_of(RECORD, failed(), **{**said, **more})  # type: ignore[arg-type]


def written(style: HeaderStyle, of: DeadLetter | None = None) -> dict[str, bytes | None]:
    return dict(dead_letter_headers(RECORD.headers, of or letter(schema_id=7), style))


def test_spring_has_big_endian_numbers_and_its_own_names():
    headers = written("spring")
    assert headers["kafka_dlt-original-topic"] == b"orders"
    assert headers["kafka_dlt-original-partition"] == b"\0\0\0\3"
    assert headers["kafka_dlt-original-offset"] == b"\0\0\0\0\0\0\0\x29"
    assert headers["kafka_dlt-original-timestamp"] == (1_700_000_000_123).to_bytes(8)
    assert headers["kafka_dlt-original-timestamp-type"] == b"CreateTime"
    assert headers["kafka_dlt-original-consumer-group"] == b"billing"
    assert headers["kafka_dlt-exception-fqcn"] == b"builtins.ValueError"
    assert headers["kafka_dlt-exception-message"] == b"the card was declined"
    assert b"KeyError" in (headers["kafka_dlt-exception-stacktrace"] or b"")


def test_connect_is_text():
    headers = written("connect")
    assert headers["__connect.errors.topic"] == b"orders"
    assert headers["__connect.errors.partition"] == b"3"
    assert headers["__connect.errors.offset"] == b"41"
    assert headers["__connect.errors.stage"] == b"handler"
    assert headers["__connect.errors.exception.class.name"] == b"builtins.ValueError"
    assert headers["__connect.errors.exception.message"] == b"the card was declined"


def test_smallrye_is_text():
    headers = written("smallrye")
    assert headers["dead-letter-topic"] == b"orders"
    assert headers["dead-letter-partition"] == b"3"
    assert headers["dead-letter-offset"] == b"41"
    assert headers["dead-letter-reason"] == b"the card was declined"
    assert headers["dead-letter-cause"] == b"'why'"


@pytest.mark.parametrize("style", STYLES)
def test_the_records_own_headers_come_first(style: HeaderStyle) -> None:
    headers = dead_letter_headers(RECORD.headers, letter(), style)
    assert headers[0] == ("trace", b"\xff")
    assert original_headers(headers) == RECORD.headers


@pytest.mark.parametrize("style", STYLES)
def test_a_second_failure_replaces_what_the_first_left(style: HeaderStyle) -> None:
    """Else the headers of a record that is replayed time and again grow without end."""
    first = dead_letter_headers(RECORD.headers, letter(), style)
    for other in STYLES:
        again = dead_letter_headers(first, letter(attempts=9), other)
        assert len({name for name, _ in again}) == len(again)
        found = read_dead_letter(RECORD._replace(headers=again))
        assert found is not None
        assert found.attempts == 9
        assert found.style == other


texts = st.text(max_size=30)
optional = st.none()


@given(
    style=st.sampled_from(STYLES),
    wrote=st.builds(
        DeadLetter,
        topic=texts,
        partition=st.integers(0, 2**31 - 1),
        offset=st.integers(0, 2**63 - 1),
        timestamp=st.none() | st.integers(0, 2**63 - 1),
        timestamp_type=st.none() | st.sampled_from(["create", "logappend", "unknown"]),
        group=st.none() | texts,
        exception=texts,
        message=texts,
        cause=st.none() | texts,
        stacktrace=st.none() | texts,
        attempts=st.integers(1, 10**6),
        first_failed=st.integers(0, 10**15),
        stage=st.sampled_from(["decode", "handler"]),
        schema_id=st.none() | st.integers(0, 2**32 - 1),
    ),
)
def test_what_is_written_is_read_back(style: HeaderStyle, wrote: DeadLetter) -> None:
    from dataclasses import replace

    headers = dead_letter_headers((("a", None),), wrote, style)
    found = read_dead_letter(RECORD._replace(headers=headers))
    assert found == replace(wrote, style=style)


@given(st.lists(st.tuples(st.sampled_from(list(written("spring"))), st.binary(max_size=30))))
def test_foreign_headers_are_read_as_far_as_they_make_sense(headers: list) -> None:
    read_dead_letter(RECORD._replace(headers=tuple(headers)))


def test_a_record_without_such_headers_is_no_dead_letter():
    assert read_dead_letter(RECORD) is None


def test_messages_and_stacks_are_cut():
    error = ValueError("x" * 1_000_000)
    found = dead_letter_of(RECORD, error, group="g", attempts=1, first_failed=0, stage="handler")
    assert found.message is not None
    assert found.stacktrace is not None
    assert len(found.message) == 2_000
    assert len(found.stacktrace) == 8_000


def test_an_error_that_cannot_be_shown_is_named_all_the_same():
    class Rude(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    found = dead_letter_of(RECORD, Rude(), group="g", attempts=1, first_failed=0, stage="handler")
    assert found.message == "a Rude that cannot be shown"


@pytest.mark.parametrize("style", STYLES)
def test_a_replay_restores_the_headers_and_counts(style: HeaderStyle):
    failed_once = dead_letter_headers(RECORD.headers, letter(), style)
    again = replay_headers(failed_once)
    assert again == (*RECORD.headers, ("flowodm-replayed", b"1"))
    failed_twice = dead_letter_headers(again, letter(), style)
    assert times_replayed(failed_twice) == 1
    assert replay_headers(failed_twice) == (*RECORD.headers, ("flowodm-replayed", b"2"))


@pytest.mark.parametrize(
    ("values", "times"),
    [
        ([], 0),
        ([None], 0),
        ([b""], 0),
        ([b"many"], 0),
        ([b"-3"], 0),
        ([b"9" * 21], 0),
        ([b"\xff"], 0),
        ([b"2", b"nonsense"], 2),
        ([b"7", b"1"], 7),
    ],
)
def test_a_count_that_is_malformed_counts_as_not_said(values: list[bytes | None], times: int):
    assert times_replayed(tuple(("flowodm-replayed", value) for value in values)) == times
