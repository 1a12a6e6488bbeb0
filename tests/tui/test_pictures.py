"""What must hold for every picture of the inspector: letters can be read, and what is cut says so.

The pictures are those that `test_golden.py` compares with what is shown.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

import pytest
from rich.cells import cell_len

from flowodm.tui.screens.contexts import ContextsPage
from flowodm.tui.screens.topics import TopicsPage
from flowodm.tui.widgets.grid import fitted
from tests.tui.svg import WIDTH
from tests.tui.test_golden import GOLDEN

pytestmark = pytest.mark.unit

READABLE = 4.5
"""The contrast of WCAG 2.2 for text, level AA."""
ORNAMENTS = re.compile(r"^[│─╭╮╰╯▏▎▕▁-█▔·▸● ]+$")
"""Rules, bars and marks: what they say, a word or a number beside them says too."""
BEHIND = ("confirm", "help", "palette", "produce-confirm")
"""Screens over others, which are dimmed: nothing there can be chosen meanwhile."""
PICTURES = sorted(file.stem for file in GOLDEN.glob("*.svg"))


class Ink(NamedTuple):
    """A text of a picture, with its colour and its ground."""

    text: str
    colour: str
    ground: str


def inks(svg: str) -> Iterator[Ink]:
    """Return every text, once for each ground it stands on."""
    [usual] = re.findall(r'<rect class="c(\w+)" width', svg)
    for row in re.findall(r"<g>(.*)</g>", svg):
        grounds = {
            cell: colour
            for colour, x, width in re.findall(
                r'<rect class="c(\w+)" x="(\d+)" \S+ width="(\d+)"', row
            )
            for cell in range(int(x) // WIDTH, (int(x) + int(width)) // WIDTH)
        }
        for colour, x, width, text in re.findall(
            r'<text class="c(\w{6})[^"]*" x="(\d+)" \S+ textLength="(\d+)">(.*?)</text>', row
        ):
            cells = range(int(x) // WIDTH, (int(x) + int(width)) // WIDTH)
            for ground in {grounds.get(cell, usual) for cell in cells}:
                yield Ink(unescape(text), colour, ground)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_every_letter_has_the_contrast_that_reading_takes():
    faint = set()
    for name in PICTURES:
        if name.partition(".")[0].removesuffix("-words") in BEHIND:
            continue
        for ink in inks((GOLDEN / f"{name}.svg").read_text()):
            ratio = contrast(ink.colour, ink.ground)
            if ratio < READABLE and not ORNAMENTS.match(ink.text):
                faint.add((f"{ratio:.2f}", ink.colour, ink.ground, ink.text, name))
    assert not faint


def test_no_line_is_wider_than_its_screen_and_each_screen_is_as_high_as_it_should_be():
    for name in PICTURES:
        width, height = map(int, name.rpartition(".")[2].split("x"))
        rows = (GOLDEN / f"{name}.txt").read_text().splitlines()
        assert len(rows) <= height, name
        assert max(map(cell_len, rows)) <= width, name


def test_the_keys_that_always_count_stand_whole_at_the_end_of_the_last_line():
    for name in PICTURES:
        last = (GOLDEN / f"{name}.txt").read_text().splitlines()[-1]
        if "Take it" not in last and name.partition(".")[0] not in BEHIND:
            assert last.rstrip().endswith(": Commands  ? Help  q Quit"), name
            assert "…" not in last, name


TITLES = {
    "topics.full": {"PARTITIONS": "3", "RECORDS": "1.2M", "LAG": "2.3k"},
    "groups.full": {"LAG": "2,345", "IN TIME": "4 min"},
    "group.full": {"COMMITTED": "10,000", "LAG": "2,345"},
    "topic.full": {"END": "12,345", "RECORDS": "12,345"},
    "brokers.full": {"LEADS": "4", "COPIES": "6"},
    "reset.full": {"COMMITTED": "12,345"},
}


@pytest.mark.parametrize("name", TITLES)
def test_numbers_end_below_the_end_of_their_titles(name: str):
    rows = (GOLDEN / f"{name}.130x36.txt").read_text().splitlines()
    for title, number in TITLES[name].items():
        at = next(index for index, row in enumerate(rows) if re.search(rf" {title}(  |$)", row))
        end = re.search(rf" {title}(?=  |$)", rows[at]).end()  # type: ignore[union-attr]
        assert any(row[:end].endswith(f" {number}") for row in rows[at + 1 :]), (name, title)


@pytest.mark.parametrize("width", [57, 77, 127])
@pytest.mark.parametrize("needs", [8, 34, 60, 300])
def test_a_name_is_cut_only_where_the_columns_beside_it_are_as_narrow_as_they_can_be(
    width: int, needs: int
):
    columns = TopicsPage().columns()
    wanted = [needs, *(len(column.title) for column in columns[1:])]
    rooms = {column.title: room for column, room in fitted(columns, wanted, width)}
    assert sum(rooms.values()) + 2 * (len(rooms) - 1) <= width
    if rooms["TOPIC"] < needs:
        assert all(room == len(title) for title, room in rooms.items() if title != "TOPIC")
        assert rooms["TOPIC"] >= min(needs, 40) or len(rooms) == 2


def test_what_may_be_changed_is_told_of_each_context_however_long_the_names_are():
    columns = ContextsPage().columns()
    shown = [column.title for column, _ in fitted(columns, [4, 90, 90, 9, 90], 57)]
    assert shown == ["", "CONTEXT", "BROKERS", "CHANGES"]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("topics.full", "Open"),
        ("contexts.full", "Switch"),
        ("subject.full", "Compare"),
        ("difference.full", "To the text"),
        ("produce.full", "Edit"),
    ],
)
def test_the_key_line_says_what_enter_does(name: str, word: str):
    rows = (GOLDEN / f"{name}.80x24.txt").read_text().splitlines()
    assert rows[-1].startswith(f" ⏎ {word}  ")


@pytest.mark.parametrize("name", ["group.empty", "reset.empty", "trial.empty", "difference.empty"])
def test_no_titles_stand_over_nothing(name: str):
    text = (GOLDEN / f"{name}.80x24.txt").read_text()
    assert not re.search(r"^ +[A-Z]{4,}  +[A-Z]", text, re.MULTILINE)
    assert " ⏎ " not in text


def test_a_line_that_goes_on_behind_blanks_at_the_edge_shows_that_it_is_cut():
    rows = (GOLDEN / "trial.hostile.80x24.txt").read_text().splitlines()
    [verdict] = [row for row in rows if "BACKWARD refuses it" in row]
    assert verdict.endswith("…")
