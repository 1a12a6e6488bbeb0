"""What every screen looks like in every state, at two sizes: reviewed by eye, as text and as SVG.

After a change on purpose: FLOWODM_UPDATE_GOLDEN=1 pytest tests/tui/test_golden.py, then look at the
difference, and at what docs/contact_sheet.py makes of the pictures.
"""

import asyncio
import importlib
import os
import pkgutil
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen

import flowodm.tui.screens as package
from flowodm.tui.app import InspectorApp
from flowodm.tui.feed import FeedOwner
from tests.tui.pilots import lines
from tests.tui.svg import svg_of
from tests.tui.visits import World, calm, go
from tests.tui.worlds import STATES
from tests.unit.cli.hostile import MUST_NOT_SHOW

pytestmark = pytest.mark.tui

GOLDEN = Path(__file__).parents[1] / "golden" / "tui"
SIZES = ((80, 24), (130, 36))
IS_UPDATE = bool(os.environ.get("FLOWODM_UPDATE_GOLDEN"))
_PATIENCE = 20
"""How often a screen that looks otherwise is looked at again: threads take their time."""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
def test_screens_look_as_they_were_reviewed(
    state: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
):
    asked_once = SimpleNamespace(stop=lambda: None)
    monkeypatch.setattr(FeedOwner, "later", lambda *_: asked_once)
    if state == "colourless":
        monkeypatch.setenv("NO_COLOR", "1")
    make, names = STATES[state]
    others: list[str] = []
    seen: set[type] = set()

    async def visit(world: World) -> None:
        app = InspectorApp(world.fakes.sources, clock=world.clock, **world.options)
        async with app.run_test(size=size) as pilot:
            if state == "light":
                app.theme = "light"
            for name in names:
                await go(pilot, world, name)
                seen.update(map(type, app.screen_stack))
                others.extend(await differences(pilot, world, f"{name}.{state}", size))
                if world.turned_back is not None:
                    world.turned_back(world)
            if world.held is not None:
                world.held.set()

    with make() as world:
        asyncio.run(visit(world))
    assert not others, "\n".join(others)
    if state == "full":
        assert not screens() - seen, "a screen is in no visit of tests/tui/visits.py"


async def differences(
    pilot: Pilot[None], world: World, name: str, size: tuple[int, int]
) -> list[str]:
    """What does not look as it was reviewed, once the screen has had its time."""
    stem = f"{name}.{size[0]}x{size[1]}"
    for _ in range(3 if IS_UPDATE else _PATIENCE):
        seen = pictures(pilot.app, size)
        wanted = {kind: read(GOLDEN / f"{stem}.{kind}") for kind in seen}
        if seen == wanted and not IS_UPDATE:
            return []
        await calm(pilot, world)
    if IS_UPDATE:
        for kind, text in seen.items():
            (GOLDEN / f"{stem}.{kind}").write_text(text, encoding="utf-8")
        return []
    return [
        f"{stem}.{kind} is not what is shown:\n{seen['txt']}"
        for kind in seen
        if seen[kind] != wanted[kind]
    ]


def pictures(app: object, size: tuple[int, int]) -> dict[str, str]:
    """The screen as text, and as a picture that is well formed."""
    svg = svg_of(app.screen._compositor.render_strips(), size[0])  # type: ignore[attr-defined]
    ElementTree.fromstring(svg)
    text = "\n".join(lines(app)) + "\n"
    for shown in (svg, text):
        assert not MUST_NOT_SHOW.intersection(shown)
    return {"txt": text, "svg": svg}


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def screens() -> set[type]:
    """Every screen of the package that is one itself, and no base of others."""
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{found.name}")
    found, pending = set(), [Screen]
    while pending:
        one = pending.pop()
        below = [sub for sub in one.__subclasses__() if sub.__module__.startswith("flowodm.tui.")]
        pending += [*below, *(sub for sub in one.__subclasses__() if sub is ModalScreen)]
        if not below and one.__module__.startswith("flowodm.tui."):
            found.add(one)
    return found


def test_each_picture_is_of_a_screen_in_a_state():
    wanted = {
        f"{name}.{state}.{width}x{height}.{kind}"
        for state, (_, names) in STATES.items()
        for name in names
        for width, height in SIZES
        for kind in ("txt", "svg")
    }
    assert {file.name for file in GOLDEN.iterdir()} == wanted
