"""Rendered output, whole, as it was reviewed by eye.

After a change on purpose: FLOWODM_UPDATE_GOLDEN=1 pytest tests/unit/cli/test_golden.py, and look
at the difference.
"""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flowodm.cli.help import group_help, print_help
from flowodm.cli.output import Output, Stream
from flowodm.cli.records import PrettyWriter, TableWriter
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW
from tests.unit.cli.records import TODAY, avro, names, record, samples, text

pytestmark = pytest.mark.unit

GOLDEN = Path(__file__).parents[2] / "golden"


def rendered(write: Callable[[Output], None], width: int, *, color: bool = False) -> str:
    stdout = io.BytesIO()
    write(Output(Stream(stdout, color=color), Stream(io.BytesIO()), width=width))
    return stdout.getvalue().decode()


def check(name: str, shown: str) -> None:
    path = GOLDEN / name
    if os.environ.get("FLOWODM_UPDATE_GOLDEN"):
        path.write_text(shown)
    assert shown == path.read_text()


def write_pretty(output: Output) -> None:
    writer = PrettyWriter(output, names, now=lambda: TODAY)
    writer.write(samples())
    writer.end()


def write_table(output: Output) -> None:
    writer = TableWriter(output, names, several=False, now=lambda: TODAY)
    writer.write(samples())
    writer.end()


@pytest.mark.parametrize("width", [60, 80, 130])
def test_records_in_blocks(width: int) -> None:
    check(f"tail-pretty-{width}.txt", rendered(write_pretty, width))


@pytest.mark.parametrize("width", [60, 80, 130])
def test_records_in_a_table(width: int) -> None:
    check(f"tail-table-{width}.txt", rendered(write_table, width))


def test_records_in_blocks_in_colour() -> None:
    shown = rendered(write_pretty, 80, color=True)
    check("tail-pretty-80-colour.txt", shown.replace("\x1b", "␛"))


def test_root_help() -> None:
    check("help.txt", rendered(lambda output: print_help(output, group_help("", 80)), 80))


def test_colours_are_all_that_colour_adds() -> None:
    import re

    plain, coloured = rendered(write_pretty, 80), rendered(write_pretty, 80, color=True)
    assert re.sub(r"\x1b\[\d*m", "", coloured) == plain


@pytest.mark.parametrize("write", [write_pretty, write_table])
def test_no_line_is_wider_than_the_terminal_where_words_allow_it(
    write: Callable[[Output], None],
) -> None:
    from flowodm.display.text import display_width

    for line in rendered(write, 130).splitlines():
        assert display_width(line) <= 130 or "more" in line


@pytest.mark.parametrize("width", [1, 10, 60, 200])
@pytest.mark.parametrize("kind", [PrettyWriter, TableWriter])
@pytest.mark.parametrize("bad", HOSTILE_TEXTS)
def test_hostile_texts_are_shown_and_harmless_everywhere(bad: str, kind: type, width: int) -> None:
    def write(output: Output) -> None:
        more = {"several": True} if kind is TableWriter else {}
        writer = kind(output, names, now=lambda: TODAY, **more)
        side = avro({bad: [bad, {bad: bad}]}, bad)
        headers = ((bad, bad.encode(errors="replace")),)
        writer.write([record(side, key=text(bad), topic=bad, headers=headers)])

    shown = rendered(write, width)
    assert not MUST_NOT_SHOW & set(shown)
