"""What workers post to screens: frozen values, each in the envelope that Textual needs."""

from dataclasses import dataclass
from typing import Any

from textual.message import Message

from flowodm.tui.sources.failure import Failure

__all__ = ["Answer", "Answered", "Progressed", "Refusal"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A source has answered."""

    feed: str
    turn: int
    """Which of the feed's questions it was."""
    value: Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """A source could not answer."""

    feed: str
    turn: int
    failure: Failure


class Answered(Message, bubble=False):
    """A question of a feed has ended."""

    def __init__(self, outcome: Answer | Refusal) -> None:
        super().__init__()
        self.outcome = outcome


class Progressed(Message, bubble=False):
    """A question that takes long is so far."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
