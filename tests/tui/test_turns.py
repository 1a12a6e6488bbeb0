"""Threads with much to do let the screen draw first."""

import asyncio
import threading
import time

import pytest

from flowodm.tui.sources import turns
from flowodm.tui.sources.turns import ScreenSelector, let_screen_draw

pytestmark = pytest.mark.unit


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long enough to tell a wait that was ended from one that ran out."""
    monkeypatch.setattr(turns, "_PATIENCE", 30.0)


def run(coroutine) -> None:
    loop = asyncio.SelectorEventLoop(ScreenSelector())
    try:
        loop.run_until_complete(coroutine)
    finally:
        loop.close()


def test_a_thread_goes_on_once_the_screen_has_nothing_to_do(patience: None):
    happened: list[str] = []

    def work() -> None:
        begun.set()
        let_screen_draw()
        happened.append("work")

    begun = threading.Event()

    async def draw() -> None:
        thread = threading.Thread(target=work)
        thread.start()
        begun.wait(10)
        thread.join(0.05)  # the loop is busy all the while
        happened.append("frame")
        await asyncio.to_thread(thread.join, 10)

    run(draw())
    assert happened == ["frame", "work"]


def test_a_thread_waits_for_a_busy_screen_but_not_for_long():
    async def draw() -> None:
        thread = threading.Thread(target=let_screen_draw)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()

    run(draw())


def test_nothing_waits_where_no_screen_is(patience: None):
    run(asyncio.sleep(0))
    began = time.monotonic()
    let_screen_draw()
    assert time.monotonic() - began < 10
