"""Expressions over decoded records."""

import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import UsageError
from flowodm.expression import Expression, Outcome
from flowodm.record import Decoded, DecodedRecord, Headers, Record, Undecodable

pytestmark = pytest.mark.unit

TRUE, FALSE, ABSENT, UNCONVERTIBLE = Outcome

ORDER = {
    "amount": Decimal("100.50"),
    "count": 7,
    "ratio": 0.5,
    "open": True,
    "status": "OPEN",
    "note": None,
    "raw": b"\x00\x01",
    "id": UUID(int=7),
    "at": datetime(2026, 11, 23, 12, tzinfo=UTC),
    "large": 2**63 - 1,
    "long": Decimal("12345678901234567890.12"),
    "user": {"country": "DE", "age": None, "tags": ["a", "b"]},
    "items": [{"price": 5, "sku": "x"}, {"price": 15, "sku": "y"}],
    "odd name": 1,
    "surrogate": "\ud800",
    "strange": object(),
}


def decoded(
    value: Any = ORDER,
    key: Any = "k-1",
    *,
    headers: Headers = (),
    timestamp: int | None = 1_795_435_200_000,
) -> DecodedRecord:
    record = Record("orders", 3, 42, "create", timestamp, b"", b"", headers)
    return DecodedRecord(record, Decoded(key, "text"), Decoded(value, "avro"))


def say(source: str, *arguments: Any, **keywords: Any) -> Outcome:
    return Expression(source)(decoded(*arguments, **keywords))


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("value.amount > 100 && value.user.country == 'DE'", TRUE),
        ("value.amount == 100.5", TRUE),
        ("value.amount * 2.0 > 300.0", FALSE),
        ("value.count + 1 == 8", TRUE),
        ("value.count > 6.5", TRUE),
        ("value.large == 9223372036854775807", TRUE),
        ("value.open", TRUE),
        ("!value.open", FALSE),
        ("value.status in ['OPEN', 'NEW']", TRUE),
        ("value.raw == b'\\x00\\x01'", TRUE),
        ("value.id == '00000000-0000-0000-0000-000000000007'", TRUE),
        ("value.at > timestamp('2026-11-23T11:00:00Z')", TRUE),
        ("value.at - timestamp('2026-11-23T11:00:00Z') == duration('1h')", TRUE),
        ("value.at == timestamp", TRUE),
        ("value.long == 12345678901234567890.12", TRUE),
        ("value.long == 12345678901234567890.13", FALSE),
        ("value.long < 12345678901234567890.13", TRUE),
        ("value.long > -12345678901234567890.13", TRUE),
        ("value['odd name'] == 1", TRUE),
        ("value.items[1].price == 15", TRUE),
        ("value.items.exists(i, i.price > 10 && i.sku == 'y')", TRUE),
        ("value.items.all(i, i.price > 10)", FALSE),
        ("value.items.filter(i, i.price > value.count).size() == 1", TRUE),
        ("size(value.user.tags) == 2", TRUE),
        ("value.status.startsWith('OP') && value.status.matches('^O.*N$')", TRUE),
        ("value == null", FALSE),
        ("value.note == null", TRUE),
        ("value.user != null", TRUE),
        ("has(value.note) && !has(value.nope) && !has(value.note.deeper)", TRUE),
        ("has(value.nope) ? value.nope > 1 : true", TRUE),
        ("topic == 'orders' && partition == 3 && offset == 42", TRUE),
        ("key == 'k-1'", TRUE),
        ("key.endsWith('2')", FALSE),
    ],
)
def test_an_expression_says_yes_or_no(source: str, outcome: Outcome) -> None:
    assert say(source) is outcome


@pytest.mark.parametrize(
    "source",
    [
        "value.nope > 1",
        "value.nope == null",
        "value.nope != 'x'",
        "value.user.city == 'B'",
        "value.note.deeper == 1",
        "value.count.deeper == 1",
        "value.items[2].price > 1",
        "value.items[0].nope > 1",
        "value.user.age > 18",
        "value.note.startsWith('x')",
        "headers.nope == 'x'",
        "value.items.exists(i, i.nope > 1)",
        "value.user[key] == 'x'",
    ],
)
def test_what_needs_a_field_that_is_not_there_or_null_is_absent(source: str) -> None:
    assert say(source) is ABSENT


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("value.nope > 1 || key == 'k-1'", TRUE),
        ("key == 'k-1' || value.nope > 1", TRUE),
        ("value.nope > 1 && key == 'k-2'", FALSE),
        ("value.strange == 1 || offset == 42", TRUE),
        ("value.surrogate == 'x' || offset == 42", TRUE),
        ("value.surrogate == 'x' || offset == 43", UNCONVERTIBLE),
        ("value.surrogate == 'x' && offset == 43", FALSE),
    ],
)
def test_a_field_that_does_not_matter_may_be_missing(source: str, outcome: Outcome) -> None:
    assert say(source) is outcome


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("value.strange == 1", "`value.strange`: CEL has no `object`"),
        ("value.long + 1.0 > 5.0", "`value.long`: a decimal with more digits than a double"),
        ("value.surrogate == 'x'", "half a surrogate pair"),
        ("value.status > 5", "No such overload"),
        ("value.large + 1 > 5", "overflow"),
        ("value.count / 0 > 5", "division by zero"),
        ("value.status.matches(key + '(')", "not a valid regex"),
    ],
)
def test_what_cannot_be_compared_is_unconvertible_and_says_why(source: str, reason: str) -> None:
    expression = Expression(source)
    assert expression(decoded()) is UNCONVERTIBLE
    assert reason in str(expression.reason)


def test_an_undecodable_side_is_unconvertible_where_it_is_named() -> None:
    good = decoded()
    bad = good._replace(value=Undecodable("no", b""))
    expression = Expression("value.count > 1")
    assert expression(bad) is UNCONVERTIBLE
    assert expression.reason == "`value.count`: it did not decode"
    assert Expression("key == 'k-1'")(bad) is TRUE
    assert Expression("has(value.count)")(bad) is UNCONVERTIBLE


def test_headers_are_a_map_of_texts_and_the_last_of_a_name_counts() -> None:
    headers = (("a", b"1"), ("a", b"2"), ("b", b"\xff"), ("c", None))
    assert say("headers.a == '2'", headers=headers) is TRUE
    assert say("headers.b == b'\\xff'", headers=headers) is TRUE
    assert say("headers.c == null", headers=headers) is TRUE
    assert say("size(headers) == 3 && 'a' in headers", headers=headers) is TRUE


def test_a_record_without_a_time_lacks_it() -> None:
    assert say("timestamp > timestamp('2026-01-01T00:00:00Z')", timestamp=None) is ABSENT
    assert say("timestamp > timestamp('2026-01-01T00:00:00Z')", timestamp=2**62) is UNCONVERTIBLE


def test_a_tombstone_is_null() -> None:
    assert say("value == null", None) is TRUE
    assert say("value.count > 1", None) is ABSENT


@pytest.mark.parametrize(
    ("source", "message", "caret"),
    [
        ("value.amount >", "the filter is not CEL", 14),
        ("value.amount >> 2", "the filter is not CEL: extraneous input '>'", 14),
        ("valu.amount > 1", "did you mean `value`?", 0),
        ("amount > 1", "a field is `value.amount`", 0),
        ("key == 'a' && amuont > 1", "names `amuont`", 14),
        ("value.a.lower() == 'x'", "calls `lower`, which is no function", 8),
        ("startswith(value.a)", "did you mean `startsWith`?", 0),
        ("value.a.matches('(')", "pattern `(` is no regular expression", None),
    ],
)
def test_a_mistake_is_shown_with_a_caret_under_it(
    source: str, message: str, caret: int | None
) -> None:
    with pytest.raises(UsageError) as caught:
        Expression(source)(decoded({"a": "x"}))
    assert message in caught.value.message
    shown, arrow = str(caught.value.hint).split("\n")
    assert shown == source
    if caret is not None:
        assert arrow == " " * caret + "^"
        assert f"column {caret + 1}" in caught.value.message


def test_the_caret_stands_under_its_line_of_several() -> None:
    with pytest.raises(UsageError) as caught:
        Expression("value.a > 1 &&\n\tvalue.b >> 2 ||\n  true")
    assert caught.value.hint == "\tvalue.b >> 2 ||\n\t         ^"


@pytest.mark.parametrize("source", ["value.count", "'text'", "null", "value.user"])
def test_an_expression_must_be_true_or_false(source: str) -> None:
    with pytest.raises(UsageError, match="not true or false"):
        say(source, {"count": 5, "user": {"a": 1}})


def test_a_record_is_not_copied_to_ask_for_one_field() -> None:
    """The engine copies what it is handed; a million items would take seconds."""
    value = {"count": 7, "items": list(range(1_000_000))}
    assert say("value.count == 7 && value.items != null && has(value.items)", value) is TRUE
    assert say("size(value.items) > 5", value) is UNCONVERTIBLE


@pytest.mark.parametrize(
    "source",
    ["(" * 2000, "[" * 2000 + "1" + "]" * 2000, "size(" * 700 + "key", "!" * 4000 + "true"],
)
def test_hostile_nesting_ends_as_an_error_or_an_answer(source: str) -> None:
    """In a process of its own: what goes wrong here is a crash."""
    program = (
        "import sys\n"
        "from flowodm.errors import UsageError\n"
        "from flowodm.expression import Expression\n"
        "try: Expression(sys.argv[1])\n"
        "except UsageError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program, source], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_line_of_the_library_is_not_loaded() -> None:
    program = (
        "import sys\n"
        "from flowodm.expression import Expression\n"
        "Expression('value.a > 1')\n"
        "assert 'cel' not in sys.modules and 'typer' not in sys.modules, sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.datetimes(timezones=st.just(UTC)),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.uuids(),
    st.timedeltas(max_value=timedelta(days=10**6)),
)
JSONISH = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSONISH, JSONISH)
def test_any_values_give_an_outcome(one: Any, other: Any) -> None:
    value = {"a": one, "b": other, "list": [one, other]}
    for source in (
        "value.a > value.b",
        "value.a == value.b",
        "value.a + value.b == value.a",
        "size(value.a) > 1",
        "value.list.exists(i, i == value.a)",
        "value.a.startsWith(value.b)",
        "string(value.a) == value.b",
        "value != null && value == value",
    ):
        assert say(source, value) in Outcome


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_integers_compare_as_integers(one: int, other: int) -> None:
    assert (say("value.a < value.b", {"a": one, "b": other}) is TRUE) is (one < other)


TOKENS = (
    *(
        "value",
        ".",
        "a",
        "key",
        "headers",
        "[",
        "]",
        "(",
        ")",
        "'x'",
        '"y"',
        "1",
        "2.5",
        "&&",
        "||",
    ),
    *("!", "-", "==", "!=", "null", "<", "in", "has", "exists", "all", "map", "i", ",", "?", ":"),
    *("+", "*", "/", "{", "}", "size", "timestamp", "duration", "'1h'", "matches", "b'z'", "0x1F"),
    *("5u", "true", "offset", "`", "é", "\\", "\x00", "\n", "//", "1e400", "9" * 30, "\ud800", " "),
)


@given(st.lists(st.sampled_from(TOKENS), max_size=14).map("".join))
def test_any_text_is_an_expression_or_a_usage_error(source: str) -> None:
    with suppress(UsageError):
        assert Expression(source)(decoded({"a": {"a": [1, {"i": 2}]}})) in Outcome
