"""The sections, in the order of their keys: to add one, write its screen and add its line.

A section's first screen is made without arguments; the ones above it are pushed by it.
"""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from flowodm.tui.screens.page import Page

__all__ = ["SECTIONS", "Section"]


@dataclass(frozen=True, slots=True)
class Section:
    """One of the tabs."""

    name: str
    title: str
    target: str
    """`module:Class` of its first screen, imported when it is opened."""

    def make(self) -> "Page":
        """Make its first screen."""
        module, _, name = self.target.partition(":")
        page: Page = getattr(importlib.import_module(module), name)()
        return page


SECTIONS: Final = (
    Section("topics", "Topics", "flowodm.tui.screens.topics:TopicsPage"),
    Section("groups", "Groups", "flowodm.tui.screens.groups:GroupsPage"),
    Section("schemas", "Schemas", "flowodm.tui.screens.schemas:SchemasPage"),
    Section("brokers", "Brokers", "flowodm.tui.screens.brokers:BrokersPage"),
    Section("plan", "Plan", "flowodm.tui.screens.plan:PlanPage"),
)
