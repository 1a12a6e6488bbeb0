"""Keys and a mouse as a terminal sends them, and waiting for what comes of them alone.

Textual's pilot sleeps until nothing happens any more, some forty milliseconds for each key and
each move of the mouse; here a test names what it waits for.
"""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

from textual import events
from textual.widget import Widget

from tests.tui.pilots import lines

PATIENCE = 30.0
"""Seconds that something may take on a machine with much else to do."""


async def until(what: Callable[[], object], *said: object) -> None:
    """Wait until something is so; `said` tells where it never is."""
    end = monotonic() + PATIENCE
    while not what():
        assert monotonic() < end, said
        await asyncio.sleep(0.001)


def strike(app: Any, *keys: str) -> None:
    """Strike some keys, one after the other, by the names that Textual has for them."""
    for key in keys:
        character = key if len(key) == 1 else {"colon": ":", "slash": "/", "space": " "}.get(key)
        app._driver.process_message(events.Key(key, character))


def click(app: Any, x: int, y: int, times: int = 1) -> None:
    """Press the button and let it go, somewhere on the screen."""
    for _ in range(times):
        for kind in (events.MouseDown, events.MouseUp):
            app._driver.process_message(_mouse(kind, x, y, button=1))


def wheel(app: Any, x: int, y: int, *, up: bool = False) -> None:
    """Turn the wheel by a notch."""
    kind = events.MouseScrollUp if up else events.MouseScrollDown
    app._driver.process_message(_mouse(kind, x, y))


def click_on(app: Any, words: str, *, within: str = "", times: int = 1) -> None:
    """Click on the middle of some words that are shown, perhaps only within a widget."""
    area = app.screen.query_one(within).region if within else app.screen.region
    shown = lines(app)
    for y in range(area.y, area.bottom):
        x = shown[y].find(words, area.x)
        if x >= 0 and x + len(words) <= area.right:
            click(app, x + len(words) // 2, y, times)
            return
    raise AssertionError(f"{words!r} is not shown {within}:\n" + "\n".join(shown))


def is_at(app: Any, widget: Widget, x: int, y: int) -> bool:
    """Whether a widget is what a click would hit."""
    return bool(app.screen.region.contains(x, y)) and app.get_widget_at(x, y)[0] is widget


def _mouse(kind: type[Any], x: int, y: int, button: int = 0) -> Any:
    return kind(None, x, y, 0, 0, button, False, False, False, screen_x=x, screen_y=y)
