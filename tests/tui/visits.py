"""Every screen and how to get there: one table for what looks at them all.

A screen that is not in the table fails `test_every_screen_is_visited`. What the sources say is a
`World`, of which `worlds.py` has one for each state.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from flowodm.record import Record
from flowodm.tui.screens.difference import DifferencePage
from flowodm.tui.screens.group import GroupPage
from flowodm.tui.screens.page import Page
from flowodm.tui.screens.produce import ProducePage
from flowodm.tui.screens.records import RecordsPage
from flowodm.tui.screens.reset import ResetPage
from flowodm.tui.screens.statistics import StatisticsPage
from flowodm.tui.screens.subject import SubjectPage
from flowodm.tui.screens.topic import TopicPage
from flowodm.tui.screens.trial import TrialPage
from tests.tui.fakes import Clock, Fakes
from tests.tui.pilots import settle, typed


@dataclass
class World:
    """What all sources say, and the names to look at."""

    fakes: Fakes
    topic: str = "orders"
    group: str = "billing"
    idle_group: str = "audit"
    """One that may be reset."""
    subject: str = "orders-value"
    versions: tuple[int, int] = (2, 3)
    file: str = "new.avsc"
    position: str = "start"
    copied: Record | None = None
    """What a form begins with."""
    clock: Clock = field(default_factory=Clock)
    held: Event | None = None
    """Set, it lets the questions be answered that nobody answers until then."""
    turned: Callable[["World"], None] | None = None
    """What happens once a screen is full: everything fails from then on."""
    turned_back: Callable[["World"], None] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    """Of the app."""


@dataclass(frozen=True)
class Visit:
    """A way to a screen.

    Args:
        section: Its section.
        pages: What is opened on top of the section's first screen.
        keys: What is pressed then; `=` and a text is typed.
    """

    section: str
    pages: Callable[[World], tuple[Page, ...]] = lambda world: ()
    keys: tuple[str, ...] = ()


def _record(*keys: str) -> Visit:
    return Visit("topics", lambda w: (RecordsPage(w.topic),), ("g", "enter", *keys))


def _produce(*keys: str) -> Visit:
    return Visit("topics", lambda w: (RecordsPage(w.topic), ProducePage(w.topic, w.copied)), keys)


def _kept(world: World) -> list[Record]:
    return list(world.fakes.records.records)


def _reset(group: Callable[[World], str], *keys: str) -> Visit:
    return Visit(
        "groups", lambda w: (GroupPage(group(w)), ResetPage(group(w), w.topic, w.position)), keys
    )


def _idle(world: World) -> str:
    return world.idle_group


def _subject(*pages: Callable[[World], Page], keys: tuple[str, ...] = ()) -> Visit:
    return Visit("schemas", lambda w: (SubjectPage(w.subject), *(make(w) for make in pages)), keys)


VISITS: dict[str, Visit] = {
    "topics": Visit("topics"),
    "topics-filtered": Visit("topics", keys=("slash", "=pay")),
    "topics-nothing-like-it": Visit("topics", keys=("slash", "=#")),
    "topic": Visit("topics", lambda w: (TopicPage(w.topic),)),
    "topic-settings": Visit("topics", lambda w: (TopicPage(w.topic),), ("a",)),
    "records": Visit("topics", lambda w: (RecordsPage(w.topic),)),
    "records-filter-trouble": Visit("topics", lambda w: (RecordsPage(w.topic),), ("slash", "=(")),
    "record-value": _record(),
    "record-key": _record("right_square_bracket"),
    "record-headers": _record(*["right_square_bracket"] * 2),
    "record-schema": _record("s"),
    "record-hex": _record("x"),
    "record-not-decoded": _record("escape", "j", "j", "x"),
    "statistics": Visit(
        "topics", lambda w: (RecordsPage(w.topic), StatisticsPage(lambda: _kept(w)))
    ),
    "produce": _produce(),
    "produce-trouble": _produce("j", "j", "enter", "=five"),
    "produce-preview": _produce("v"),
    "produce-confirm": _produce("v", "D"),
    "produce-sent": _produce("v", "D", "=orders", "enter"),
    "groups": Visit("groups"),
    "group": Visit("groups", lambda w: (GroupPage(w.group),)),
    "group-reset-to": Visit("groups", lambda w: (GroupPage(w.group),), ("R", "=soon")),
    "reset": _reset(_idle),
    "reset-refused": _reset(lambda w: w.group),
    "confirm": _reset(_idle, "D"),
    "schemas": Visit("schemas"),
    "subject": _subject(),
    "difference": _subject(lambda w: DifferencePage(w.subject, *w.versions)),
    "trial": _subject(lambda w: TrialPage(w.subject, w.file)),
    "brokers": Visit("brokers"),
    "contexts": Visit("brokers", keys=("c",)),
    "plan": Visit("plan"),
    "plan-entry": Visit("plan", keys=("j", "enter")),
    "drift": Visit("plan", keys=("d",)),
    "palette": Visit("topics", keys=("colon",)),
    "palette-words": Visit("topics", keys=("colon", "=topic ")),
    "help": Visit("topics", keys=("question_mark",)),
}


async def go(pilot: Pilot[None], world: World, name: str) -> None:
    """Go to a screen, and wait until it shows what it is going to show."""
    app, visit = pilot.app, VISITS[name]
    await leave(pilot)
    if world.turned is not None:
        for feed in app.feeds.values():
            feed.now()
    await app.open_from(visit.section, *visit.pages(world))
    await calm(pilot, world)
    for key in visit.keys:
        if key.startswith("="):
            await typed(pilot, key[1:])
        else:
            await pilot.press(key)
        await calm(pilot, world)
    if app.screen.query("RecordLog"):
        await calm(pilot, world)  # records are taken, then decoded, in threads of their own
        await calm(pilot, world)
    if world.turned is not None:
        await pilot.pause(0.3)  # what is asked of rows in view, once they stand still, is asked
        await calm(pilot, world)
        world.turned(world)
        for feed in (*_asked_again(app.screen), *app.feeds.values()):
            feed.now()
        await calm(pilot, world)


async def leave(pilot: Pilot[None]) -> None:
    """Close what lies over the page, and what is being typed."""
    app = pilot.app
    while not isinstance(app.screen, Page):
        app.pop_screen()
        await pilot.pause()
    if isinstance(app.focused, Input):
        await pilot.press("escape")
    app.action_back_to(0)
    await pilot.pause()


async def calm(pilot: Pilot[None], world: World) -> None:
    """Wait until all answers are there; or for a while, where some never come."""
    if world.held is not None:
        await pilot.pause(0.1)
    else:
        await settle(pilot)
    for field_ in pilot.app.screen.query(Input):
        field_.cursor_blink = False
    await pilot.pause()


def _asked_again(screen: Any) -> Iterator[Any]:
    for feed in getattr(screen, "feeds", {}).values():
        if not feed.is_deed and feed.name != "read":
            yield feed
