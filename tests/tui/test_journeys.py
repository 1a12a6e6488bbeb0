"""One journey through the inspector, by the mouse alone and by the keys alone.

With the mouse nothing is typed but a filter and the names that confirm: those need letters.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowodm.tui.app import InspectorApp
from flowodm.tui.screens.confirm import ConfirmScreen
from flowodm.tui.screens.help import HelpScreen
from tests.tui.fakes import record
from tests.tui.hands import click_on, strike, until, wheel
from tests.tui.pilots import settle, shown, typed
from tests.tui.visits import World
from tests.tui.worlds import full

pytestmark = pytest.mark.tui

Step = Callable[["Person"], Awaitable[None]]


class Person:
    """Somebody at the inspector, who waits until what was done is seen."""

    def __init__(self, pilot: Pilot[None], world: World, *, has_mouse: bool) -> None:
        self.pilot, self.world, self.has_mouse = pilot, world, has_mouse
        self.app: Any = pilot.app

    async def see(self, *words: str) -> None:
        """Wait until some words are on the screen."""
        for one in words:
            await until(lambda one=one: one in shown(self.app), one, words)
        await settle(self.pilot)

    async def do(self, words: str, *keys: str, times: int = 1, within: str = "") -> None:
        """Click on some words, or strike the keys that do the same."""
        if self.has_mouse:
            click_on(self.app, words, within=within, times=times)
        else:
            strike(self.app, *keys)
        await settle(self.pilot)

    async def open(self, words: str, *keys: str, within: str = "") -> None:
        """Click twice on a row, or go there with the keys and press Enter."""
        await self.do(words, *keys, "enter", times=2, within=within)

    async def key(self, words: str, key: str) -> None:
        """Click on what the line of keys says, or strike it."""
        await self.do(words, key, within="KeyLine")

    async def command(self, words: str, key: str) -> None:
        """Choose in the palette what the line of keys has no room for; with the keys, strike it."""
        if not self.has_mouse:
            strike(self.app, key)
        else:
            click_on(self.app, ": Commands", within="KeyLine")
            await until(lambda: "  (" in shown(self.app), words)
            while f"{words}  (" not in shown(self.app):
                wheel(self.app, 40, 16)
                await self.pilot.pause(0.1)
            await settle(self.pilot)
            click_on(self.app, f"{words}  (")
        await settle(self.pilot)


async def records(person: Person) -> None:
    app = person.app
    await person.open("orders", "G", "k", within="#list")
    await person.see("topics > orders > records", "FOLLOW")
    log = app.screen.query_one("#log")
    await person.do("FOLLOW", "space")
    await person.see("PAUSED")
    await person.do("PAUSED", "space")
    await person.see("FOLLOW")
    if person.has_mouse:
        wheel(app, 10, 12, up=True)
    else:
        strike(app, "ctrl+u", "ctrl+u")
    await until(lambda: not log.follows and log.scroll_y < log.max_scroll_y)
    await person.key("f Follow", "f")
    await until(lambda: log.follows and log.scroll_y == log.max_scroll_y)
    await person.do("the last ones", "t")
    await typed(person.pilot, "start")
    await person.key("Take it", "enter")
    await person.see("from start")
    await person.key("/ Filter", "slash")
    await typed(person.pilot, "true")
    await person.key("esc Leave", "escape")
    assert not isinstance(app.focused, Input)


async def detail(person: Person) -> None:
    app = person.app
    await person.command("First", "g")
    await person.open("k-0 ", within="#log")
    await person.see("Value Key Headers Schema Hex", "lines")
    tree = app.screen.query_one("#value-tree")
    if not person.has_mouse:
        strike(app, "tab")
    count = tree.count
    await person.open("Order (3 fields)", within="#value-tree")
    assert tree.count == 1
    await person.open("Order", within="#value-tree")
    assert 1 < tree.count <= count
    for tab in ("Key", "Headers", "Schema", "Hex", "Value"):
        await person.do(tab, "right_square_bracket", within="#detail-tabs")
        assert app.screen.query_one("#detail").tab == tab.lower()
    await person.command("Zoom", "z")
    assert not app.screen.query_one("#log").display
    await person.command("Zoom", "z")
    await person.key("esc Back", "escape")
    assert not app.screen.query_one("#detail").display


async def taken_along(person: Person) -> None:
    await person.key("e Export", "e")
    await person.see("wrote ")
    await person.command("Statistics", "S")
    await person.see("topics > orders > records > statistics")
    await person.do("orders > records", "escape", within="Crumbs")
    await person.see("from start", "p Produce")


async def produce(person: Person) -> None:
    app, sent = person.app, person.world.fakes.produce.sent
    await person.do("k-1 ", "j", within="#log")
    await person.key("p Produce", "p")
    await person.see("> produce")
    await person.key("D Send", "D")
    await until(lambda: isinstance(app.screen, ConfirmScreen))
    await person.do("Esc leaves", "escape")
    await until(lambda: not isinstance(app.screen, ConfirmScreen))
    await person.key("D Send", "D")
    await until(lambda: isinstance(app.screen, ConfirmScreen))
    await typed(person.pilot, "orders")
    await person.do("Enter does it", "enter")
    await until(lambda: len(sent) == 1)
    await person.see("✔")
    await person.do("topics", "escape", "escape", within="Crumbs")
    await person.see("of 5 topics")


async def topics(person: Person) -> None:
    await person.key("/ Filter", "slash")
    await typed(person.pilot, "pay")
    await person.key("Take it", "enter")
    await person.see("1 of 5 topics")
    await person.key("esc Back", "escape")
    await person.see("5 of 5 topics")
    await person.key("/ Filter", "slash")
    await person.do("Earlier", "up", within="KeyLine")
    await person.see("1 of 5 topics")
    await person.do("Later", "down", within="KeyLine")
    await person.see("5 of 5 topics")
    await person.key("esc Leave", "escape")
    await person.key("d Details", "d")
    await person.see("> details", "LEADER")
    await person.key("esc Back", "escape")


async def groups(person: Person) -> None:
    app, resets = person.app, person.world.fakes.groups.resets
    await person.do("Groups(2)", "2")
    await person.see("groups", "audit")
    await person.open("audit", within="#list")
    await person.see("groups > audit")
    await person.key("R Reset", "R")
    await typed(person.pilot, "start")
    await person.key("Take it", "enter")
    await person.see("would move")
    await person.key("D Do it", "D")
    await until(lambda: isinstance(app.screen, ConfirmScreen))
    await typed(person.pilot, "audit")
    await person.do("Enter does it", "enter")
    await person.see("✔ done")
    assert len(resets) == 1


async def schemas(person: Person) -> None:
    await person.do("Schemas(3)", "3")
    await person.see("orders-value")
    await person.open("orders-value", within="#list")
    await person.see("schemas > orders-value", "v3")
    await person.key("d Mark", "d")
    if person.has_mouse:
        click_on(person.app, "v2", within="#versions")
    else:
        strike(person.app, "j")
    await settle(person.pilot)
    await person.key("d Mark", "d")
    await person.see("v2 → v3")
    await person.key("z Zoom", "z")
    await person.do("orders-value", "escape", within="Crumbs")


async def contexts(person: Person) -> None:
    app = person.app
    await person.key("? Help", "question_mark")
    await until(lambda: isinstance(app.screen, HelpScreen))
    await settle(person.pilot)
    await person.do("Esc closes", "escape")
    await until(lambda: not isinstance(app.screen, HelpScreen))
    await person.do("Plan(5)", "5")
    await person.see("plan ")
    await person.do("Brokers(4)", "4")
    await person.see("controller")
    await person.key("c Contexts", "c")
    await person.see("> contexts", "localhost:9092")
    await person.open("localhost:9092", "g", within="#list")
    assert app.next_context == "local"


STEPS: tuple[Step, ...] = (
    *(records, detail, taken_along, produce, topics, groups, schemas, contexts),
)


@pytest.mark.parametrize("has_mouse", [True, False], ids=["mouse", "keys"])
def test_the_whole_journey_is_made_by_one_hand(
    has_mouse: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)

    async def visit(world: World) -> None:
        app = InspectorApp(world.fakes.sources, clock=world.clock, may_write=True)
        async with app.run_test(size=(130, 36)) as pilot:
            await settle(pilot)
            person = Person(pilot, world, has_mouse=has_mouse)
            for step in STEPS:
                await step(person)

    with full() as world:
        assert world.copied is not None
        world.fakes.records.records[1] = record(world.copied.value, key=b"k-1", offset=1)
        asyncio.run(visit(world))
    assert len([*tmp_path.glob("*.ndjson")]) == 1
