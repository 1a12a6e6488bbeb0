"""Brokers: which there are, which is the controller, what each leads and holds."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from flowodm.display.text import counted
from flowodm.tui.feed import Feed
from flowodm.tui.screens.listing import ListPage, Order
from flowodm.tui.sources.brokers import Broker, Brokers
from flowodm.tui.spans import Span
from flowodm.tui.widgets.grid import Column

__all__ = ["BrokersPage"]

_EVERY = 5.0


class BrokersPage(ListPage[Broker]):
    """The list of brokers."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "contexts", "Contexts", id="brokers.contexts")
    ]
    crumb = "brokers"
    opens = None
    waits_for = "Asking for the brokers"
    noun = ("broker", "brokers")
    nothing = ("This cluster names no broker.", "flowodm doctor looks at what is wrong")

    def __init__(self) -> None:
        super().__init__()
        self._found: Brokers | None = None

    def on_mount(self) -> None:
        """Ask for them."""
        source = self.app.sources.brokers
        Feed(self, "main", source.brokers, self._take, clock=self.app.clock, every=_EVERY)

    def columns(self) -> Sequence[Column[Broker]]:
        """Return the columns."""
        return (
            Column("ID", lambda one: Span(str(one.id), "strong"), 6, is_right=True),
            Column("ADDRESS", _address, 20, grows=True),
            Column("ROLE", _role, 10, rank=1),
            Column("RACK", lambda one: Span(one.rack or "–", "dim"), 12, rank=4),
            Column("LEADS", lambda one: Span(f"{one.leads:,}"), 8, is_right=True),
            Column("SHARE", self._share, 7, is_right=True, rank=3),
            Column("COPIES", lambda one: Span(f"{one.copies:,}"), 8, is_right=True, rank=2),
            Column("IN SYNC", _in_sync, 14),
        )

    def orders(self) -> Sequence[Order[Broker]]:
        """Return the orders."""
        return (
            ("ID", lambda one: one.id),
            ("LEADS", lambda one: (-one.leads, one.id)),
            ("COPIES", lambda one: (-one.copies, one.id)),
        )

    def name_of(self, row: Broker) -> str:
        """Return what the filter looks at."""
        return f"{row.id} {row.address or ''} {row.rack or ''}"

    def remarks(self) -> Iterable[Span]:
        """Tell of the whole cluster."""
        found = self._found
        if found is None:
            return
        yield Span(f" · {counted(found.partitions, 'partition')}", "dim")
        if found.leaderless:
            yield Span(f" · ✗ {found.leaderless:,} without a leader", "bad")
        if found.cluster_id:
            yield Span(f" · cluster {found.cluster_id}", "dim")

    def action_contexts(self) -> None:
        """List the contexts one may go to."""
        from flowodm.tui.screens.contexts import ContextsPage

        self.app.push_screen(ContextsPage())

    def _take(self, found: Brokers) -> None:
        self._found = found
        self.list_rows(found.brokers)

    def _share(self, one: Broker) -> Span:
        whole = 0 if self._found is None else self._found.partitions - self._found.leaderless
        return Span(f"{100 * one.leads / whole:.0f} %" if whole else "–", "dim")


def _address(one: Broker) -> Span:
    return Span(one.address) if one.address else Span("–", "dim")


def _role(one: Broker) -> Span:
    return Span("controller" if one.is_controller else "", "accent")


def _in_sync(one: Broker) -> Span:
    if one.address is None:
        return Span("✗ gone", "bad")
    return Span(f"! {one.behind:,} behind", "warn") if one.behind else Span("✔", "good")
