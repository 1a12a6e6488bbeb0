"""What the screens look like, line by line, in each state and at two sizes: reviewed files.

After a change on purpose: FLOWODM_UPDATE_GOLDEN=1 pytest tests/tui/test_golden.py, and look.
"""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from flowodm.errors import BrokerUnreachable
from flowodm.tui.feed import FeedOwner
from tests.tui.fake_plan import FakePlan, planned
from tests.tui.fakes import FakeCluster, FakeRecords, Fakes, FakeTopics, record
from tests.tui.pilots import lines, play, settle
from tests.unit.display.test_plan import BLOCKED, made

pytestmark = pytest.mark.tui

GOLDEN = Path(__file__).parents[1] / "golden"
DOWN = BrokerUnreachable(
    "cannot reach a broker at localhost:9092 (connection refused, 3 tries in 2.0 s)",
    hint="start a local one: flowodm sandbox up · check the address: flowodm doctor",
)
VALUES = (
    b'{"id": 17, "status": "PAID", "lines": [{"item": "cup", "count": 2}, {"item": "tea"}]}',
    b"plain text, with \x1b[2J in it",
    b"\0\0\0\0\x2a\x06u-3\xff",
    None,
    b"\xff\xfe\xfd bytes",
)


def full() -> Fakes:
    names = ["orders", "payments", "a-topic-with-a-rather-long-name.v2", "behind", "offline"]
    records = [record(value, key=f"k-{n}".encode(), offset=n) for n, value in enumerate(VALUES)]
    return Fakes(
        FakeCluster("prod", is_read_only=True), FakeTopics(names=names), FakeRecords(records)
    )


def failing() -> Fakes:
    fakes = Fakes(FakeCluster(error=DOWN), FakeTopics(error=DOWN), FakeRecords())
    fakes.records.error = DOWN
    return fakes


async def nothing(pilot: Pilot[None]) -> None:
    """Look at what is there."""


def pressing(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def press(pilot: Pilot[None]) -> None:
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

    return press


SCREENS = {
    "topics": (full, nothing),
    "topics-filtered": (full, pressing("slash", "p", "a", "y")),
    "topics-nothing-like-it": (full, pressing("slash", "#")),
    "topics-empty": (lambda: Fakes(topics=FakeTopics(names=[])), nothing),
    "topics-failed": (failing, nothing),
    "topic": (full, pressing("d")),
    "topic-settings": (full, pressing("d", "a")),
    "plan-blocked": (lambda: Fakes(plan=FakePlan(planned(made(BLOCKED)))), pressing("5")),
    "plan-undeclared": (lambda: Fakes(plan=FakePlan(None)), pressing("5")),
    "plan-failed": (lambda: Fakes(plan=FakePlan(error=DOWN)), pressing("5")),
    "records": (full, pressing("j", "j", "enter")),
    "records-empty": (lambda: Fakes(), pressing("enter")),
    "records-failed": (
        lambda: Fakes(topics=FakeTopics(), records=failing().records),
        pressing("enter"),
    ),
    "record": (full, pressing("enter", "g", "enter")),
    "record-not-decoded": (full, pressing("enter", "g", "j", "j", "x")),
    "filter-trouble": (full, pressing("enter", "slash", "(")),
    "help": (full, pressing("question_mark")),
}


@pytest.mark.parametrize("size", [(80, 24), (130, 36)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_looks_as_it_was_reviewed(
    name: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
):
    fakes, script = SCREENS[name]
    asked_once = SimpleNamespace(stop=lambda: None)
    monkeypatch.setattr(FeedOwner, "later", lambda *_: asked_once)
    seen: list[str] = []

    async def look(pilot: Pilot[None]) -> None:
        await script(pilot)
        for _ in range(4):  # records are taken and decoded in threads of their own
            await settle(pilot)
        seen.extend(lines(pilot.app))

    play(look, fakes(), size=size)
    text = "\n".join(seen) + "\n"
    file = GOLDEN / f"tui-{name}-{size[0]}x{size[1]}.txt"
    if os.environ.get("FLOWODM_UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
