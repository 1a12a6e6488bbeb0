"""Walks every screen of worlds that are written to harm, on this terminal: for its bytes to be read.

usage: python -m tests.tui.hostile_walk   (in a terminal; see test_hostile_matrix.py)
"""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace

from textual.pilot import Pilot

from flowodm.tui.app import InspectorApp
from flowodm.tui.feed import FeedOwner
from flowodm.tui.screens.page import Page
from tests.tui.visits import World, go
from tests.tui.worlds import ASKED, HARMED, KINDS, hostile, hostile_errors, hostile_refusals

END = "walked every screen"


async def walk(pilot: Pilot[None], world: World, names: tuple[str, ...]) -> None:
    """Go to the screens, look for what would act, and touch what is there."""
    app = pilot.app
    for name in names:
        await go(pilot, world, name)
        check(app, name)
        if isinstance(app.screen, Page):
            depth = len(app.screen_stack)
            for row in (0, 4, app.size.height - 2):
                await pilot.hover(offset=(12, row))
            await pilot.press("j", "G")
            check(app, name)
            assert len(app.screen_stack) == depth, f"{name}: something was opened"
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
    make: Callable[[str], AbstractContextManager[World]], text: str, names: tuple[str, ...]
) -> None:
    with make(text) as world:
        app = InspectorApp(world.fakes.sources, clock=world.clock, **world.options)
        failed: list[BaseException] = []

        async def pilot(one: Pilot[None]) -> None:
            try:
                await walk(one, world, names)
            except BaseException as error:
                failed.append(error)
                app.exit()

        asyncio.run(app.run_async(auto_pilot=pilot))
        if failed or app.return_code:
            raise SystemExit(f"{make.__name__} {text[:40]!r}: {failed!r} {app.return_code}")


def main() -> None:
    FeedOwner.later = lambda *_: SimpleNamespace(stop=lambda: None)  # type: ignore[method-assign]
    few = (*ASKED, "record-value", "record-headers", "confirm", "palette-words")
    for kind, text in KINDS.items():
        run(hostile, text, HARMED if kind == "markup" else few)
    both = KINDS["escapes"] + KINDS["markup"]
    run(hostile_refusals, both, ASKED)
    run(hostile_errors, both, ASKED)
    sys.stdout.write(END)


if __name__ == "__main__":
    main()
