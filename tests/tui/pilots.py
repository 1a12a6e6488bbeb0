"""Running the inspector without a terminal, and reading what it shows."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from flowodm.tui.app import InspectorApp
from tests.tui.fakes import Clock, Fakes

Play = Callable[[Pilot[None]], Awaitable[None]]


def play(
    script: Play,
    fakes: Fakes | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    clock: Clock | None = None,
    **options: Any,
) -> InspectorApp:
    """Run a script of keys on the inspector; return it as it was at the end."""
    app = InspectorApp((fakes or Fakes()).sources, clock=clock or Clock(), **options)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await script(pilot)

    asyncio.run(run())
    return app


async def settle(pilot: Pilot[None]) -> None:
    """Wait until no question is out and everything is drawn."""
    app = pilot.app
    await pilot.pause(0.08)
    for _ in range(200):
        busy = [worker for worker in app.workers if worker.group not in LASTING]
        if all(worker.is_finished for worker in busy):
            break
        for worker in busy:
            with suppress(WorkerCancelled):
                await asyncio.wait_for(worker.wait(), 10)
        await pilot.pause()
    await pilot.pause()


async def typed(pilot: Pilot[None], text: str, *keys: str) -> None:
    """Paste a text into what has the focus, then press some keys: letters take their time."""
    await pilot.pause()
    assert pilot.app.focused is not None
    pilot.app.focused.post_message(events.Paste(text))
    await pilot.pause()
    await pilot.press(*keys)


LASTING = {"read"}
"""Workers that go on for as long as their screen."""


def lines(app: Any) -> list[str]:
    """What the screen shows, line by line, without colours."""
    strips = app.screen._compositor.render_strips()  # what a terminal would be sent
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def shown(app: Any) -> str:
    """What the screen shows."""
    return "\n".join(lines(app))
