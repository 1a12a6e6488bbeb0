"""JSON and text, read exactly or not at all."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowodm.codec.plain import MAX_DEPTH, NotJson, bytes_text, read_json

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9223372036854775808", 2**63),
        ("1.10", 1.1),
        ("1e5", 1e5),
        ("-0.0", -0.0),
        ("0e5", 0.0),
        ("123456789012345678.5", Decimal("123456789012345678.5")),
        ("0.10000000000000000000001", Decimal("0.10000000000000000000001")),
        ("1e400", Decimal("1e400")),
        ("1e-400", Decimal("1e-400")),
        ("5e-324", 5e-324),
        (' {"a" : [1, "\\ud800"]}\r\n', {"a": [1, "\ud800"]}),
        ('{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_json_is_read_with_every_digit(text: str, value: Any) -> None:
    read = read_json(text)
    assert (repr(read), type(read)) == (repr(value), type(value))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("u-17", "Expecting value"),
        ("007", "something follows"),
        ("1 2", "something follows"),
        ("NaN", "`NaN` is no JSON value"),
        ("[-Infinity]", "`-Infinity` is no JSON value"),
        ("\ufeff1", "Expecting value"),
        ("'a'", "Expecting value"),
        ('"a\nb"', "control character"),
        ("1" * 5000, "more digits than can be read"),
        ("1e6145", "exponent out of range"),
        ("-1e-999999999999999999999", "exponent out of range"),
        ("[" * 100_000, "nested deeper"),
        ('{"a":' * 300 + "1" + "}" * 300, "nested deeper"),
    ],
)
def test_what_is_not_json_says_why(text: str, reason: str) -> None:
    with pytest.raises(NotJson, match=reason):
        read_json(text)


def test_a_key_that_is_there_twice_is_refused_on_demand() -> None:
    assert read_json('{"a": {"b": 1}, "c": {"b": 1}}', unique=True)
    with pytest.raises(NotJson, match="the key `b` is there twice"):
        read_json('[{"a": {"b": 1, "b": 1}}]', unique=True)


def test_depth_counts_brackets_outside_strings_only() -> None:
    deepest = "[" * MAX_DEPTH + '"' + "[" * 500 + '\\"["' + "]" * MAX_DEPTH
    assert read_json(deepest)
    with pytest.raises(NotJson, match="nested deeper"):
        read_json(f"[{deepest}]")
    assert len(read_json("[" + "[]," * 1000 + "1]")) == 1001


def test_depth_is_judged_in_linear_time() -> None:
    with pytest.raises(NotJson):
        read_json('{"' + '\\"' * 200_000 + "[" * 300)


def refuse(word: str) -> None:
    raise ValueError(f"{word} is Python's, not JSON")


@given(st.text())
@example("Infinity")
@example("[NaN]")
def test_any_text_is_json_exactly_when_python_says_so(text: str) -> None:
    try:
        expected = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        with pytest.raises(NotJson):
            read_json(text)
    else:
        assert read_json(text) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_stays_a_double(value: float) -> None:
    assert repr(read_json(repr(value))) == repr(value)


@pytest.mark.parametrize("data", [b"", b"u-17", "Köln\n".encode(), b"\x1b[31m"])
def test_utf8_is_text(data: bytes) -> None:
    text = bytes_text(data)
    assert text is not None
    assert text.encode() == data


@pytest.mark.parametrize("data", [b"\xff", b"\xed\xa0\x80", b"\x00", (42).to_bytes(8, "big")])
def test_other_bytes_and_those_with_a_nul_are_not(data: bytes) -> None:
    assert bytes_text(data) is None
