"""Filters of decoded records."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from flowodm.errors import UsageError
from flowodm.query import Filter, FilterCounts
from flowodm.record import Decoded, DecodedRecord, Headers, Record, Undecodable

pytestmark = pytest.mark.unit


def decoded(value: Any, key: Any = None, headers: Headers = ()) -> DecodedRecord:
    record = Record("t", 0, 0, "create", 0, b"", b"", headers)
    return DecodedRecord(record, Decoded(key, "text"), Decoded(value, "avro"))


def test_without_a_filter_everything_matches() -> None:
    assert Filter().matches(decoded(None))


def test_what_matched_and_why_not_is_counted() -> None:
    some = Filter(where="value.a > 1")
    records = [{"a": 2}, {"a": 1}, {}, None, {"a": "x"}, {"a": object()}, {"a": 9}]
    assert [some.matches(decoded(value)) for value in records] == [
        *(True, False, False, False, False, False, True)
    ]
    assert some.counts == FilterCounts(scanned=7, matched=2, absent=2, unconvertible=2)
    assert some.reason == "`value.a`: CEL has no `object`"


def test_all_filters_must_agree() -> None:
    some = Filter(where="value.a > 1", key="^k", grep="needle", headers=["trace=1"])
    good = decoded({"a": 2, "b": "needle"}, "k", (("trace", b"1"),))
    assert some.matches(good)
    for bad in (
        decoded({"a": 1, "b": "needle"}, "k", (("trace", b"1"),)),
        decoded({"a": 2, "b": "hay"}, "k", (("trace", b"1"),)),
        decoded({"a": 2, "b": "needle"}, "x", (("trace", b"1"),)),
        decoded({"a": 2, "b": "needle"}, "k", (("trace", b"2"),)),
    ):
        assert not some.matches(bad)


@pytest.mark.parametrize(
    ("header", "headers", "matches"),
    [
        ("a", (("a", None),), True),
        ("a", (("b", b""),), False),
        ("a=", (("a", None),), True),
        ("a=x", (("a", b"y"), ("a", b"x")), True),
        ("a=^x$", (("a", b"xx"),), False),
        ("a=\\d=\\d", (("a", b"1=2"),), True),
        ("A=x", (("a", b"x"),), False),
        ("a=\ufffd", (("a", b"\xff"),), True),
    ],
)
def test_a_header_is_found_by_name_and_pattern(
    header: str, headers: Headers, matches: bool
) -> None:
    assert Filter(headers=[header]).matches(decoded(None, headers=headers)) is matches


def test_a_header_that_is_not_there_counts_as_absent() -> None:
    some = Filter(headers=["a=x"])
    some.matches(decoded(None))
    some.matches(decoded(None, headers=(("a", b"y"),)))
    assert some.counts == FilterCounts(scanned=2, matched=0, absent=1, unconvertible=0)


@pytest.mark.parametrize(
    ("key", "pattern", "matches"),
    [
        ("user-1", "^user-[0-9]$", True),
        ("user-1", "er-", True),
        (17, "^17$", True),
        ({"id": 5}, '"id":5', True),
        (None, "", False),
        (None, "null", False),
    ],
)
def test_a_key_is_searched_as_its_text(key: Any, pattern: str, matches: bool) -> None:
    assert Filter(key=pattern).matches(decoded("v", key)) is matches


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("text as it is", "^text as it is$"),
        ('say "hi"', 'say "hi"'),
        ({"user": {"country": "DE"}}, '"country":"DE"'),
        ({"ü": "é"}, '"ü":"é"'),
        ({"amount": Decimal("100.50")}, '"amount":"100.50"'),
        ({"raw": b"\x00\x01"}, "AAE="),
        ({"at": datetime(2026, 11, 23, 12, 4, 5, 118_000, UTC)}, "2026-11-23T12:04:05.118Z"),
        ({"at": datetime(2026, 11, 23, 12, 4, 5, 118_001, UTC)}, "05.118001Z"),
        ({"at": time(12, 4)}, "12:04:00.000"),
        ({"on": date(2026, 11, 23)}, "2026-11-23"),
        ({"id": UUID(int=1)}, "0001"),
        ([1, 2, [None, True]], r"\[1,2,\[null,true\]\]"),
        (2**70, str(2**70)),
    ],
)
def test_grep_searches_the_text_or_the_json_of_a_value(value: Any, pattern: str) -> None:
    assert Filter(grep=pattern).matches(decoded(value))
    assert Filter(grep=pattern).matches(decoded(None, value))
    assert not Filter(grep=pattern).matches(decoded("other", "other"))


def test_grep_searches_the_bytes_of_what_did_not_decode() -> None:
    bad = decoded(None)._replace(value=Undecodable("no", b"\x00\x00\xffneedle"))
    assert Filter(grep="needle").matches(bad)
    assert not Filter(grep="hay").matches(bad)


@pytest.mark.parametrize(
    "options",
    [
        {"where": "value.a >"},
        {"key": "("},
        {"grep": "["},
        {"headers": ["a=("]},
        {"headers": ["=x"]},
        {"headers": [""]},
    ],
)
def test_a_filter_without_a_meaning_is_a_usage_error(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        Filter(**options)
    assert caught.value.hint
