"""A command of the palette that takes a word, such as `topic ord` or `seek -15m`."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

__all__ = ["Meaning", "WordCommand"]

Meaning = tuple[str, Callable[[], Any]]
"""What a word may stand for, in words, and what does it."""


class WordCommand(NamedTuple):
    """One of them."""

    name: str
    meanings: Callable[[str], Iterable[Meaning]]
    """Of the word behind it."""
