"""What may be done on each screen, by whom, and in which order the keys go through it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import OptionList

from flowodm.tui.app import InspectorApp
from tests.tui.pilots import lines, settle, shown
from tests.tui.visits import World, go
from tests.tui.worlds import ASKED, full

pytestmark = pytest.mark.tui

SCREENS = (*ASKED, "reset-refused")
CHANGES = {"group.reset", "records.produce", "reset.do", "produce.send"}
"""The bindings that change something: those that `--write` adds."""


def on_each(look: Callable[[Pilot[None], str], Awaitable[None]], **options: Any) -> None:
    async def visit(world: World) -> None:
        app = InspectorApp(world.fakes.sources, clock=world.clock, **options)
        async with app.run_test(size=(130, 36)) as pilot:
            for name in SCREENS:
                await go(pilot, world, name)
                await look(pilot, name)

    with full() as world:
        asyncio.run(visit(world))


def offered(app: Any) -> set[str]:
    return {one.binding.id for one in app.screen.active_bindings.values() if one.enabled}


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


def test_tab_goes_through_a_screen_as_it_is_read_and_never_where_nothing_is_seen():
    async def look(pilot: Pilot[None], name: str) -> None:
        screen = pilot.app.screen
        chain = screen.focus_chain
        places = [(one.region.y, one.region.x) for one in chain]
        assert places == sorted(places), name
        assert all(one.region.area for one in chain), name
        assert screen.focused in chain, name
        seen = set()
        for _ in chain:
            focused = screen.focused
            assert focused in chain, name
            seen.add(focused)
            await pilot.press("tab")
        assert seen == set(chain), name
        await pilot.press("shift+tab")
        assert screen.focused in chain, name

    on_each(look)


def test_each_action_of_a_screen_is_in_the_palette_for_the_mouse_and_for_the_keys():
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        palette = {text.rpartition("  (")[0] for text, _ in app.actions_of(app.screen)}
        for active in app.screen.active_bindings.values():
            if active.binding.id and active.enabled:
                assert active.binding.description in palette, (name, active.binding.id)
        assert ": Commands" in shown(app), name  # the palette itself can be clicked

    on_each(look, may_write=True)


PALETTE = "app.command_palette"


@pytest.fixture
def clicked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The actions that were run; but for those of the palette, none is."""
    found: list[str] = []
    run = InspectorApp.run_action

    async def note(app: InspectorApp, action: Any, *args: Any) -> bool:
        found.append(str(action))
        return await run(app, action, *args) if "palette" in str(action) else True

    async def look_around(app: InspectorApp, action: Any, *args: Any) -> bool:
        return await (note if app.is_watched else run)(app, action, *args)  # type: ignore[attr-defined]

    monkeypatch.setattr(InspectorApp, "is_watched", False, raising=False)
    monkeypatch.setattr(InspectorApp, "run_action", look_around)
    return found


def test_each_key_of_every_key_line_does_by_a_click_what_it_says(clicked: list[str]):
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        line = lines(app)[-1]
        app.is_watched = True
        wanted = []
        for active in app.screen.active_bindings.values():
            words = f" {app.get_key_display(active.binding)} {active.binding.description} "
            if active.binding.id == "app.palette" or words not in f"{line} ":
                continue
            await pilot.click("KeyLine", offset=(line.index(words.rstrip()) + 1, 0))
            await pilot.pause()
            wanted.append(app.target_of(active))
        app.is_watched = False
        assert wanted, name
        assert clicked == wanted, name
        clicked.clear()

    on_each(look, may_write=True)


def test_each_action_of_the_palette_is_done_by_the_mouse_alone(clicked: list[str]):
    async def look(pilot: Pilot[None], name: str) -> None:
        if name != "records":  # the one with the most to do; it is the same palette everywhere
            return
        app: Any = pilot.app
        screen = app.screen
        actions = [text for text, _ in app.actions_of(screen)]
        for number, text in enumerate(actions):
            if text.startswith("Commands "):
                continue  # it is what is open here
            await pilot.click("KeyLine", offset=(lines(app)[-1].index(": Commands") + 1, 0))
            await settle(pilot)
            choices = app.screen.query_one(OptionList)
            while number - choices.scroll_offset.y >= choices.scrollable_content_region.height:
                before = choices.scroll_offset.y
                await pilot._post_mouse_events([events.MouseScrollDown], choices)
                await pilot.wait_for_scheduled_animations()
                assert choices.scroll_offset.y > before, (name, text)
            app.is_watched = True
            top = choices.scrollable_content_region.y - choices.region.y
            await pilot.click(choices, offset=(3, top + number - choices.scroll_offset.y))
            await settle(pilot)
            app.is_watched = False
            assert app.screen is screen, (name, text)
            assert len(clicked) == 1, (name, text, clicked)
            clicked.clear()

    on_each(look, may_write=True)
