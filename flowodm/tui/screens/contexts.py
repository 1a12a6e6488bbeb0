"""Contexts: the clusters that are known by name; Enter goes to one."""

from collections.abc import Sequence

from flowodm.contexts.listing import ContextEntry
from flowodm.tui.feed import Feed
from flowodm.tui.screens.listing import ListPage, Order
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column

__all__ = ["ContextsPage"]


class ContextsPage(ListPage[ContextEntry]):
    """The list of contexts."""

    crumb = "contexts"
    opens = "Switch"
    waits_for = "Reading the contexts"
    asks_brokers = False
    noun = ("context", "contexts")
    nothing = ("No context is known by name.", "flowodm context add NAME makes one")

    def on_mount(self) -> None:
        """Read them."""
        source = self.app.sources.brokers
        Feed(self, "main", source.contexts, self.list_rows, clock=self.app.clock).now()

    @property
    def can_leave(self) -> bool:
        """Whether Esc does something: it clears the filter, then goes back."""
        return True

    def leave(self) -> None:
        """Clear the filter, or else go back."""
        if self.is_filtered:
            super().leave()
        else:
            self.app.close_page()

    def columns(self) -> Sequence[Column[ContextEntry]]:
        """Return the columns."""
        return (
            Column("", self._here, 4),
            Column("CONTEXT", lambda one: Span(one.name, "strong"), 20, grows=True),
            Column("BROKERS", lambda one: Span(one.bootstrap_servers or "–"), 16, grows=True),
            Column("CHANGES", _changes, 9),
            Column("SOURCE", lambda one: Span(one.source, "dim"), 24, rank=2),
        )

    def orders(self) -> Sequence[Order[ContextEntry]]:
        """Return the orders."""
        return (("CONTEXT", lambda one: one.name), ("BROKERS", lambda one: one.name))

    def name_of(self, row: ContextEntry) -> str:
        """Return a context's name."""
        return row.name

    async def open_row(self, row: ContextEntry) -> None:
        """Go there."""
        self.app.go_to_context(row.name)

    def _here(self, one: ContextEntry) -> Span:
        return Span("here" if one.name == self.app.vitals.identity.context else "", "accent")


def _changes(one: ContextEntry) -> Span:
    if one.read_only:
        return Span("read-only", "warn")
    return Span("protected", "warn") if one.protected else Span("allowed", "dim")
