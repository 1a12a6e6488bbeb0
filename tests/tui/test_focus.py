"""Where the keys go: in which order, seen how, and what becomes of that when the screen changes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from textual.pilot import Pilot

from flowodm.tui.app import InspectorApp
from tests.tui.hands import strike, until
from tests.tui.visits import VISITS, World, go
from tests.tui.worlds import full

pytestmark = pytest.mark.tui

SEEN = tuple(name for name in VISITS if name not in ("reset-refused", "trial", "palette-words"))
"""The screens; of those that take the keys alike, one."""


def on_each(
    look: Callable[[Pilot[None], str], Awaitable[None]], names: Iterable[str] = SEEN, **options: Any
) -> None:
    async def visit(world: World) -> None:
        app = InspectorApp(world.fakes.sources, clock=world.clock, may_write=True, **options)
        async with app.run_test(size=(130, 36)) as pilot:
            for name in names:
                await go(pilot, world, name)
                await look(pilot, name)

    with full() as world:
        asyncio.run(visit(world))


def test_tab_goes_through_a_screen_as_it_is_read_and_shift_tab_the_same_way_back():
    async def look(pilot: Pilot[None], name: str) -> None:
        screen, chain = pilot.app.screen, pilot.app.screen.focus_chain
        places = [(one.region.y, one.region.x) for one in chain]
        assert places == sorted(places), name
        assert all(one.region.area for one in chain), name  # never where nothing is seen
        assert screen.focused in chain, name
        at = chain.index(screen.focused)
        around = [*chain[at:], *chain[:at]]
        for key, order in (("tab", around), ("shift+tab", [around[0], *reversed(around[1:])])):
            for wanted in (*order[1:], order[0]):
                strike(pilot.app, key)
                if len(chain) > 1:
                    await until(lambda wanted=wanted: screen.focused is wanted, name, key)
        await pilot.pause()
        assert screen.focused is around[0], name  # and round, where there is but one

    on_each(look)
