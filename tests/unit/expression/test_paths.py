"""Which fields an expression names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import UsageError
from flowodm.expression.paths import MOST_NESTED, MOST_TEXT, find_names

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("source", "rewritten", "leaves"),
    [
        ("value.amount > 100", "_0 > 100", ["value.amount"]),
        ("value.a > value.b && value.a < 5", "_0 > _1 && _0 < 5", ["value.a", "value.b"]),
        ("value . user\n. country == 'DE'", "_0 == 'DE'", ["value.user.country"]),
        ('headers["trace-id"] == "x"', '_0 == "x"', ["headers.trace-id"]),
        ("headers['''a''']==''", "_0==''", ["headers.a"]),
        ("value.items[0].price < 3", "_0 < 3", ["value.items[0].price"]),
        ("value.name.startsWith('x')", "_0.startsWith('x')", ["value.name"]),
        ("size(value.items) > 1", "size(_0) > 1", ["value.items"]),
        ("value.items.exists(i, i.price > value.limit)", "_0.exists(i, i.price > _1)", None),
        ("value.map[key] == 1", "_0[key] == 1", ["value.map"]),
        ("value.map[value.name] == 1", "_0[_1] == 1", ["value.map", "value.name"]),
        ("value.text[-1] == 'x'", "_0[-1] == 'x'", ["value.text"]),
        (r"value['a\'b'] == 1", r"value['a\'b'] == 1", []),
        ("value['a'] == r'\\'", "_0 == r'\\'", ["value.a"]),
        ("value == 'x'", "value == 'x'", []),
        ("topic == 'x' && offset > 5", "topic == 'x' && offset > 5", []),
        ("x.value.y == 1", "x.value.y == 1", []),
        ("values.y == 1", "values.y == 1", []),
        ("'value.amount' == key", "'value.amount' == key", []),
        ("true // value.amount", "true // value.amount", []),
        ("has(value.user.age)", "_0", ["value.user.age"]),
        ("has(i.price)", "has(i.price)", []),
        ("!has(value.a) || value.a > 1", "!_0 || _1 > 1", ["value.a", "value.a"]),
        ("value == null", "_0", ["value"]),
        ("value.a != null && true", "_0 && true", ["value.a"]),
        ("(value.a == null)", "(_0)", ["value.a"]),
        ("1 + value.a == null", "1 + _0 == null", ["value.a"]),
        ("!value.a == null", "!_0 == null", ["value.a"]),
        ("value.a == null + 1", "_0 == null + 1", ["value.a"]),
        ("-value.a < 0", "-_0 < 0", ["value.a"]),
        ("value.é == 1", "value.é == 1", []),
    ],
)
def test_each_path_becomes_a_variable_and_nothing_else_does(
    source: str, rewritten: str, leaves: list[str] | None
) -> None:
    names = find_names(source)
    assert names.source == rewritten
    if leaves is not None:
        assert [str(leaf) for leaf in names.leaves] == leaves


def test_the_names_that_macros_bind_are_known() -> None:
    names = find_names("value.a.exists(i, i > 0) && value.b.map(j, j > 1, j * 2) == [] && k.all(x)")
    assert names.bound == {"i", "j"}


@pytest.mark.parametrize("name", ["value", "key", "headers", "topic", "timestamp"])
def test_a_macro_may_not_give_a_variable_a_second_meaning(name: str) -> None:
    with pytest.raises(UsageError, match="second meaning"):
        find_names(f"value.items.exists({name}, {name} > 0)")


def test_number_literals_are_found() -> None:
    assert find_names("1 + 2.5 > .5e3 - 0x1F + 7u && value.x9 > 1").numbers == (
        *("1", "2.5", ".5e3", "0x1F", "7u", "1"),
    )


@pytest.mark.parametrize("bracket", ["()", "[]", "{}"])
def test_deep_nesting_is_refused_before_the_engine_sees_it(bracket: str) -> None:
    opening, closing = bracket
    find_names(opening * MOST_NESTED + closing * MOST_NESTED)
    with pytest.raises(UsageError, match=f"column {MOST_NESTED + 1}"):
        find_names(opening * (MOST_NESTED + 1))


def test_brackets_in_a_text_are_no_nesting() -> None:
    assert find_names("value.a == '" + "(" * 500 + "'").leaves


def test_a_long_expression_is_refused() -> None:
    find_names("1" * MOST_TEXT)
    with pytest.raises(UsageError, match="too long"):
        find_names("1" * (MOST_TEXT + 1))


@given(st.text(max_size=60) | st.text("value.key[]()'\"\\ 01=!null&|headers/\n", max_size=60))
def test_any_text_is_taken_apart_and_put_together_again(source: str) -> None:
    names = find_names(source)
    if not names.leaves:
        assert names.source == source
