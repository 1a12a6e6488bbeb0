"""Where the keys go: in which order, seen how, and what becomes of that when the screen changes."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from flowodm.tui.app import InspectorApp
from flowodm.tui.feed import FeedOwner
from flowodm.tui.sections import SECTIONS
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.prompt import Prompt
from flowodm.tui.widgets.record_log import RecordLog
from flowodm.tui.widgets.text_lines import TextLines
from flowodm.tui.widgets.value_tree import ValueTree
from tests.tui.hands import click, strike, until, wheel
from tests.tui.pilots import lines, settle, shown, typed
from tests.tui.visits import VISITS, World, go
from tests.tui.worlds import full

pytestmark = pytest.mark.tui

SEEN = tuple(
    name
    for name in VISITS
    if name
    not in (
        *("topics-nothing-like-it", "topic-settings", "record-key", "record-schema", "trial"),
        *("produce-sent", "reset-refused", "group-reset-to", "drift", "palette-words"),
    )
)
"""The screens; of those that take the keys alike, one."""
MODAL = ("palette", "help", "confirm", "produce-confirm")
PAGES = tuple(name for name in SEEN if name not in MODAL)
LOOKS = {"coloured": ("light", "ansi-dark", "dark"), "colourless": ("dark",)}
"""Themes that each screen is looked at in."""


def on_each(
    look: Callable[[Pilot[None], str], Awaitable[None]], names: Iterable[str] = SEEN, **options: Any
) -> None:
    async def visit(world: World) -> None:
        app = InspectorApp(world.fakes.sources, clock=world.clock, may_write=True, **options)
        async with app.run_test(size=(130, 36)) as pilot:
            for name in names:
                await go(pilot, world, name)
                await look(pilot, name)

    with full() as world:
        asyncio.run(visit(world))


def test_tab_goes_through_a_screen_as_it_is_read_and_shift_tab_the_same_way_back():
    async def look(pilot: Pilot[None], name: str) -> None:
        screen, chain = pilot.app.screen, pilot.app.screen.focus_chain
        places = [(one.region.y, one.region.x) for one in chain]
        assert places == sorted(places), name
        assert all(one.region.area for one in chain), name  # never where nothing is seen
        assert screen.focused in chain, name
        at = chain.index(screen.focused)
        around = [*chain[at:], *chain[:at]]
        for key, order in (("tab", around), ("shift+tab", [around[0], *reversed(around[1:])])):
            for wanted in (*order[1:], order[0]):
                strike(pilot.app, key)
                if len(chain) > 1:
                    await until(lambda wanted=wanted: screen.focused is wanted, name, key)
        await pilot.pause()
        assert screen.focused is around[0], name  # and round, where there is but one

    on_each(look)


@pytest.mark.parametrize("look", LOOKS)
def test_what_has_the_keys_is_seen_without_a_colour_in_its_own_place(
    look: str, monkeypatch: pytest.MonkeyPatch
):
    asked_once = SimpleNamespace(stop=lambda: None)
    monkeypatch.setattr(FeedOwner, "later", lambda *_: asked_once)  # an answer gives the keys back
    if look == "colourless":
        monkeypatch.setenv("NO_COLOR", "1")

    async def see(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        for theme, widget in itertools.product(LOOKS[look], app.screen.focus_chain):
            app.theme = theme
            without = await drawn(widget, name, has_keys=False)
            assert await drawn(widget, name, has_keys=True) != without, (name, theme, widget)
            if isinstance(widget, LineView):
                x, y = app.cursor_position  # where the terminal puts its own
                assert lines(app)[y][x] == "▸", name
                assert widget.region.contains(x, y), name

    on_each(see)


Cells = list[tuple[str, bool, bool, bool]]
"""Characters: which, whether bold, underlined, reversed. No colours."""


async def drawn(widget: Widget, name: str, *, has_keys: bool) -> Cells:
    """What is on the screen of a widget, with the keys or without, once that is what it draws."""
    screen, wanted = widget.screen, widget if has_keys else None
    area = (
        widget.scrollable_content_region if isinstance(widget, LineView) else widget.content_region
    )

    def seen() -> Cells:
        rows = screen._compositor.render_strips()[area.y : area.bottom]
        return cells(strip.crop(area.x, area.right) for strip in rows)

    def meant() -> Cells:
        return cells(
            widget.render_line(y).crop_extend(0, area.width, None) for y in range(area.height)
        )

    def is_drawn() -> bool:
        if screen.focused is not wanted:
            screen.set_focus(wanted)  # once more, where an answer that came gave the keys back
        return widget.has_focus is has_keys and seen() == meant()

    await until(is_drawn, name, widget)
    return meant()


def cells(strips: Iterable[Strip]) -> Cells:
    found = []
    for text, style, _ in itertools.chain.from_iterable(strips):
        look = Style.null() if style is None else style
        found += [(one, bool(look.bold), bool(look.underline), bool(look.reverse)) for one in text]
    return found


def test_the_keys_are_where_they_were_after_the_help_and_after_another_section():
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        page = app.screen
        for widget in page.focus_chain:
            if not isinstance(widget, LineView):
                continue
            page.set_focus(widget)
            widget.go(1)
            cursor = widget.cursor
            for away, back in (
                ("question_mark", "escape"),
                ("colon", "escape"),
                ("5" if app.current_mode != "plan" else "4", SECTION_KEYS[app.current_mode]),
            ):
                strike(app, away)
                await until(lambda: app.screen is not page and app.screen.is_running, name, away)
                strike(app, back)
                await until(lambda: app.screen is page, name, back)
                await pilot.pause()
                assert (page.focused, widget.cursor) == (widget, cursor), (name, away)

    on_each(look, (name for name in PAGES if name not in TYPING))


SECTION_KEYS = {section.name: str(number) for number, section in enumerate(SECTIONS, 1)}
TYPING = ("topics-filtered", "records-filter-trouble", "produce-trouble")
"""The screens where keys are typed."""
INTO = {
    "topics": ("enter", "d"),
    "record-value": ("S", "p"),
    "groups": ("enter",),
    "schemas": ("enter",),
    "subject": ("enter",),
    "brokers": ("c",),
    "plan": ("enter",),
}
"""The keys that open a page on top of a screen."""


def test_a_page_that_is_come_back_to_has_the_keys_and_its_cursor_where_they_were():
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        for key in INTO[name]:
            page = app.screen
            widget = page.focus_chain[-1] if name == "record-value" else page.focused
            page.set_focus(widget)
            widget.go(1)
            await pilot.pause()
            cursor = widget.cursor
            strike(app, key)
            await until(lambda page=page: app.screen is not page, name, key)
            await settle(pilot)
            strike(app, "escape")
            await until(lambda page=page: app.screen is page, name, key)
            await settle(pilot)
            assert (page.focused, widget.cursor) == (widget, cursor), (name, key)

    on_each(look, INTO)


def test_what_vanishes_leaves_the_keys_to_something_that_is_seen():
    async def look(pilot: Pilot[None], name: str) -> None:
        page = pilot.app.screen
        chain = page.focus_chain
        if len(chain) < 2:
            return
        for widget in chain:
            page.set_focus(widget)
            await pilot.pause()
            widget.display = False
            await until(lambda widget=widget: page.focused is not widget, name, widget)
            assert page.focused in page.focus_chain, (name, widget)
            widget.display = True
            await pilot.pause()

    on_each(look, PAGES)


@pytest.mark.parametrize("name", ["record-value", "difference"])
def test_a_zoom_leaves_the_keys_to_what_is_zoomed(name: str):
    async def look(pilot: Pilot[None], name: str) -> None:
        page, first = pilot.app.screen, 1 if name == "difference" else 0
        page.set_focus(page.focus_chain[first])
        await pilot.press("z")
        await settle(pilot)
        focused = page.focused
        assert focused is page.focus_chain[first], name
        assert focused.region.area, name
        before = focused.cursor
        await pilot.press("k" if before else "j")
        assert focused.cursor != before, name

    on_each(look, [name])


def test_a_record_that_is_closed_gives_the_keys_back_to_the_list():
    async def look(pilot: Pilot[None], name: str) -> None:
        await pilot.press("tab")
        assert isinstance(pilot.app.focused, ValueTree)
        await pilot.press("escape")
        assert isinstance(pilot.app.focused, RecordLog)

    on_each(look, ["record-value"])


@pytest.mark.parametrize(
    ("name", "key", "wanted"),
    [
        ("record-value", "slash", "value-tree"),
        ("record-value", "t", "value-tree"),
        ("group", "R", "members"),
        ("subject", "c", "text"),
    ],
)
def test_a_prompt_that_is_left_gives_the_keys_back_to_what_had_them(
    name: str, key: str, wanted: str
):
    async def look(pilot: Pilot[None], name: str) -> None:
        page = pilot.app.screen
        page.set_focus(page.query_one(f"#{wanted}"))
        await pilot.press(key)
        assert isinstance(page.focused, Input)
        await pilot.press("escape")
        assert page.focused.id == wanted

    on_each(look, [name])


def test_a_prompt_that_a_click_took_the_keys_from_is_left_by_esc_before_anything_else():
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        page, view = app.screen, app.screen.query_one("#list, #log")
        click(app, 20, view.region.y + 2)
        await until(lambda: page.focused is view, name)
        await pilot.press("slash")  # what was typed is still there
        assert page.query_one(Input).value in ("pay", "("), name
        click(app, 20, view.region.y + 2)
        await until(lambda: page.focused is view, name)
        await pilot.press("escape")
        assert app.screen is page, name
        assert not page.query_one(Prompt).display, name
        assert page.focused is view, name

    on_each(look, ["topics-filtered", "records-filter-trouble"])


def test_a_version_that_is_asked_for_amid_a_field_is_not_typed_into_the_field():
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        view = app.screen.query_one("#form")
        click(app, 20, view.region.y + 2)
        await until(lambda: app.focused is view)
        before = shown(app)
        await pilot.press("V")
        await typed(pilot, "2", "enter")
        await settle(pilot)
        assert "five" in before
        assert "five" in shown(app)

    on_each(look, ["produce-trouble"])


def test_what_lies_over_a_page_keeps_the_keys_to_itself():
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        modal, focused = app.screen, app.screen.focused
        below = app.screen_stack[-2]
        behind = below.focused
        if name != "palette":  # it closes
            click(app, 3, 6)
        strike(app, "tab", "tab", "shift+tab", "shift+tab", "shift+tab")
        await pilot.pause()
        assert (app.screen, modal.focused) == (modal, focused), name
        assert below.focused is behind, name

    on_each(look, MODAL)


def test_a_list_without_lines_and_one_whose_cursor_is_out_of_view_show_where_the_keys_go():
    async def look(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        view = app.screen.query_one("#text", LineView)
        app.screen.set_focus(view)
        await pilot.resize_terminal(130, 14)
        await settle(pilot)
        x, y = view.region.x, view.region.y
        assert lines(app)[y][x] == "▸"
        wheel(app, x + 5, y + 2)
        await until(lambda: lines(app)[y][x] == "↑")
        strike(app, "G")
        await until(lambda: lines(app)[view.region.bottom - 1][x] == "▸")
        wheel(app, x + 5, y + 2, up=True)
        await until(lambda: lines(app)[view.region.bottom - 1][x] == "↓")

    async def look_at_nothing(pilot: Pilot[None], name: str) -> None:
        app: Any = pilot.app
        view = app.screen.query_one(TextLines)
        view.show(())
        app.screen.set_focus(view)
        await until(lambda: lines(app)[view.region.y][view.region.x :] == "▸")

    on_each(look, ["subject"])
    on_each(look_at_nothing, ["record-headers"])
