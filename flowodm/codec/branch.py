"""A value that says which branch of a union it is."""

from dataclasses import dataclass
from typing import Any

__all__ = ["Branch"]


@dataclass(slots=True)
class Branch:
    """A value of a union, with the branch it is to be written as.

    Needed where the value alone would not tell: two records with the same fields, a text that is
    a symbol too. Not frozen: many are made per message.
    """

    name: str
    """The full name of a named type, else the type's word: `shop.Order`, `long`, `array`."""
    value: Any
