"""A line of several looks, for both faces: each gives the names of its styles what it has."""

from typing import Literal, NamedTuple, TypeAlias

__all__ = ["Span", "Spans", "StyleName"]

StyleName: TypeAlias = Literal["red", "yellow", "green", "dim", "bold", "cyan"]


class Span(NamedTuple):
    """A piece of a line in one style."""

    text: str
    style: StyleName | None = None


Spans: TypeAlias = "str | Span"
