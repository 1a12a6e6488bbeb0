"""What may be done on each screen, and by whom: every action by the keys alone, and by the mouse."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import OptionList

from flowodm.tui.app import InspectorApp
from tests.tui.hands import click, click_on, is_at, strike, until, wheel
from tests.tui.pilots import lines, shown
from tests.tui.visits import World, go
from tests.tui.worlds import ASKED, full

pytestmark = pytest.mark.tui

SCREENS = (*ASKED, "reset-refused")
NOUNS = {
    "topics": ("topics", "topic", "statistics"),
    "records": ("records", "produce"),
    "groups": ("groups", "group", "reset", "reset-refused"),
    "schemas": ("schemas", "subject", "difference", "trial"),
    "cluster": ("brokers", "contexts", "plan"),
}
"""The same screens in parts, which workers share."""
CHANGES = {"group.reset", "records.produce", "reset.do", "produce.send"}
"""The bindings that change something: those that `--write` adds."""
Choose = Callable[[Any, int, int], Awaitable[None]]
"""Chooses a row of the palette, of so many."""


def on_each(
    look: Callable[[Pilot[None], str], Awaitable[None]],
    names: Iterable[str] = SCREENS,
    **options: Any,
) -> None:
    async def visit(world: World) -> None:
        app = InspectorApp(world.fakes.sources, clock=world.clock, **options)
        async with app.run_test(size=(130, 36)) as pilot:
            for name in names:
                await go(pilot, world, name)
                await look(pilot, name)

    with full() as world:
        asyncio.run(visit(world))


def offered(app: Any) -> set[str]:
    return {
        one.binding.id
        for one in app.screen.active_bindings.values()
        if one.binding.id and one.enabled
    }


def test_write_adds_the_changes_and_without_it_none_is_offered_anywhere():
    with_write: dict[str, set[str]] = {}
    without: dict[str, set[str]] = {}

    async def look_writing(pilot: Pilot[None], name: str) -> None:
        with_write[name] = offered(pilot.app)

    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        without[name] = offered(app)
        texts = [text for text, _ in app.actions_of(app.screen)]
        texts += [text for _, text, _ in app._help()]
        assert not {"Reset", "Do it", "Produce", "Send"} & {
            text.partition("  (")[0] for text in texts
        }, name
        for words in ("R Reset", "D Do it", "p Produce", "D Send"):
            assert words not in shown(app), name

    on_each(look_writing, may_write=True)
    on_each(look)
    added = set().union(*(with_write[name] - without[name] for name in SCREENS))
    assert added == CHANGES


def test_the_parts_are_all_the_screens():
    assert sorted(SCREENS) == sorted(name for names in NOUNS.values() for name in names)


class Watch:
    """The actions that were run on a screen, each with where it counts; none of them is done."""

    def __init__(self) -> None:
        self.screen: Any = None
        """The one that is watched; the palette over it opens and goes all the same."""
        self.ran: list[tuple[str, object]] = []


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch, run = Watch(), InspectorApp.run_action

    async def note(app: InspectorApp, action: Any, node: Any = None) -> bool:
        if app.screen is not watch.screen or action in ("palette", "app.palette"):
            return await run(app, action, node)
        watch.ran.append((action, node))
        return True

    monkeypatch.setattr(InspectorApp, "run_action", note)
    return watch


async def choose_each(world: World, watch: Watch, names: Iterable[str], choose: Choose) -> None:
    """Choose each row of the palette on some screens; each has to run its action, and it alone.

    The rows that are the same everywhere are chosen on each screen by the mouse, and by the keys on
    the first one: there are hundreds.
    """
    app: Any = InspectorApp(world.fakes.sources, clock=world.clock, may_write=True)
    app.animation_level = "none"
    async with app.run_test(size=(130, 36)) as pilot:
        for place, name in enumerate(names):
            watch.screen = None
            await go(pilot, world, name)
            watch.screen = screen = app.screen
            titles = {
                f"{one.binding.description}  ({app.get_key_display(one.binding)})": one
                for one in screen.active_bindings.values()
                if one.binding.id and one.enabled
            }
            rows = [text for text, _ in app.actions_of(screen)]
            assert {titles[text].binding.id for text in rows} == offered(app), name
            for row, text in enumerate(rows):
                wanted = titles[text]
                is_common = wanted.node is app or str(wanted.binding.id).startswith("list.")
                if wanted.binding.id == "app.palette":
                    continue  # it is what is open here
                if is_common and place and choose is by_keys:
                    continue
                await choose(app, row, len(rows))
                await until(lambda: app.screen is watch.screen and watch.ran, name, text)
                assert watch.ran == [(wanted.binding.action, wanted.node)], (name, text)
                watch.ran.clear()


async def opened(app: Any, rows: int) -> OptionList:
    """The rows of the palette, once all are there."""
    await until(lambda: isinstance(app.screen, CommandPalette) and app.screen.query(OptionList))
    choices: OptionList = app.screen.query_one(OptionList)
    await until(lambda: choices.option_count == rows and choices.region.height)
    return choices


async def by_mouse(app: Any, row: int, rows: int) -> None:
    click_on(app, ": Commands", within="KeyLine")
    choices = await opened(app, rows)
    area = choices.scrollable_content_region
    while row >= (top := choices.scroll_offset.y) + area.height:
        wheel(app, area.x + 3, area.y + 3)
        await until(lambda before=top: choices.scroll_offset.y > before)
    x, y = area.x + 3, area.y + row - choices.scroll_offset.y
    await until(lambda: is_at(app, choices, x, y))
    click(app, x, y)


async def by_keys(app: Any, row: int, rows: int) -> None:
    strike(app, "colon")
    choices = await opened(app, rows)
    assert choices.highlighted in (None, 0)
    first = choices.highlighted is None
    steps = ["down"] * (row + first) if row < rows // 2 else ["up"] * (rows - row)
    strike(app, *steps, "enter")


@pytest.mark.parametrize("choose", [by_mouse, by_keys], ids=["mouse", "keys"])
@pytest.mark.parametrize("noun", NOUNS)
def test_each_row_of_the_palette_runs_its_action_on_every_screen(
    noun: str, choose: Choose, watch: Watch
):
    with full() as world:
        asyncio.run(choose_each(world, watch, NOUNS[noun], choose))


@pytest.mark.parametrize("noun", NOUNS)
def test_each_key_of_every_key_line_does_by_a_click_what_it_says(noun: str, watch: Watch):
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        watch.screen = app.screen
        line, wanted = lines(app)[-1], []
        for active in app.screen.active_bindings.values():
            words = f" {app.get_key_display(active.binding)} {active.binding.description} "
            if active.binding.id == "app.palette" or words not in f"{line} ":
                continue
            wanted.append(app.target_of(active))
            click_on(app, words.rstrip(), within="KeyLine")
            await until(lambda: len(watch.ran) == len(wanted), name, wanted)
        assert wanted, name
        assert [action for action, _ in watch.ran] == wanted, name
        watch.ran.clear()
        watch.screen = None

    on_each(look, NOUNS[noun], may_write=True)
