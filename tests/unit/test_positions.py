"""The one grammar of positions."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import UsageError
from flowodm.positions import (
    At,
    End,
    FromEnd,
    FromStart,
    Offset,
    Position,
    Range,
    Start,
    Stored,
    parse_partition_offsets,
    parse_partitions,
    parse_position,
    parse_range,
    parse_window,
)

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOON = 1_795_435_200_000
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start", Range(Start())),
        ("beginning", Range(Start())),
        ("earliest", Range(Start())),
        ("end", Range(End())),
        ("latest", Range(End())),
        ("stored", Range(Stored())),
        ("7", Range(Offset(7), strict=True)),
        ("007", Range(Offset(7), strict=True)),
        ("+7", Range(FromStart(7))),
        ("-7", Range(FromEnd(7))),
        ("7:", Range(Offset(7))),
        (":7", Range(Start(), Offset(7))),
        ("7:9", Range(Offset(7), Offset(9))),
        ("7:7", Range(Offset(7), Offset(7))),
        (":end", Range(Start(), End())),
        ("7:end", Range(Offset(7), End())),
        ("-7:end", Range(FromEnd(7), End())),
        ("-9:-7", Range(FromEnd(9), FromEnd(7))),
        (":+7", Range(Start(), FromStart(7))),
        ("stored:end", Range(Stored(), End())),
        (str(2**63 - 1), Range(Offset(2**63 - 1), strict=True)),
        ("s@5", Range(At(5))),
        ("e@1700000000123", Range(Start(), At(1_700_000_000_123))),
        ("7:@now", Range(Offset(7), At(NOON))),
    ],
)
def test_each_form_by_offset_is_its_range(text: str, expected: Range) -> None:
    assert parse_range(text, now=NOW) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@1700000000123", Range(At(1_700_000_000_123))),
        ("@1700000000", Range(At(1_700_000_000_000))),
        ("@-1h", Range(At(NOON - HOUR))),
        ("@-1h30m", Range(At(NOON - HOUR - HOUR // 2))),
        ("@now", Range(At(NOON))),
        ("@2026-11-23", Range(At(NOON - 12 * HOUR))),
        ("@2026-11-23T11:00:00Z", Range(At(NOON - HOUR))),
        ("@2026-11-23T11:00:00Z:", Range(At(NOON - HOUR))),
        ("@2026-11-23T11:00:", Range(At(NOON - HOUR))),
        ("@:2026-11-23T11:00:00Z", Range(Start(), At(NOON - HOUR))),
        ("@:-1h", Range(Start(), At(NOON - HOUR))),
        ("@-2h:-1h", Range(At(NOON - 2 * HOUR), At(NOON - HOUR))),
        ("@-2h:@-1h", Range(At(NOON - 2 * HOUR), At(NOON - HOUR))),
        ("@-2h:end", Range(At(NOON - 2 * HOUR), End())),
        ("@2026-11-23T10:00:now", Range(At(NOON - 2 * HOUR), At(NOON))),
        ("@2026-11-23T10:00:00Z:now", Range(At(NOON - 2 * HOUR), At(NOON))),
        (
            "@2026-11-23T10:00:2026-11-23T11:00",
            Range(At(NOON - 2 * HOUR), At(NOON - HOUR)),
        ),
        (
            "@2026-11-23T10:00:00+00:00:2026-11-23T12:00:00+01:00",
            Range(At(NOON - 2 * HOUR), At(NOON - HOUR)),
        ),
        ("@1700000000:1700000001000", Range(At(1_700_000_000_000), At(1_700_000_001_000))),
    ],
)
def test_each_form_by_time_is_its_range(text: str, expected: Range) -> None:
    assert parse_range(text, now=NOW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "@",
        "@:",
        "@:end",
        "first",
        "5-8",
        "5::8",
        "5:8:9",
        "8:5",
        "--5",
        "+-5",
        "5.0",
        "0x5",
        " 5",
        "5\n",
        "٥",
        str(2**63),
        "9" * 25,
        "9" * 5000,
        "@123",
        "@-15",
        "@-1h:-2h",
        "@2026-11-23T11:00:00Z:2026-11-23T10:00:00Z",
        "@17000000001700000001",
        "@1700000000:5",
        "@tomorrow",
        "s@",
        "s@-1",
        "x@5",
    ],
)
def test_what_is_no_position_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_range(text, now=NOW)
    assert f"`{text[:13]}" in caught.value.message
    assert "expected" in str(caught.value.hint)
    assert "for example" in str(caught.value.hint)
    assert caught.value.exit_code == 2


def test_a_misspelt_word_is_suggested() -> None:
    with pytest.raises(UsageError, match="did you mean `beginning`"):
        parse_range("begining", now=NOW)


def test_a_range_with_a_dash_is_told_how_it_is_written() -> None:
    with pytest.raises(UsageError, match="a range is written `5:8`"):
        parse_range("5-8", now=NOW)


def test_a_number_without_a_unit_is_asked_for_one() -> None:
    with pytest.raises(UsageError, match="`2` is not a time; is it `2s` or `2h` ago"):
        parse_window("2", None, now=NOW)


def test_a_single_position_is_no_range() -> None:
    assert parse_position("-5", now=NOW) == FromEnd(5)
    assert parse_position("@now", now=NOW) == At(NOON)
    with pytest.raises(UsageError, match="is a range"):
        parse_position("5:8", now=NOW)


def test_now_must_know_its_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        parse_range("@now", now=datetime(2026, 11, 23))  # the point


OFFSETS = st.integers(0, 2**63 - 1)
MOMENTS = st.integers(0, 10**13 - 1).map(At)
PLACES: st.SearchStrategy[Position] = st.one_of(
    st.sampled_from([Start(), End(), Stored()]),
    OFFSETS.map(Offset),
    OFFSETS.map(FromStart),
    OFFSETS.map(FromEnd),
)
RANGES = st.one_of(
    st.builds(Range, PLACES, st.one_of(st.none(), PLACES, MOMENTS)),
    st.builds(Range, MOMENTS, st.one_of(st.none(), st.just(End()), MOMENTS)),
    st.builds(Range, OFFSETS.map(Offset), strict=st.just(True)),
).filter(
    lambda r: not (
        type(r.start) is type(r.stop)
        and isinstance(r.start, Offset | At)
        and (vars_of(r.start) > vars_of(r.stop))
    )
)


def vars_of(position: Position | None) -> int:
    match position:
        case Offset(number) | At(number):
            return number
    raise AssertionError(position)


@given(RANGES)
def test_the_text_of_a_range_reads_back_as_that_range(expected: Range) -> None:
    assert parse_range(str(expected), now=NOW) == expected


@given(st.text(alphabet="@:+-0123456789TZhmsdw startend", max_size=40))
def test_any_text_is_a_range_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        assert isinstance(parse_range(text, now=NOW), Range)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("1h", None, Range(At(NOON - HOUR))),
        ("-1h", None, Range(At(NOON - HOUR))),
        (None, "1h", Range(Start(), At(NOON - HOUR))),
        ("2h", "1h", Range(At(NOON - 2 * HOUR), At(NOON - HOUR))),
        ("2026-11-23", "now", Range(At(NOON - 12 * HOUR), At(NOON))),
        ("@2026-11-23", None, Range(At(NOON - 12 * HOUR))),
        ("1700000000", None, Range(At(1_700_000_000_000))),
    ],
)
def test_since_and_until_are_moments_or_how_long_ago(
    since: str | None, until: str | None, expected: Range
) -> None:
    assert parse_window(since, until, now=NOW) == expected


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="ends before it begins"):
        parse_window("1h", "2h", now=NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", (0,)), ("0,3-5", (0, 3, 4, 5)), ("5,1,1-2", (1, 2, 5)), ("7-7", (7,))],
)
def test_partitions_are_numbers_and_spans_of_them(text: str, expected: tuple[int, ...]) -> None:
    assert parse_partitions(text) == expected


@pytest.mark.parametrize(
    "text", ["", "a", "1,", "-1", "3-1", "1-", "0-99999999", str(2**31), "1 2", "1;2", "٣"]
)
def test_what_is_no_list_of_partitions_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="partitions"):
        parse_partitions(text)


def test_partition_offsets_are_pairs_of_a_partition_and_a_range() -> None:
    assert parse_partition_offsets(["3=-10", "0=5,1=7:9", "2=@-1h"], now=NOW) == (
        (0, Range(Offset(5), strict=True)),
        (1, Range(Offset(7), Offset(9))),
        (2, Range(At(NOON - HOUR))),
        (3, Range(FromEnd(10))),
    )


@pytest.mark.parametrize(
    ("text", "why"), [("5", "expected"), ("=5", "expected"), ("0=5,0=6", "twice"), ("0=x", "`x`")]
)
def test_a_bad_partition_offset_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_partition_offsets([text], now=NOW)
