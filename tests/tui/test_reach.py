"""What may be done on each screen, by whom, and in which order the keys go through it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from flowodm.tui.app import InspectorApp
from tests.tui.pilots import shown
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
        assert not {"Reset", "Do it", "Produce", "Send"} & {text.partition("  (")[0] for text in texts}, name
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
