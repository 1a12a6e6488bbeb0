"""`:`: every action of the screen, and what takes a word: `topic ord`."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from flowodm.tui.spans import safe

if TYPE_CHECKING:
    from flowodm.tui.app import InspectorApp

__all__ = ["ActionsProvider", "WordsProvider"]

MOST_MEANINGS: Final = 20
"""Of one command, that are offered at once."""
_FIRST: Final = 1_000.0
"""A command that was begun with its word stands before actions that are merely like it."""


class ActionsProvider(Provider):
    """What the keys do, by its name."""

    async def discover(self) -> Hits:
        """Offer everything there is."""
        for text, run in self._actions():
            yield DiscoveryHit(safe(text), run, text=text)

    async def search(self, query: str) -> Hits:
        """Offer what is like the query."""
        matcher = self.matcher(query)
        for text, run in self._actions():
            if (score := matcher.match(text)) > 0:
                yield Hit(score, safe(text), run, text=text)

    def _actions(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        yield from cast("InspectorApp", self.app).actions_of(self.screen)


class WordsProvider(Provider):
    """Commands with a word behind them, of the app and of the screen."""

    async def search(self, query: str) -> Hits:
        """Offer what the words mean."""
        name, _, rest = query.lstrip(": ").partition(" ")
        for command in cast("InspectorApp", self.app).words_of(self.screen):
            if command.name != name:
                continue
            for text, run in islice(command.meanings(rest.strip()), MOST_MEANINGS):
                shown = safe(text)
                yield Hit(_FIRST, shown, run, text=shown.plain)  # it goes into the field as it is
