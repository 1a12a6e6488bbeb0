"""What hands do on a screen that is written to harm, as a terminal reports it; and who watches."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, cast

from rich.cells import cell_len
from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.geometry import Offset
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList

from flowodm.display.sanitize import visible
from flowodm.tui.app import InspectorApp
from flowodm.tui.widgets.counters import Counters
from flowodm.tui.widgets.line import Line

SPANS = 4
"""Of a line that are clicked, the first ones."""
ROWS = 2
"""Of a widget that are clicked, from its first on; and its last one."""


class Witness:
    """Writes down each action that the app is told to run, and what is open.

    Args:
        app: The app.
    """

    def __init__(self, app: InspectorApp) -> None:
        self._app = app
        self.acted: list[str] = []
        run = app.run_action

        async def run_action(action: Any, *args: Any, **kwargs: Any) -> bool:
            self.acted.append(str(action))
            return await run(action, *args, **kwargs)

        app.run_action = run_action  # type: ignore[method-assign]

    @property
    def open(self) -> tuple[str, tuple[Screen[Any], ...]]:
        """The section, and the screens that lie on each other there."""
        return self._app.current_mode, tuple(self._app.screen_stack)


async def click(app: App[Any], at: Offset, times: int = 1) -> None:
    """Move the mouse to a cell and click, as a terminal reports it."""
    x, y = at.x + 1, at.y + 1
    await report(app, f"\x1b[<35;{x};{y}M" + f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m" * times)


async def paste(app: App[Any], text: str) -> None:
    """Paste a text, whatever a terminal takes out of it before."""
    await send(app, [events.Paste(text)])


async def report(app: App[Any], text: str) -> None:
    """Let a terminal report something."""
    await send(app, XTermParser().feed(text))


async def send(app: App[Any], messages: Iterable[Message]) -> None:
    """Send what a terminal's driver would, and wait until all is done that follows from it."""
    driver = app._driver
    assert driver is not None
    for message in messages:
        driver.process_message(message)
    await idle()


async def idle(*_: float) -> None:
    """Wait until the event loop has nothing to do but to wait itself: for a thread, or a timer.

    Textual's own measures how busy the process is, for a fiftieth of a second at least.
    """
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(0)
        if not loop._ready:  # type: ignore[attr-defined]
            return


async def click_all(pilot: Pilot[None], witness: Witness, name: str) -> None:
    """Click on every part of a screen: nothing is opened, and nothing done but what a part says."""
    screen, before = pilot.app.screen, witness.open
    for widget in list(_leaves(screen)):
        for offset in _places(widget):
            witness.acted.clear()
            offered = _offers(widget)
            await click(pilot.app, offset)
            assert offered.issuperset(witness.acted), (name, widget, offset, witness.acted)
            assert witness.open == before, (name, widget, offset, witness.open)


def _leaves(screen: Screen[Any]) -> Iterator[Widget]:
    """Return what holds text; but no list of options, where a click chooses."""
    for widget in screen.walk_children(Widget):
        is_seen = widget.region.intersection(screen.size.region).area
        if is_seen and not widget.children and not isinstance(widget, OptionList):
            yield widget


def _places(widget: Widget) -> Iterator[Offset]:
    """Return where to click: on each span of a line that leads nowhere else, or on some rows."""
    region = widget.region.intersection(widget.screen.size.region)
    if isinstance(widget, Line):
        places = [Offset(region.x + at, region.y) for at in _quiet_spans(widget, region.width)]
        # a line that counts says something else meanwhile, but at its end
        yield from places[-1:] if isinstance(widget, Counters) else places[:SPANS]
        return
    for row in sorted({*range(min(ROWS, region.height)), region.height - 1}):
        yield Offset(region.x + min(6, region.width - 1), region.y + row)


def _quiet_spans(line: Line, width: int) -> Iterator[int]:
    app = cast(InspectorApp, line.app)
    here = {None, f"app.section('{app.current_mode}')", f"app.back_to({len(app.steps) - 1})"}
    at = 0
    for span in line.spans(line.size.width):
        text = visible(span.text)
        if at < width and text and span.action in here:
            yield at
        at += cell_len(text)


def _offers(widget: Widget) -> set[str | None]:
    """Return the actions of a part, all of which the inspector wrote itself."""
    if isinstance(widget, Line):
        return {span.action for span in widget.spans(widget.size.width)}
    return set()
