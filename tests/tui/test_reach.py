"""What may be done on each screen, and by whom: every action by the keys alone, and by the mouse."""

import ast
import asyncio
import importlib
import inspect
import pkgutil
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.widgets import OptionList

import flowodm.tui as package
from flowodm.tui.app import InspectorApp
from flowodm.tui.bindings import PLACES, bindings_of
from tests.tui.hands import click, click_on, is_at, strike, until, wheel
from tests.tui.pilots import lines, settle, shown
from tests.tui.visits import World, go
from tests.tui.worlds import ASKED, full

pytestmark = pytest.mark.tui

SCREENS = (*ASKED, "reset-refused")
NOUNS = {
    "topics": ("topics", "topic", "statistics"),
    "records": ("records", "produce"),
    "groups": ("groups", "group", "reset", "reset-refused"),
    "schemas": ("schemas", "subject", "difference", "trial"),
    "cluster": ("brokers", "contexts", "plan"),
}
"""The same screens in parts, which workers share."""
CHANGES = {"group.reset", "records.produce", "reset.do", "produce.send"}
"""The bindings that change something: those that `--write` adds."""
Choose = Callable[[Any, int, int], Awaitable[None]]
"""Chooses a row of the palette, of so many."""


def on_each(
    look: Callable[[Pilot[None], str], Awaitable[None]],
    names: Iterable[str] = SCREENS,
    **options: Any,
) -> None:
    async def visit(world: World) -> None:
        app = InspectorApp(world.fakes.sources, clock=world.clock, **options)
        async with app.run_test(size=(130, 36)) as pilot:
            for name in names:
                await go(pilot, world, name)
                await look(pilot, name)

    with full() as world:
        asyncio.run(visit(world))


def offered(app: Any) -> set[str]:
    return {
        one.binding.id
        for one in app.screen.active_bindings.values()
        if one.binding.id and one.enabled
    }


def test_write_adds_the_changes_and_without_it_none_is_offered_anywhere():
    with_write: dict[str, set[str]] = {}
    without: dict[str, set[str]] = {}

    async def look_writing(pilot: Pilot[None], name: str) -> None:
        with_write[name] = offered(pilot.app)

    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        without[name] = offered(app)
        texts = [text for text, _ in app.actions_of(app.screen)]
        texts += [text for _, text, _ in app._help()]
        assert not {"Reset", "Do it", "Produce", "Send"} & {
            text.partition("  (")[0] for text in texts
        }, name
        for words in ("R Reset", "D Do it", "p Produce", "D Send"):
            assert words not in shown(app), name

    on_each(look_writing, may_write=True)
    on_each(look)
    added = set().union(*(with_write[name] - without[name] for name in SCREENS))
    assert added == CHANGES


def test_the_parts_are_all_the_screens():
    assert sorted(SCREENS) == sorted(name for names in NOUNS.values() for name in names)


class Watch:
    """The actions that were run on a screen, each with where it counts; none of them is done."""

    def __init__(self) -> None:
        self.screen: Any = None
        """The one that is watched; the palette over it opens and goes all the same."""
        self.ran: list[tuple[str, object]] = []


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch, run = Watch(), InspectorApp.run_action

    async def note(app: InspectorApp, action: Any, node: Any = None) -> bool:
        if app.screen is not watch.screen or action in ("palette", "app.palette"):
            return await run(app, action, node)
        watch.ran.append((action, node))
        return True

    monkeypatch.setattr(InspectorApp, "run_action", note)
    return watch


async def choose_each(world: World, watch: Watch, names: Iterable[str], choose: Choose) -> None:
    """Choose each row of the palette on some screens; each has to run its action, and it alone.

    The rows that are the same everywhere are chosen on each screen by the mouse, and by the keys on
    the first one: there are hundreds.
    """
    app: Any = InspectorApp(world.fakes.sources, clock=world.clock, may_write=True)
    app.animation_level = "none"
    async with app.run_test(size=(130, 36)) as pilot:
        for place, name in enumerate(names):
            watch.screen = None
            await go(pilot, world, name)
            watch.screen = screen = app.screen
            titles = {
                f"{one.binding.description}  ({app.get_key_display(one.binding)})": one
                for one in screen.active_bindings.values()
                if one.binding.id and one.enabled
            }
            rows = [text for text, _ in app.actions_of(screen)]
            assert {titles[text].binding.id for text in rows} == offered(app), name
            for row, text in enumerate(rows):
                wanted = titles[text]
                is_common = wanted.node is app or str(wanted.binding.id).startswith("list.")
                if wanted.binding.id == "app.palette":
                    continue  # it is what is open here
                if is_common and place and choose is by_keys:
                    continue
                await choose(app, row, len(rows))
                await until(lambda: app.screen is watch.screen and watch.ran, name, text)
                assert watch.ran == [(wanted.binding.action, wanted.node)], (name, text)
                watch.ran.clear()


async def opened(app: Any, rows: int) -> OptionList:
    """The rows of the palette, once all are there."""
    await until(lambda: isinstance(app.screen, CommandPalette) and app.screen.query(OptionList))
    choices: OptionList = app.screen.query_one(OptionList)
    await until(lambda: choices.option_count == rows and choices.region.height)
    return choices


async def by_mouse(app: Any, row: int, rows: int) -> None:
    click_on(app, ": Commands", within="KeyLine")
    choices = await opened(app, rows)
    area = choices.scrollable_content_region
    while row >= (top := choices.scroll_offset.y) + area.height:
        wheel(app, area.x + 3, area.y + 3)
        await until(lambda before=top: choices.scroll_offset.y > before)
    x, y = area.x + 3, area.y + row - choices.scroll_offset.y
    await until(lambda: is_at(app, choices, x, y))
    click(app, x, y)


async def by_keys(app: Any, row: int, rows: int) -> None:
    strike(app, "colon")
    choices = await opened(app, rows)
    assert choices.highlighted in (None, 0)
    first = choices.highlighted is None
    steps = ["down"] * (row + first) if row < rows // 2 else ["up"] * (rows - row)
    strike(app, *steps, "enter")


@pytest.mark.parametrize("choose", [by_mouse, by_keys], ids=["mouse", "keys"])
@pytest.mark.parametrize("noun", NOUNS)
def test_each_row_of_the_palette_runs_its_action_on_every_screen(
    noun: str, choose: Choose, watch: Watch
):
    with full() as world:
        asyncio.run(choose_each(world, watch, NOUNS[noun], choose))


@pytest.mark.parametrize("noun", NOUNS)
def test_each_key_of_every_key_line_does_by_a_click_what_it_says(noun: str, watch: Watch):
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        watch.screen = app.screen
        line, wanted = lines(app)[-1], []
        for active in app.screen.active_bindings.values():
            words = f" {app.get_key_display(active.binding)} {active.binding.description} "
            if active.binding.id == "app.palette" or words not in f"{line} ":
                continue
            wanted.append(app.target_of(active))
            click_on(app, words.rstrip(), within="KeyLine")
            await until(lambda: len(watch.ran) == len(wanted), name, wanted)
        assert wanted, name
        assert [action for action, _ in watch.ran] == wanted, name
        watch.ran.clear()
        watch.screen = None

    on_each(look, NOUNS[noun], may_write=True)


BY_MOUSE_ELSEWHERE = {
    "app.palette": "the key line, which is on every page",
    "prompt.enter": "the key line while something is typed",
    "prompt.leave": "the key line while something is typed",
    "prompt.earlier": "the key line while something is typed",
    "prompt.later": "the key line while something is typed",
    "help.close": "its title",
}
"""Bindings that no palette offers, each with where it is clicked."""
BY_KEYS_ELSEWHERE = {"app.back_to": "page.back", "screen.dismiss": "help.close"}
"""Actions that are clicked and have no binding, each with the one that does the same by steps."""
CLICKED = {
    "Line": "the actions of its spans",
    "LineView": "list.down and the like; twice: list.open",
}
"""The widgets that take clicks, each with what it does by keys."""


def members(of: type) -> Iterable[type]:
    """The classes of the package that are a widget, a screen or the app."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for one in vars(importlib.import_module(found.name)).values():
            if isinstance(one, type) and issubclass(one, of) and one.__module__ == found.name:
                yield one


def test_each_action_has_a_binding_and_each_binding_a_place_in_the_list_of_keys():
    placed = {place.owner for place in PLACES}
    bound = {binding.action.partition("(")[0] for one in placed for binding in bindings_of(one)}
    for one in members(DOMNode):
        if "BINDINGS" in vars(one):
            assert one in placed, one
            assert all(binding.id and binding.description for binding in bindings_of(one)), one
        for name in vars(one):
            if name.startswith("action_") and f"app.{name[7:]}" not in BY_KEYS_ELSEWHERE:
                assert name[7:] in bound, (one, name)


def test_each_place_that_is_clicked_has_a_key():
    handlers = {
        one.__name__
        for one in members(DOMNode)
        for name in vars(one)
        if re.match(r"_?on_(click|mouse_(down|up|move))$", name)
    }
    assert handlers == CLICKED.keys()
    actions: set[str] = set()
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".sources" in found.name:
            continue  # theirs are other spans
        source = inspect.getsource(importlib.import_module(found.name))
        for call in ast.walk(ast.parse(source)):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Span":
                given = [*call.args[2:3], *(one.value for one in call.keywords[2:])]
                actions.update(ast.unparse(one) for one in given)
    ids = {binding.id for place in PLACES for binding in bindings_of(place.owner)}
    bound = {
        binding.action.partition("(")[0].rpartition(".")[2]
        for place in PLACES
        for binding in bindings_of(place.owner)
    }
    assert actions
    for action in actions - {"f'{self.app.target_of(active)}'"}:  # each key of the key line
        target = re.sub(r"^f?[\"']|\(.*", "", action).strip("\"'")
        if target in BY_KEYS_ELSEWHERE:
            assert BY_KEYS_ELSEWHERE[target] in ids, action
        else:
            assert target.rpartition(".")[2] in bound, action


def test_each_binding_is_offered_to_the_mouse_on_some_screen():
    seen = set(BY_MOUSE_ELSEWHERE)

    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        for widget in app.screen.focus_chain:
            app.screen.set_focus(widget)
            await pilot.pause()
            known = {one.binding.id: one for one in app.screen.active_bindings.values()}
            rows = {text.partition("  (")[0] for text, _ in app.actions_of(app.screen)}
            seen.update(one for one in known if one and known[one].binding.description in rows)

    on_each(look, ("topics", *OFFERING), may_write=True)
    wanted = {binding.id for place in PLACES for binding in bindings_of(place.owner)}
    assert wanted == seen & wanted, wanted - seen


OFFERING = (
    *("topic", "records", "record-value", "produce", "group", "reset", "subject", "difference"),
    *("brokers", "plan", "plan-entry"),
)


def test_what_is_typed_with_is_clicked_on_the_key_line(watch: Watch):
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        await pilot.press("enter", "slash")  # what was entered is an earlier text now
        await settle(pilot)
        watch.screen = app.screen
        for words, action in (
            *(("Take it", "submit"), ("Leave", "leave")),
            *(("Earlier", "recall(-1)"), ("Later", "recall(1)")),
        ):
            click_on(app, words, within="KeyLine")
            await until(lambda: watch.ran, words)
            assert [one for one, _ in watch.ran] == [f"focused.{action}"]
            watch.ran.clear()

    on_each(look, ["topics-filtered"])
