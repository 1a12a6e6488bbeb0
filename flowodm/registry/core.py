"""What the blocking and the asyncio client have in common: the rules of one registry, wired."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from flowodm.registry.administration import Administration
from flowodm.registry.desk import Desk
from flowodm.registry.exchange import Exchange, Limits
from flowodm.registry.parsing import Parsing
from flowodm.registry.rules import Rules
from flowodm.registry.settings import access_of

if TYPE_CHECKING:
    from flowodm.config import RegistryConfig

__all__ = ["Core", "Guard", "no_guard"]

Guard = Callable[[str, str | None], None]
"""Given an operation ("register") and the subject (None: the whole registry), raises to refuse."""


def no_guard(operation: str, subject: str | None) -> None:
    """Let every change pass."""


class Core:
    """The rules of one registry.

    Args:
        config: Where it is and how to speak with it.
        guard: What may refuse a change.
        limits: How long and how often it is asked, where not as by default.
    """

    def __init__(
        self, config: "RegistryConfig", guard: Guard, limits: Limits | None = None
    ) -> None:
        self.access = access_of(config)
        self.guard = guard
        self.lock = threading.Lock()
        exchange = Exchange(self.access, limits=limits or Limits())
        desk = Desk(exchange)
        self._exchange = exchange
        self.rules = Rules(desk)
        self.parsing = Parsing(self.rules)
        self.administration = Administration(desk, self.rules)

    @property
    def url(self) -> str:
        """The address that answered last, without credentials."""
        return self._exchange.answered_by

    def forget(self) -> None:
        """Empty every cache."""
        self.rules.forget()
        self.parsing.forget()
