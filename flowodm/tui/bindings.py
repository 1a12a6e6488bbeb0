"""Every binding there is, by where it counts: for `keys.yaml`, and for the page of the keys."""

from collections.abc import Iterator
from typing import NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode

from flowodm.tui.app import InspectorApp
from flowodm.tui.screens.brokers import BrokersPage
from flowodm.tui.screens.findings import FindingsPage
from flowodm.tui.screens.group import GroupPage
from flowodm.tui.screens.help import HelpScreen
from flowodm.tui.screens.listing import ListPage
from flowodm.tui.screens.page import Page
from flowodm.tui.screens.plan import PlanPage
from flowodm.tui.screens.planned import PlannedPage
from flowodm.tui.screens.produce import ProducePage
from flowodm.tui.screens.records import RecordsPage
from flowodm.tui.screens.reset import ResetPage
from flowodm.tui.screens.subject import SubjectPage
from flowodm.tui.screens.topic import TopicPage
from flowodm.tui.screens.topics import TopicsPage
from flowodm.tui.widgets.form_view import FormView
from flowodm.tui.widgets.line_view import LineView
from flowodm.tui.widgets.prompt import PromptField
from flowodm.tui.widgets.value_tree import ValueTree

__all__ = ["PLACES", "Place", "binding_ids", "bindings_of"]


class Place(NamedTuple):
    """Where some bindings count."""

    title: str
    owner: type[DOMNode]


PLACES = (
    Place("Everywhere", InspectorApp),
    Place("On every screen", Page),
    Place("In lists", LineView),
    Place("Topics, groups, schemas, brokers", ListPage),
    Place("Topics", TopicsPage),
    Place("A topic", TopicPage),
    Place("Records", RecordsPage),
    Place("A value", ValueTree),
    Place("A record to produce", ProducePage),
    Place("A form", FormView),
    Place("A group", GroupPage),
    Place("A reset", ResetPage),
    Place("A subject", SubjectPage),
    Place("Changes and reasons", FindingsPage),
    Place("Brokers", BrokersPage),
    Place("Plan", PlanPage),
    Place("A thing of a plan", PlannedPage),
    Place("Where something is typed", PromptField),
    Place("Help", HelpScreen),
)


def bindings_of(owner: type[DOMNode]) -> Iterator[Binding]:
    """Return the bindings of a class itself, without those it inherits."""
    for binding in vars(owner).get("BINDINGS", ()):
        assert isinstance(binding, Binding)
        yield binding


def binding_ids() -> frozenset[str]:
    """Return the ids of all bindings."""
    return frozenset(
        binding.id for place in PLACES for binding in bindings_of(place.owner) if binding.id
    )
