"""What is done on a screen that is written to harm, beside looking: opened, typed, taken along."""

from collections.abc import Awaitable, Callable
from typing import Any

from textual.geometry import Offset
from textual.pilot import Pilot
from textual.widgets import Input

from flowodm.tui.screens.page import Page
from flowodm.tui.widgets.laid_out import LaidOut
from flowodm.tui.widgets.line_view import LineView
from tests.tui.hostile_hands import click, idle, paste
from tests.tui.pilots import settle
from tests.tui.visits import World, leave
from tests.unit.cli.hostile import MUST_NOT_SHOW

Deed = Callable[[Pilot[None], World], Awaitable[None]]


def typed(*ways: str) -> Deed:
    """Paste the hostile text behind some keys, and enter it; then let it come back."""

    async def deed(pilot: Pilot[None], world: World) -> None:
        page = pilot.app.screen
        assert isinstance(page, Page)
        page.focus_first()  # a click may have taken the keys elsewhere
        for way in ways:
            *before, key = way.split()
            await pilot.press(*before, key)
            await paste(pilot.app, world.topic)
            field = pilot.app.focused
            assert isinstance(field, Input), key
            assert field.value.isprintable(), ascii(field.value)
            await pilot.press("enter")
            await settle(pilot)
            if not isinstance(pilot.app.focused, Input):
                await pilot.press(key)
            if isinstance(pilot.app.focused, Input):
                await pilot.press("up", "escape")
            await settle(pilot)

    return deed


def opened(name: str, selector: str = "#list") -> Deed:
    """Click twice on the first row: that opens it, and nothing else."""

    async def deed(pilot: Pilot[None], world: World) -> None:
        app = pilot.app
        view = app.screen.query_one(selector, LineView)
        at = Offset(view.region.x + 6, view.region.y + 1)
        await click(app, at, times=2)
        await settle(pilot)
        above = [type(one).__name__ for one in app.screen_stack if isinstance(one, Page)][1:]
        assert above == [name]

    return deed


async def copied(pilot: Pilot[None], world: World) -> None:
    """Copy a value and its command: that is the one thing that the terminal is told."""
    app: Any = pilot.app
    app.screen.focus_first()
    for key in ("g", "y", "Y"):
        await pilot.press(key)
        await settle(pilot)
    assert app.clipboard.startswith("flowodm tail ")


async def planned(pilot: Pilot[None], world: World) -> None:
    """Copy a thing of the plan; then open it, however many lines names take above it."""
    app = pilot.app
    for name in ("PlanPage", "PlannedPage"):
        assert type(app.screen).__name__ == name
        view = app.screen.query_one(LaidOut)
        view.focus()
        view.go(next((n for n, (thing, _) in enumerate(view._lines) if thing is not None), 0))
        app._clipboard = ""
        await pilot.press("y", "enter")
        await settle(pilot)
        assert app.clipboard
        assert not MUST_NOT_SHOW.intersection(app.clipboard), ascii(app.clipboard)


def chosen(*words: str) -> Deed:
    """Let the palette offer what the words mean, touch it, and choose the last of it."""

    async def deed(pilot: Pilot[None], world: World) -> None:
        app = pilot.app
        here = app.screen
        for word in words:
            await leave_palette(pilot)
            await pilot.press("colon")
            await paste(app, f"{word} ")
            await pilot.pause(0.25)
            await pilot.press("down", "down")
            await idle()
        await paste(app, world.topic)
        await pilot.pause(0.25)
        field = app.screen.query_one(Input)
        field.value = f"{words[-1]} "
        await pilot.pause(0.25)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert app.screen is not here
        await leave(pilot)

    return deed


async def leave_palette(pilot: Pilot[None]) -> None:
    """Close it, if it is open."""
    while type(pilot.app.screen).__name__ == "CommandPalette":
        pilot.app.pop_screen()
        await pilot.pause()


DEEDS: dict[str, tuple[Deed, ...]] = {
    "topics": (typed("slash"), opened("RecordsPage")),
    "groups": (typed("slash"), opened("GroupPage")),
    "schemas": (typed("slash"), opened("SubjectPage")),
    "brokers": (typed("slash"),),
    "contexts": (typed("slash"),),
    "records": (typed("slash", "t"),),
    "group": (typed("R"), opened("TopicPage", "#partitions")),
    "subject": (typed("c"),),
    "produce": (typed("g j j enter", "V"),),
    "record-value": (copied,),
    "plan": (planned,),
    "palette-words": (chosen("ctx", "theme", "topic"),),
}
"""By the screen where it is done; the next visit begins anew."""
