"""What is taken out of the inspector: whatever it holds, it acts on nothing where it is put."""

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from flowodm.tui.screens.records import RecordsPage
from flowodm.tui.sources.export import file_name
from tests.pasting import SHELL_TEXTS, words_of
from tests.tui.fake_plan import FakePlan, planned
from tests.tui.fakes import FakeRecords, Fakes, FakeTopics, record
from tests.tui.hostile_worlds import MARKUP, TEXTS, hostile
from tests.tui.pilots import play, settle, typed
from tests.unit.cli.hostile import MUST_NOT_SHOW
from tests.unit.display.test_plan import CONTEXT, DESIRED, made

pytestmark = pytest.mark.tui

NAMES = [text for text in (*TEXTS, *SHELL_TEXTS) if text and "\0" not in text]


def records_of(*names: str) -> Fakes:
    values = [name.encode("utf-8", "surrogatepass") for name in names]
    return Fakes(
        records=FakeRecords(
            [
                record(value, key=value, topic=name)
                for name, value in zip(names, values, strict=True)
            ]
        )
    )


async def open_records(pilot: Pilot[None]) -> None:
    await pilot.app.push_screen(RecordsPage("any"))
    await settle(pilot)
    await settle(pilot)
    await pilot.press("g")


def test_a_copied_command_is_one_command_with_the_very_name_of_the_topic(tmp_path: Path):
    copied = []

    async def script(pilot: Pilot[None]) -> None:
        await open_records(pilot)
        for _ in NAMES:
            pilot.app.screen.action_copy_command()
            copied.append(pilot.app.clipboard)
            await pilot.press("j")

    play(script, records_of(*NAMES))
    assert not MUST_NOT_SHOW.union("\n").intersection("".join(copied))
    for name, words in zip(NAMES, words_of(copied, str(tmp_path)), strict=True):
        assert words[0] == "tail"
        assert words[-1 if name.startswith("-") else 1] == name
        assert {"-p", "0", "--offset", "0:1"}.issubset(words)
    assert not list(tmp_path.iterdir())


def test_a_copied_plan_is_applied_by_one_command(tmp_path: Path):
    names, copied = ("plain", "\x1b[2J\ntouch harmed\n", "-x $(touch harmed)"), []
    plan = FakePlan()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("5")
        for name in names:
            context = CONTEXT.model_copy(update={"name": name})
            plan.found = planned(made(replace(DESIRED, source=name)), context)
            await pilot.press("r")
            await settle(pilot)
            await pilot.press("Y")
            copied.append(pilot.app.clipboard)

    play(script, Fakes(plan=plan))
    assert words_of(copied, str(tmp_path)) == [
        ["apply", names[0], "--context", names[0]],
        ["apply", names[1], "--context", names[1]],
        ["apply", "--context", names[2], "--", names[2]],
    ]


def test_an_export_has_nothing_that_cannot_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    async def script(pilot: Pilot[None]) -> None:
        await open_records(pilot)
        await pilot.press("e")
        await settle(pilot)

    play(script, records_of("../-x\x1b[2J", *NAMES))
    (file,) = tmp_path.iterdir()
    lines = file.read_text("utf-8").splitlines()
    assert not MUST_NOT_SHOW.intersection("".join(lines))
    assert {json.loads(line)["topic"] for line in lines} == {"../-x\x1b[2J", *NAMES}


@given(st.text() | st.sampled_from(["..", "-rf", "/etc/passwd", ".-.-x"]))
def test_a_file_of_any_topic_is_named_plainly_and_is_no_option(topic: str):
    assert re.fullmatch(
        r"[A-Za-z0-9_][A-Za-z0-9._-]*\.ndjson", file_name(topic, datetime(2026, 1, 1))
    )


def test_what_is_told_of_a_plan_is_copied_as_it_is_shown():
    with hostile("\x1b[2J\ntopic \u202egnp.exe") as world:

        async def script(pilot: Pilot[None]) -> None:
            await pilot.press("5")
            await settle(pilot)
            for _ in range(4):
                await pilot.press("j", "y")
                assert not MUST_NOT_SHOW.intersection(pilot.app.clipboard)
            assert "\\x1b[2J\\ntopic \\u202egnp.exe" in pilot.app.clipboard
            assert "\ntopic" not in pilot.app.clipboard

        play(script, world.fakes)


def test_a_row_of_the_palette_opens_what_it_names():
    seen = []

    async def script(pilot: Pilot[None]) -> None:
        for name in MARKUP:
            await pilot.press("colon")
            await typed(pilot, f"topic {name}")
            await pilot.pause(0.3)
            await pilot.press("down", "enter")
            await settle(pilot)
            seen.append(pilot.app.screen.topic)

    play(script, Fakes(topics=FakeTopics(names=list(MARKUP))))
    assert seen == list(MARKUP)
