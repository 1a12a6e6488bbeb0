"""Moments and lengths of time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import UsageError
from flowodm.times import parse_duration, parse_time

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOON = 1_795_435_200_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("30s", 30),
        ("15m", 900),
        ("1h", 3600),
        ("2d", 172_800),
        ("1w", 604_800),
        ("1h30m", 5400),
        ("1m500ms", 60.5),
        ("1w2d3h4m5s6ms", 604_800 + 172_800 + 10_800 + 240 + 5.006),
        ("1.5h", 5400),
        ("0s", 0),
    ],
)
def test_a_duration_is_its_parts_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "10", "h", "1x", "-1h", "1h 30m", "30m1h", "1h1h", "1hour", "１h", "1.h", "9" * 13]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration(text)
    assert f"`{text}`" in caught.value.message
    assert "`1h30m`" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1700000000123", 1_700_000_000_123),
        ("1700000000", 1_700_000_000_000),
        ("now", NOON),
        ("-15m", NOON - 900_000),
        ("-1h30m", NOON - 5_400_000),
        ("-30s", NOON - 30_000),
        ("-1w", NOON - 604_800_000),
        ("2026-11-23", NOON - 43_200_000),
        ("2026-11-23T12:00:00Z", NOON),
        ("2026-11-23t12:00:00z", NOON),
        ("2026-11-23 12:00:00Z", NOON),
        ("2026-11-23T12:00:00", NOON),
        ("2026-11-23T12:00", NOON),
        ("2026-11-23T13:00:00+01:00", NOON),
        ("2026-11-23T06:30:00-05:30", NOON),
        ("2026-11-23T12:00:00.5Z", NOON + 500),
        ("2026-11-23T12:00:00.123Z", NOON + 123),
        ("1970-01-01", 0),
        ("0001-01-01", 0),
        ("-99999999w", 0),
        ("9999-12-31", 253_402_214_400_000),
    ],
)
def test_a_moment_is_milliseconds_in_utc(text: str, milliseconds: int) -> None:
    assert parse_time(text, now=NOW) == milliseconds


def test_a_moment_finer_than_a_millisecond_is_rounded_up() -> None:
    assert parse_time("2026-11-23T12:00:00.1230000001Z", now=NOW) == NOON + 124


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123",
        "12345678901",
        "-15",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "2026-11-23T25:00:00Z",
        "2026-11-23T12:00:60Z",
        "2026-11-23T12:00:00+24:00",
        "2026-11-23T12:00:00+0100",
        "2026-11-23Z",
        "23.11.2026",
        "１７０００００００",
    ],
)
def test_what_is_no_moment_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_time(text, now=NOW)
    assert text.lstrip("-")[:40] in caught.value.message
    assert caught.value.hint


@given(
    st.datetimes(
        min_value=datetime(1970, 1, 2),  # Hypothesis adds the zone
        timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))),
    )
)
def test_any_rfc_3339_moment_is_read_as_python_reads_it(moment: datetime) -> None:
    expected = -((datetime(1970, 1, 1, tzinfo=UTC) - moment) // timedelta(milliseconds=1))
    assert parse_time(moment.isoformat(), now=NOW) == max(0, expected)
