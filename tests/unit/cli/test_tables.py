"""Lists and details in every format; nothing told wrongly where it does not fit."""

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flowodm.cli.output import Output, Stream
from flowodm.cli.tables import (
    Column,
    age,
    duration,
    layout,
    machine_value,
    person_text,
    write_detail,
    write_rows,
)
from flowodm.display.text import cut, display_width, pad
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Thing:
    name: str
    count: int
    note: str = ""
    size: int | None = None


COLUMNS = (
    Column[Thing]("NAME", lambda thing: thing.name, keep=1),
    Column[Thing]("COUNT", lambda thing: thing.count),
    Column[Thing]("NOTE", lambda thing: thing.note),
    Column[Thing]("SIZE IN BYTES", lambda thing: thing.size, key="bytes", wide=True),
)
THINGS = (Thing("first", 1_234_567, "a longer note of some words", 5), Thing("second", 8))


def written(
    form: str, things: Any = THINGS, width: int | None = None, *, tty: bool = False
) -> tuple[str, str]:
    stdout, stderr = io.BytesIO(), io.BytesIO()
    output = Output(Stream(stdout, is_tty=tty), Stream(stderr), width=width)
    write_rows(output, form, things, COLUMNS, name=lambda thing: thing.name)
    return stdout.getvalue().decode(), stderr.getvalue().decode()


def test_a_table_aligns_numbers_to_the_right_with_separators() -> None:
    assert written("table")[0].splitlines() == [
        "NAME        COUNT  NOTE",
        "first   1,234,567  a longer note of some words",
        "second          8",
    ]


def test_wide_shows_more_columns_and_none_as_a_dash() -> None:
    lines = written("wide")[0].splitlines()
    assert lines[0].endswith("SIZE IN BYTES")
    assert lines[2].endswith("–")


def test_json_has_everything_exactly() -> None:
    assert json.loads(written("json")[0]) == [
        {"name": "first", "count": 1234567, "note": "a longer note of some words", "bytes": 5},
        {"name": "second", "count": 8, "note": "", "bytes": None},
    ]


def test_ndjson_yaml_and_json_say_the_same() -> None:
    documents = json.loads(written("json")[0])
    assert [json.loads(line) for line in written("ndjson")[0].splitlines()] == documents
    assert yaml.safe_load(written("yaml")[0]) == documents


def test_names_stand_alone() -> None:
    assert written("name")[0] == "first\nsecond\n"


def test_an_empty_list_is_told_to_people_and_is_a_document_to_machines() -> None:
    assert written("table", ()) == ("", "nothing to show\n")
    assert written("json", ()) == ("[]\n", "")
    assert written("ndjson", ()) == ("", "")


@pytest.mark.parametrize("width", range(1, 60))
def test_a_table_fits_its_terminal_and_never_cuts_a_number(width: int) -> None:
    lines = written("table", width=width)[0].splitlines()
    assert all(display_width(line) <= max(width, 1) for line in lines)
    numbers = [word for line in lines for word in line.split() if word[0].isdigit()]
    assert set(numbers) <= {"1,234,567", "8"}


def test_the_most_telling_column_is_the_last_to_go() -> None:
    assert written("table", width=6)[0].splitlines() == ["NAME", "first", "second"]


def test_nothing_is_cut_off_a_terminal() -> None:
    thing = Thing("n" * 300, 1, "w" * 300)
    shown = written("table", (thing,))[0]
    assert "n" * 300 in shown
    assert "w" * 300 in shown


def test_a_detail_has_a_line_for_each_attribute() -> None:
    stdout = io.BytesIO()
    output = Output(Stream(stdout), Stream(io.BytesIO()))
    write_detail(output, "wide", THINGS[0], COLUMNS, name=lambda thing: thing.name)
    assert stdout.getvalue().decode().splitlines()[1] == "COUNT          1,234,567"


@pytest.mark.parametrize("form", ["table", "wide", "json", "ndjson", "yaml", "name"])
@pytest.mark.parametrize("bad", HOSTILE_TEXTS)
def test_hostile_names_are_harmless_in_every_format(form: str, bad: str) -> None:
    shown, _ = written(form, (Thing(bad, 1, bad),), width=200)
    assert not MUST_NOT_SHOW & set(shown)
    if form == "json":
        assert json.loads(shown)[0]["name"] == bad
    if form == "yaml" and not any("\ud800" <= character <= "\udfff" for character in bad):
        assert yaml.safe_load(shown)[0]["name"] == bad


@pytest.mark.parametrize(
    ("cell", "machine", "person"),
    [
        (None, None, "–"),
        (True, True, "yes"),
        (False, False, "no"),
        (2**63, 2**63, "9,223,372,036,854,775,808"),
        (1234.5, 1234.5, "1,234.5"),
        (float("nan"), "NaN", "nan"),
        (float("-inf"), "-Infinity", "-inf"),
        (Decimal("1.10"), "1.10", "1.10"),
        (NOW, "2026-11-23T12:00:00Z", "0 ms ago"),
        (timedelta(days=7), 604800, "7 d"),
        (timedelta(milliseconds=1500), 1.5, "1 s"),
        (b"\xff", "/w==", "/w=="),
        (("a", 1), ["a", 1], "a, 1"),
        ((), [], "–"),
        ({"a": timedelta(hours=1)}, {"a": 3600}, "a=1 h"),
    ],
)
def test_a_cell_is_exact_for_machines_and_readable_for_people(
    cell: Any, machine: Any, person: str
) -> None:
    assert machine_value(cell) == machine
    assert person_text(cell, now=NOW) == person


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.25, "250 ms"),
        (1, "1 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (3_600 * 5, "5 h"),
        (86_400 + 3_600 * 4, "1 d 4 h"),
        (86_400 * 400, "400 d"),
        (-120, "-2 min"),
    ],
)
def test_durations_use_their_largest_units(seconds: float, shown: str) -> None:
    assert duration(timedelta(seconds=seconds)) == shown


def test_ages_look_both_ways() -> None:
    assert age(NOW - timedelta(seconds=3), now=NOW) == "3 s ago"
    assert age(NOW + timedelta(seconds=3), now=NOW) == "in 3 s"


@given(
    st.lists(st.tuples(st.text("ab", max_size=40), st.booleans(), st.integers(0, 3)), min_size=1),
    st.integers(1, 120),
)
def test_a_layout_fits_or_leaves_one_column(
    columns: list[tuple[str, bool, int]], width: int
) -> None:
    texts, right, keep = zip(*columns, strict=True)
    widths = layout(["H"] * len(texts), [texts], right=right, keep=keep, width=width)
    shown = [one for one in widths if one]
    assert shown
    assert sum(shown) + 2 * (len(shown) - 1) <= width


@given(st.text(), st.integers(0, 50))
def test_cut_text_fits(text: str, width: int) -> None:
    assert display_width(cut(text, width)) <= width


@given(st.text(max_size=10), st.integers(30, 50))
def test_padded_text_fills(text: str, width: int) -> None:
    assert display_width(pad(text, width)) == width
    assert pad(text, width, right=True).endswith(text)


def test_a_column_goes_before_the_most_telling_is_cut() -> None:
    things = (Thing("user-events", 3, "a note"),)
    lines = written("table", things, width=20)[0].splitlines()
    assert lines == ["NAME         COUNT", "user-events      3"]
