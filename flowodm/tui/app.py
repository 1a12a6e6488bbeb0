"""The inspector: sections with a stack of screens each, one pulse for all of them, the actions.

Bindings have ids, by which `keys.yaml` names them; what they do is also in the palette, and in the
line of keys for the mouse.
"""

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from heapq import nsmallest
from typing import Any, ClassVar, Final

from textual import events
from textual.app import App
from textual.binding import ActiveBinding, Binding, BindingType
from textual.command import CommandPalette
from textual.driver import Driver
from textual.screen import Screen
from textual.theme import Theme

from flowodm.display.sanitize import visible
from flowodm.tui.feed import Feed, FeedOwner
from flowodm.tui.lagging import LagFlows
from flowodm.tui.palette import MOST_MEANINGS, ActionsProvider, WordsProvider
from flowodm.tui.screens.page import Page
from flowodm.tui.sections import SECTIONS, Section
from flowodm.tui.sources.bundle import Sources
from flowodm.tui.sources.cluster import Pulse
from flowodm.tui.sources.loading import load_registry
from flowodm.tui.spans import safe
from flowodm.tui.terminal import lasting
from flowodm.tui.vitals import Vitals
from flowodm.tui.widgets.header import Header
from flowodm.tui.words import Meaning, WordCommand

__all__ = ["InspectorApp"]

_BEAT: Final = 1.0
"""With the patience of a question: that no broker answers any more is seen within three seconds."""
_REGISTRY_BEAT: Final = 10.0
_LONGEST_PASTE: Final = 10_000


# Colours of the 256 that most terminals have, so that they are the same with and without more.
DARK: Final = Theme(
    name="dark",
    primary="#5fafd7",
    secondary="#5f87af",
    accent="#d7af5f",
    warning="#d7af5f",
    error="#ff5f5f",
    success="#87d787",
    foreground="#dadada",
    background="#121212",
    surface="#1c1c1c",
    panel="#262626",
    variables={
        "dim": "#949494",
        "cursor": "#005f87",
        "cursor-away": "#3a3a3a",
        "bad-here": "#ffd7d7",
        "warn-here": "#ffd787",
        "accent-here": "#afd7ff",
    },
    dark=True,
)
LIGHT: Final = Theme(
    name="light",
    primary="#005faf",
    secondary="#5f87af",
    accent="#875f00",
    warning="#875f00",
    error="#af0000",
    success="#005f00",
    foreground="#1c1c1c",
    background="#ffffff",
    surface="#eeeeee",
    panel="#e4e4e4",
    variables={"dim": "#626262", "cursor": "#afd7ff", "cursor-away": "#d0d0d0"},
    dark=False,
)


class InspectorApp(FeedOwner, App[None]):
    """The whole program.

    Args:
        sources: Where everything comes from.
        topic: The topic to open at once.
        may_write: Whether changes are offered; a read-only context refuses them all the same.
        keys: The user's own keys, by binding.
        has_few_colours: Whether the terminal has its own sixteen colours and no others.
        shows_tracebacks: Whether a bug shows where it is; without the values of variables.
        clock: Seconds that go forward.
    """

    TITLE = "flowodm"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    """Textual's own way to it; ours has a binding with an id."""
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                str(number),
                f"section('{section.name}')",
                section.title,
                show=False,
                id=f"section.{section.name}",
            )
            for number, section in enumerate(SECTIONS, 1)
        ),
        Binding("colon", "palette", "Commands", key_display=":", id="app.palette"),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
        Binding("T", "change_theme", "Dark or light", show=False, id="app.theme"),
        Binding("q", "quit", "Quit", id="app.quit"),
        Binding("ctrl+c", "quit", "Quit at once", show=False, priority=True, id="app.interrupt"),
    ]

    def __init__(
        self,
        sources: Sources,
        *,
        topic: str | None = None,
        may_write: bool = False,
        keys: Mapping[str, str] | None = None,
        has_few_colours: bool = False,
        shows_tracebacks: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.sources = sources
        self.sections: tuple[Section, ...] = SECTIONS
        self.clock = clock
        identity = sources.cluster.identity()
        self.may_write = may_write and not identity.is_read_only
        self.vitals = Vitals(identity)
        self.lags = LagFlows()
        self.next_context: str | None = None
        """Where to go on, once this run has ended."""
        self.beat: Feed[Pulse] = Feed(
            self, "pulse", sources.cluster.pulse, self._take_pulse, clock=clock, every=_BEAT
        )
        self.registry_beat: Feed[str | None] = Feed(
            self,
            "registry",
            sources.cluster.registry_mode,
            lambda _: None,
            clock=clock,
            every=_REGISTRY_BEAT,
        )
        self._topic = topic
        self._shows_tracebacks = shows_tracebacks
        for section in self.sections:
            self.add_mode(section.name, section.make)
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self._themes = ("ansi-dark", "ansi-light") if has_few_colours else ("dark", "light")
        self.theme = self._themes[0]
        if keys:
            self.set_keymap(dict(keys))

    def get_driver_class(self) -> type[Driver]:
        """Return a driver that outlives its terminal for as long as it takes to end."""
        return lasting(super().get_driver_class())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return what the themes of sixteen colours say of our own names."""
        return dict.fromkeys(DARK.variables, "ansi_default")

    async def on_mount(self) -> None:
        """Open the first section, and ask how the cluster is."""
        await self.switch_mode(self.sections[0].name)
        if self._topic is not None:
            await self.open_records(self._topic)
        self.beat.now()
        if self.vitals.identity.has_registry:
            self.registry_beat.now()

    def after_answer(self, feed: Feed[Any]) -> None:
        """Show the header anew, and the screen that waits for what the header knows."""
        if not self.screen_stack:
            return  # it is ending: an answer may come at any time
        for header in self.screen.query(Header):
            header.refresh()
        if feed is self.beat and isinstance(self.screen, Page):
            self.screen.show_state()

    @property
    def steps(self) -> tuple[str, ...]:
        """The way to the screen: the crumb of each page, from the section's on."""
        return tuple(page.crumb for page in self._pages)

    async def open_topic(self, name: str) -> None:
        """Open the partitions and the settings of a topic."""
        load_registry()
        from flowodm.tui.screens.topic import TopicPage

        await self.open_from("topics", TopicPage(name))

    async def open_records(self, name: str) -> None:
        """Open the records of a topic."""
        load_registry()
        from flowodm.tui.screens.records import RecordsPage

        await self.open_from("topics", RecordsPage(name))

    async def open_from(self, section: str, *pages: Page) -> None:
        """Open pages on top of a section's first, whatever is open there now."""
        await self.switch_mode(section)
        self.action_back_to(0)
        for page in pages:
            await self.push_screen(page)

    async def on_event(self, event: events.Event) -> None:
        """Make visible what is pasted: Textual's own fields draw it as it comes."""
        if isinstance(event, events.Paste):
            event.text = visible(event.text[:_LONGEST_PASTE])
        await super().on_event(event)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text; what is no text of UTF-8, as half of a surrogate pair, becomes a `?`."""
        super().copy_to_clipboard(text.encode("utf-8", "replace").decode())

    def target_of(self, active: ActiveBinding) -> str:
        """Return the action of a binding, with the place that it is for."""
        action = active.binding.action
        if action.startswith(("app.", "screen.", "focused.")):
            return action
        if active.node is self:
            return f"app.{action}"
        return f"{'screen' if isinstance(active.node, Screen) else 'focused'}.{action}"

    def actions_of(self, screen: Screen[Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Return what the palette offers on a screen: text, and what does it."""
        seen = set()
        known = [one for one in screen.active_bindings.values() if one.binding.id and one.enabled]
        known.sort(key=lambda one: str(one.binding.id).startswith(("list.", "app.interrupt")))
        for active in known:
            binding = active.binding
            if binding.id in seen:
                continue
            seen.add(binding.id)
            key = self.get_key_display(binding)
            yield f"{binding.description}  ({key})", self._runner(active)

    def words_of(self, screen: Screen[Any]) -> tuple[WordCommand, ...]:
        """Return the commands that take a word; the screen's own first."""
        own = getattr(screen, "word_commands", ())
        return (
            *own,
            WordCommand("topic", self._topics_like),
            WordCommand("ctx", self._contexts_like),
            WordCommand("theme", self._themed),
        )

    def go_to_context(self, name: str) -> None:
        """End here, and go on in another context."""
        if name != self.vitals.identity.context:
            self.next_context = name
            self.exit()

    async def action_section(self, name: str) -> None:
        """Open a section; it is as it was left."""
        load_registry()
        await self.switch_mode(name)

    def close_page(self) -> None:
        """Close the screen, if it is not its section's first; not awaited: it may be the caller's."""
        if len(self._pages) > 1:
            self.pop_screen()

    def action_back_to(self, index: int) -> None:
        """Close the screens above a step of the way here."""
        for _ in range(len(self._pages) - 1 - index):
            self.pop_screen()

    def action_palette(self) -> None:
        """Open the palette."""
        if not isinstance(self.screen, CommandPalette):
            palette = CommandPalette(
                providers=[ActionsProvider, WordsProvider], placeholder="A command, or `topic NAME`"
            )
            self.push_screen(palette)

    def action_help(self) -> None:
        """Show the keys of the screen."""
        from flowodm.tui.screens.help import HelpScreen

        self.push_screen(HelpScreen(tuple(self._help())))

    def action_change_theme(self) -> None:
        """Take the other theme."""
        self.theme = self._themes[self.theme == self._themes[0]]

    def _help(self) -> Iterator[tuple[str, str, str]]:
        found: dict[str, list[Any]] = {}
        for active in sorted(self.screen.active_bindings.values(), key=_place):
            binding = active.binding
            if binding.id is not None and active.enabled:
                keys = found.setdefault(binding.id, [binding.description])
                keys.append(self.get_key_display(binding))
        for name, (text, *keys) in found.items():
            yield " ".join(keys), text, name

    def _runner(self, active: ActiveBinding) -> Callable[[], Any]:
        async def run() -> None:
            await self.run_action(active.binding.action, active.node)

        return run

    def _topics_like(self, text: str) -> Iterator[Meaning]:
        names = self.sources.topics.known
        found = [name for name in names if text.lower() in name.lower()]
        for name in nsmallest(MOST_MEANINGS, found, lambda one: (not one.startswith(text), one)):
            yield f"topic {name}", partial(self.open_records, name)

    def _contexts_like(self, text: str) -> Iterator[Meaning]:
        for entry in self.sources.brokers.contexts():
            if text in entry.name:
                yield f"ctx {entry.name}", partial(self.go_to_context, entry.name)

    def _themed(self, text: str) -> Iterator[Meaning]:
        for name in self._themes:
            if text in name:
                yield f"theme {name}", partial(setattr, self, "theme", name)

    def _take_pulse(self, pulse: Pulse) -> None:
        is_first = self.vitals.pulse is None
        self.vitals.beat(pulse, self.clock())
        if is_first:
            self.in_thread(_warm_up, "warm-up")

    @property
    def _pages(self) -> tuple[Page, ...]:
        return tuple(screen for screen in self.screen_stack if isinstance(screen, Page))

    def _fatal_error(self) -> None:
        """End with a line instead of Textual's page, which prints the values of variables."""
        error = self._exception
        text = f"{type(error).__name__}: {error}".removesuffix(": ").partition("\n")[0]
        lines = [safe(f"error: {text}")]
        if self._shows_tracebacks and error is not None:
            places = traceback.format_tb(error.__traceback__)
            lines += [safe(line) for place in places for line in place.splitlines()]
        else:
            lines.append(safe("  this is a bug in FlowODM; -vv shows where, please report it"))
        self.panic(*lines)


def _place(active: ActiveBinding) -> int:
    """Where a binding stands in the help: what the screen does, then moving, then leaving."""
    room = str(active.binding.id).partition(".")[0]
    return {"page": 1, "list": 2, "tree": 2, "section": 3, "app": 4}.get(room, 0)


def _warm_up() -> None:
    """Import what the records need, while nobody waits for it."""
    load_registry()
    import flowodm.codec.decode
    import flowodm.display.sides
    import flowodm.reader
    import flowodm.tui.screens.records  # noqa: F401 - they are kept by Python
