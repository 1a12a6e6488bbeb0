"""Whole screens of groups, schemas and brokers, as they were reviewed by eye: one visit a size.

After a change on purpose: FLOWODM_UPDATE_GOLDEN=1 pytest tests/tui/test_looks.py, and look at the
difference.
"""

from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from flowodm.tui.feed import FeedOwner
from tests.tui.fake_schemas import FakeSchemas, record
from tests.tui.fakes import Fakes
from tests.tui.pilots import lines, play, settle, typed
from tests.unit.cli.test_golden import check

pytestmark = pytest.mark.tui

ODD = record(("id", "string"), ("amount", "string"), ("extra", "int"))
WAYS: dict[str, tuple[str, ...]] = {
    "groups": ("2",),
    "group": ("2", "j", "enter"),
    "reset": ("2", "enter", "R", "=@-1h", "enter"),
    "confirm": ("2", "g", "enter", "R", "=start", "enter", "D"),
    "schemas": ("3",),
    "subject": ("3", "enter"),
    "difference": ("3", "enter", "d", "G", "d"),
    "trial": ("3", "enter", "c", "=new.avsc", "enter"),
    "brokers": ("4",),
    "contexts": ("4", "c"),
    "plan": ("5",),
    "drift": ("5", "d"),
}
"""The keys to each; `=` and what is typed."""


@pytest.mark.parametrize("size", [(80, 24), (130, 36)], ids=["80x24", "130x36"])
def test_screens_look_as_they_were_reviewed(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch):
    asked_once = SimpleNamespace(stop=lambda: None)
    monkeypatch.setattr(FeedOwner, "later", lambda *_: asked_once)
    found: dict[str, str] = {}

    async def script(pilot: Pilot[None]) -> None:
        for name, keys in WAYS.items():
            pilot.app.action_back_to(0)
            for key in keys:
                if key.startswith("="):
                    await typed(pilot, key[1:])
                    continue
                await pilot.press(key)
                if key in ("2", "3", "4", "5", "enter", "G"):
                    await settle(pilot)
            await settle(pilot)
            # what every screen has, the shell's own tests look at
            found[name] = "\n".join(lines(pilot.app)[2:]) + "\n"
            if name == "confirm":
                await pilot.press("escape")

    play(script, Fakes(schemas=FakeSchemas(files={"new.avsc": ODD})), size=size, may_write=True)
    for name, text in found.items():
        check(f"tui-{name}-{size[0]}x{size[1]}.txt", text)
