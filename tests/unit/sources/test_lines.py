"""Places in a JSON text have lines."""

import pytest

from flowodm.sources.lines import lines_of

pytestmark = pytest.mark.unit

TEXT = """// a comment with "quotes" and {
{
  "type": "record",
  "fields": [
    {"name": "a", "type": "int"},
    {
      "name": "b/c", /* , */
      "type": [
        "null",
        "string"
      ]
    }
  ]
}
"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 2),
        ("/", 2),
        ("/type", 3),
        ("/fields", 4),
        ("/fields/0", 5),
        ("/fields/0/type", 5),
        ("/fields/1", 6),
        ("/fields/1/name", 7),
        ("/fields/1/type", 8),
        ("/fields/1/type/1", 10),
    ],
)
def test_a_place_has_the_line_on_which_its_value_begins(pointer: str, line: int) -> None:
    assert lines_of(TEXT, [pointer]) == {pointer: line}


@pytest.mark.parametrize(
    ("pointer", "line"), [("/fields/1/type/7/fields/2", 8), ("/nothing", 2), ("/fields/0/x/y", 5)]
)
def test_a_place_that_is_not_there_has_the_line_of_what_is_around_it(
    pointer: str, line: int
) -> None:
    assert lines_of(TEXT, [pointer]) == {pointer: line}


def test_many_places_are_found_in_one_pass() -> None:
    assert lines_of(TEXT, ["/fields/1", "/type"]) == {"/fields/1": 6, "/type": 3}


@pytest.mark.parametrize("text", ["", "}", '{"a', "[[[[", "no json", "/" * 9, '{"type" "x"}'])
def test_what_is_no_json_has_its_first_line(text: str) -> None:
    assert lines_of(text, ["/a/b"]) == {"/a/b": 1}


def test_a_place_deep_inside_is_found() -> None:
    deep = "[\n" * 1000
    assert lines_of(deep, ["/0" * 999]) == {"/0" * 999: 1000}
