"""A schema as people keep it in a file: Java's keys in Java's order, laid out in lines.

What fits on a line stands on one, but for a record, whose fields are a line each: so a change to
one is one line of a diff. The layout depends on the schema alone: formatting twice changes nothing.
"""

import re
from collections.abc import Iterator
from typing import Final

from flowodm.avro.schema import Schema

__all__ = ["pretty_text"]

_WIDTH: Final = 100
_INDENT: Final = 2
_DEEPEST: Final = 200
"""Containers that are indented; those inside them stand on the same column."""
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^{}\[\],:"]+')
_CLOSES: Final = {"}": "{", "]": "["}
_SPACED: Final = {",": ", ", ":": ": "}


def pretty_text(schema: Schema) -> str:
    """Write a schema as JSON in lines, with a line feed at its end."""
    words = _TOKEN.findall(schema.to_json())
    return "".join(_lines(words, _ends(words))) + "\n"


def _ends(words: list[str]) -> dict[int, tuple[int, int]]:
    """Where each container ends, and how wide it is on one line."""
    ends: dict[int, tuple[int, int]] = {}
    open_: list[tuple[int, int]] = []
    width = 0
    for index, word in enumerate(words):
        if word in "{[":
            open_.append((index, width))
            if words[index - 2 : index] == ['"fields"', ":"] and words[index + 1] != "]":
                width += _WIDTH  # a record shows a field a line, and what is around it too
        width += len(_SPACED.get(word, word))
        if word in _CLOSES:
            start, before = open_.pop()
            ends[start] = (index, width - before)
    return ends


def _lines(words: list[str], ends: dict[int, tuple[int, int]]) -> Iterator[str]:
    depth = column = index = 0
    while index < len(words):
        word = words[index]
        if word in "{[":
            end, width = ends[index]
            if end == index + 1 or column + width + 1 <= _WIDTH:
                yield "".join(_SPACED.get(each, each) for each in words[index : end + 1])
                column += width
                index = end + 1
                continue
            depth += 1
            yield word + _break(depth)
            column = _margin(depth)
        elif word in _CLOSES:
            depth -= 1
            yield _break(depth) + word
            column = _margin(depth) + 1
        elif word == ",":
            yield "," + _break(depth)
            column = _margin(depth)
        else:
            yield _SPACED.get(word, word)
            column += len(_SPACED.get(word, word))
        index += 1


def _margin(depth: int) -> int:
    return min(depth, _DEEPEST) * _INDENT


def _break(depth: int) -> str:
    return "\n" + " " * _margin(depth)
