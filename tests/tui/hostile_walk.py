"""Walks every screen of worlds that are written to harm, on this terminal: for its bytes to be read.

usage: python -m tests.tui.hostile_walk KIND   (in a terminal; see test_hostile_matrix.py)
"""

import asyncio
import gc
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import textual.app
import textual.pilot
from textual.pilot import Pilot

from flowodm.tui.app import InspectorApp
from flowodm.tui.feed import FeedOwner
from tests.tui.hostile_deeds import DEEDS, Deed
from tests.tui.hostile_hands import Witness, click_all, idle
from tests.tui.hostile_worlds import KINDS, harmful, hostile_errors, hostile_refusals
from tests.tui.visits import VISITS, World, go
from tests.tui.worlds import ASKED

END = "walked every screen"


async def walk(
    pilot: Pilot[None], world: World, names: Sequence[str], deeds: Mapping[str, tuple[Deed, ...]]
) -> None:
    """Go to the screens, look for what would act, touch what is there, and do what may be done."""
    app = pilot.app
    witness = Witness(app)
    for name in names:
        await go(pilot, world, name)
        check(app, name)
        await click_all(pilot, witness, name)
        check(app, name)
        for deed in deeds.get(name, ()):
            await deed(pilot, world)
            check(app, name)
        if world.turned_back is not None:
            world.turned_back(world)
    app.exit()


def check(app: InspectorApp, name: str) -> None:
    """Nothing on the screen is a link, or does what its text says."""
    assert app.is_running, name
    assert app.return_code is None, name
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            if segment.style is not None:
                assert segment.style.link is None, (name, segment)
                assert not {"@click", "@mouse.enter"} & set(segment.style.meta), (name, segment)


def run(
    make: Callable[[str], AbstractContextManager[World]],
    text: str,
    names: Sequence[str],
    deeds: Mapping[str, tuple[Deed, ...]],
) -> None:
    with make(text) as world:
        app = InspectorApp(world.fakes.sources, clock=world.clock, **world.options)
        failed: list[BaseException] = []

        async def pilot(one: Pilot[None]) -> None:
            try:
                await walk(one, world, names, deeds)
            except BaseException as error:
                failed.append(error)
                app.exit()

        asyncio.run(app.run_async(auto_pilot=pilot))
        if failed or app.return_code:
            told = [line for one in failed for line in traceback.format_exception(one)]
            raise SystemExit(f"{make.__name__} {text[:40]!r}: {app.return_code} {''.join(told)}")


Walk = tuple[Callable[[str], AbstractContextManager[World]], Sequence[str], Mapping[str, Any]]
WALKS: tuple[Walk, ...] = (
    (harmful, tuple(VISITS), DEEDS),
    (hostile_refusals, ASKED, {}),
    (hostile_errors, ASKED, {}),
)
"""Worlds, the screens that are visited in each, and what is done there."""


def main(kind: str) -> None:
    gc.disable()  # a walk is short, and collecting took half of its time
    FeedOwner.later = lambda *_: SimpleNamespace(stop=lambda: None)  # type: ignore[method-assign]
    textual.app.wait_for_idle = textual.pilot.wait_for_idle = idle
    for make, names, deeds in WALKS:
        run(make, KINDS[kind], names, deeds)
    sys.stdout.write(END)


if __name__ == "__main__":
    main(sys.argv[1])
