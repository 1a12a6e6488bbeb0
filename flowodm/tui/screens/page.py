"""What every screen has: header, tabs, the way here, its state, and the line of keys.

A page names its first feed `main`: as long as that has no answer, what is the matter stands in the
page's place; later, a line tells that what is shown is old.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from flowodm.tui.feed import Feed, FeedOwner
from flowodm.tui.sources.failure import Failure
from flowodm.tui.spans import Span
from flowodm.tui.widgets.header import Crumbs, Header, SectionTabs
from flowodm.tui.widgets.key_line import KeyLine
from flowodm.tui.widgets.paragraph import Words
from flowodm.tui.widgets.prompt import Prompt
from flowodm.tui.widgets.state import StatePane

if TYPE_CHECKING:
    from flowodm.tui.app import InspectorApp

__all__ = ["Page"]


class Page(FeedOwner, Screen[None]):
    """A screen of a section. A subclass has `crumb`, `body`, and feeds made when it is mounted."""

    app: "InspectorApp"
    AUTO_FOCUS = ""  # a list that is not shown yet would get it; `show_state` gives it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", id="page.back"),
        Binding("r", "again", "Refresh", id="page.refresh"),
    ]
    waits_for = "Asking the cluster"
    """What the page says before its first answer."""
    asks_brokers = True
    """Whether there is no answer where no broker answers."""
    first_list = "*"
    """What has the keys at first, as a selector: the first of those that take any."""

    @property
    def crumb(self) -> str:
        """The page's step in the way here."""
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        """Return what shows the data; each is hidden while there is none."""
        raise NotImplementedError

    def foot(self) -> Iterable[Widget]:
        """Return what stands between the data and the keys, whatever the state."""
        return ()

    def emptiness(self) -> tuple[str, str] | None:
        """Say that there is nothing to show, and what to do; None: there is something."""
        return None

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Header()
        yield SectionTabs()
        yield Crumbs()
        yield Words(id="stale")
        yield StatePane(id="state")
        with Vertical(id="body"):
            yield from self.body()
        yield from self.foot()
        yield KeyLine()

    def on_screen_resume(self) -> None:
        """Look at the cluster again, now that somebody looks here."""
        for feed in self.feeds.values():
            feed.resume()
        self.show_state()

    def on_screen_suspend(self) -> None:
        """Ask nothing that nobody sees."""
        for feed in self.feeds.values():
            feed.pause()

    def after_answer(self, feed: Feed[Any]) -> None:
        """Show where the page stands."""
        self.show_state()

    def show_state(self) -> None:
        """Show the data, or what stands in its place; and whether it is old."""
        if not (self.query(StatePane) and self.query("#body")):
            return  # it is being made, or taken down: an answer may come at any time
        main = self.feeds.get("main")
        pane, body, stale = self.query_one(StatePane), self.query_one("#body"), self._stale_line()
        nothing = None
        if main is not None and main.state == "loading":
            self._wait(pane)
            nothing = True
        elif main is not None and main.failure is not None and main.state == "error":
            itself = "; it is asked again by itself too" if main.is_repeated else ""
            pane.failed(main.failure, f"r asks again{itself}")
            nothing = True
        elif (said := self.emptiness()) is not None:
            pane.empty(*said)
            nothing = True
        if nothing and self.focused is not None and body in self.focused.ancestors:
            self.set_focus(None)  # keys go to nothing that is not seen
        had_focus = self.focused is not None
        pane.display, body.display = bool(nothing), not nothing
        if not nothing and not had_focus:
            self.focus_first()
        self._show_staleness(main, stale)

    def _wait(self, pane: StatePane) -> None:
        """Say what is asked for; or at once why no answer comes, where the header knows that."""
        failure = self.app.beat.failure if self.asks_brokers else None
        if failure is None:
            where = f" at {self.app.vitals.identity.bootstrap_servers}" if self.asks_brokers else ""
            pane.waiting(f"{self.waits_for}{where}")
        else:
            pane.failed(failure, "asking on …")

    def focus_first(self) -> None:
        """Give the keys to the list that a look begins with."""
        seen = self.focus_chain
        for widget in self.query_one("#body").query(self.first_list):
            if widget in seen:
                widget.focus()
                return

    def set_focus(
        self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False
    ) -> None:
        """Give the keys to a widget; to the next one, where what had them is not seen any more."""
        super().set_focus(
            self._heir() if widget is None else widget, scroll_visible, from_app_focus
        )

    def action_again(self) -> None:
        """Ask everything again, and do nothing again."""
        for feed in self.feeds.values():
            if not feed.is_deed:
                feed.now()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to go back only where there is a way back, and to type only what is not begun."""
        if action in ("filter", "seek"):
            return not isinstance(self.focused, Input)
        return self._open_prompt is not None or self.can_leave if action == "back" else True

    @property
    def can_leave(self) -> bool:
        """Whether there is a way back."""
        return len(self.app.steps) > 1

    def leave(self) -> None:
        """Go back to the screen below."""
        self.app.close_page()

    def action_back(self) -> None:
        """Leave what is being typed, wherever the keys go; or else go back."""
        if (prompt := self._open_prompt) is not None:
            prompt.leave()
        else:
            self.leave()

    @property
    def _open_prompt(self) -> Prompt | None:
        """Where something is being typed."""
        return next((prompt for prompt in self.query(Prompt) if prompt.display), None)

    def _heir(self) -> Widget | None:
        """What comes behind the widget that had the keys and is not seen any more, or before it."""
        had, seen = self.focused, self.focus_chain
        if had is None or had in seen or not seen:
            return None
        order = list(self.walk_children(Widget))
        behind = order[order.index(had) + 1 :] if had in order else order
        return next((widget for widget in seen if widget in behind), seen[-1])

    def _stale_line(self) -> Words:
        return self.query_one("#stale", Words)

    def _show_staleness(self, main: Feed[Any] | None, line: Words) -> None:
        is_stale = main is not None and main.state == "stale"
        line.display = is_stale
        if main is not None and is_stale and main.failure is not None and main.age is not None:
            self.tell_old(f"{main.age:.0f} s old", main.failure)

    def tell_old(self, how: str, failure: Failure, cure: str = "") -> None:
        """Tell above the data how old it is, why, and what to do."""
        told = (f"! {how}: {failure.message}", failure.hint, cure)
        line = self._stale_line()
        line.display = True
        line.show([Span(" · ".join(filter(None, told)), "warn")])
