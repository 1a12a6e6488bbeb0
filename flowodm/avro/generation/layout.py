"""Expressions and statements on lines of at most 100 columns, as Black would leave them.

What does not fit is opened: one item a line, a comma after the last. Black keeps what is open
like that, so nothing here needs Black.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from flowodm.avro.generation.literals import text_literal

__all__ = [
    "Bracketed",
    "Choice",
    "Expression",
    "Prefixed",
    "Text",
    "Word",
    "annotated",
    "assigned",
    "call",
    "collection",
    "flat",
    "laid_out",
    "subscript",
]

_WIDTH: Final = 100
_STEP: Final = 4
_CHUNK: Final = re.compile(r"[^ \n]*(?:\n| +)?")


@dataclass(frozen=True, slots=True)
class Word:
    """What is never broken: a name, a number, a value in bytes."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string, written in pieces where one line is too short for it."""

    value: str


@dataclass(frozen=True, slots=True)
class Prefixed:
    """An expression with something before it: `name=`, `"key": `, `lambda: `."""

    prefix: str
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Choice:
    """`first | second`."""

    branches: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Bracketed:
    """Items in brackets, after a head: `list[…]`, `Field(…)`, `{…}`."""

    head: str
    brackets: str
    items: tuple["Expression", ...]
    has_comma: bool = True
    """Whether a comma stands after the last item, where each has a line of its own."""
    is_pinned: bool = False
    """Whether each item has a line of its own as soon as all do not fit behind the head."""


Expression: TypeAlias = Word | Text | Prefixed | Choice | Bracketed


def subscript(head: str, *items: Expression) -> Bracketed:
    """`head[item, item]`."""
    return Bracketed(head, "[]", items, has_comma=len(items) > 1)


def call(head: str, *items: Expression) -> Bracketed:
    """`head(item, item)`."""
    return Bracketed(head, "()", items, has_comma=len(items) > 1)


def collection(brackets: str, *items: Expression) -> Bracketed:
    """`[item, item]`, `{"key": item}` or `(item,)`."""
    return Bracketed("", brackets, items)


def flat(part: Expression) -> str:
    """An expression on one line."""
    match part:
        case Word(text=text):
            return text
        case Text(value=value):
            return text_literal(value)
        case Prefixed(prefix=prefix, value=value):
            return prefix + flat(value)
        case Choice(branches=branches):
            return " | ".join(map(flat, branches))
        case Bracketed(head=head, brackets=brackets, items=items):
            comma = "," if brackets == "()" and not head and len(items) == 1 else ""
            inside = ", ".join(map(flat, items))
            return f"{head}{brackets[0]}{inside}{comma}{brackets[1]}"


def annotated(name: str, annotation: Expression, value: Expression | None, indent: int) -> str:
    """The statement `name: annotation = value`."""
    before = f"{name}: "
    if value is None:
        return _statement(annotation, indent, before)
    first = f"{before}{flat(annotation)} = "
    if isinstance(value, Bracketed) and value.items and _is_opened(annotation, indent):
        # Black would open the annotation instead, where that saves a line
        value = replace(value, has_comma=True, is_pinned=True)
    if _fits(first + "(", indent) or not _is_opened(annotation, indent):
        return _statement(value, indent, first)
    *lines, last = _opened(annotation, indent, before, " = ")
    last = last.removeprefix(" " * indent)
    if _is_too_long(value, indent + _STEP):  # Black leaves it where it is
        return "\n".join((*lines, " " * indent + last + flat(value)))
    return "\n".join((*lines, _statement(value, indent, last)))


def assigned(name: str, value: Expression, indent: int) -> str:
    """The statement `name = value`."""
    return _statement(value, indent, f"{name} = ")


def laid_out(part: Expression, indent: int, before: str, after: str) -> str:
    """An expression with something before and after it, in place of a statement."""
    return "\n".join(_lines(part, indent, before, after))


def _statement(part: Expression, indent: int, before: str) -> str:
    """A statement whose last part is an expression."""
    start = " " * indent
    is_opened = _is_opened(part, indent) and _fits(before + _opening(part), indent)
    if is_opened or _fits(before + flat(part), indent) or not _fits(before + "(", indent):
        return laid_out(part, indent, before, "")
    return "\n".join((f"{start}{before}(", laid_out(part, indent + _STEP, "", ""), f"{start})"))


def _is_opened(part: Expression, indent: int) -> bool:
    """Whether an expression has places of its own to be broken at."""
    match part:
        case Bracketed(items=items):
            return bool(items)
        case Text(value=value):
            return bool(_pieces(value, indent + _STEP))
        case Prefixed(value=value):
            return _is_opened(value, indent)
        case Choice():
            return True
    return False


def _is_too_long(part: Expression, indent: int) -> bool:
    """Whether a text or bytes fit no line, and cannot be broken."""
    if isinstance(part, Word):
        return part.text.startswith(('b"', "b'")) and not _fits(part.text, indent)
    return (
        isinstance(part, Text) and not _pieces(part.value, indent) and not _fits(flat(part), indent)
    )


def _opening(part: Expression) -> str:
    """The first line of an expression that is opened."""
    match part:
        case Bracketed(head=head, brackets=brackets):
            return head + brackets[0]
        case Prefixed(prefix=prefix, value=value):
            return prefix + _opening(value)
    return "("


def _lines(part: Expression, indent: int, before: str, after: str) -> Iterator[str]:
    start = " " * indent
    line = before + flat(part) + after
    if _fits(line, indent):
        yield start + line
    else:
        yield from _opened(part, indent, before, after)


def _opened(part: Expression, indent: int, before: str, after: str) -> Iterator[str]:
    """The lines of an expression that is opened; of one that cannot be, its only line."""
    start = " " * indent
    match part:
        case Prefixed(prefix=prefix, value=value):
            yield from _lines(value, indent, before + prefix, after)
        case Bracketed(head=head, brackets=brackets, items=items) if items:
            yield f"{start}{before}{head}{brackets[0]}"
            inside = ", ".join(map(flat, items))
            if head and not part.is_pinned and _fits(inside, indent + _STEP):
                yield f"{start}{' ' * _STEP}{inside}"
                yield f"{start}{brackets[1]}{after}"
                return
            for index, item in enumerate(items):
                is_last = index == len(items) - 1
                comma = "" if is_last and not part.has_comma else ","
                yield from _lines(item, indent + _STEP, "", comma)
            yield f"{start}{brackets[1]}{after}"
        case Choice(branches=branches):
            yield f"{start}{before}("
            yield from _branches(branches, indent + _STEP)
            yield f"{start}){after}"
        case Text(value=value) if pieces := _pieces(value, indent + _STEP):
            yield f"{start}{before}("
            for piece in pieces:
                yield f"{start}{' ' * _STEP}{piece}"
            yield f"{start}){after}"
        case _:
            yield start + before + flat(part) + after


def _branches(branches: tuple[Expression, ...], indent: int) -> Iterator[str]:
    line = flat(Choice(branches))
    if _fits(line, indent):
        yield " " * indent + line
        return
    for index, branch in enumerate(branches):
        yield from _lines(branch, indent, "| " if index else "", "")


def _pieces(text: str, indent: int) -> list[str]:
    """The literals of a text on lines of their own; none where they would help nothing."""
    pieces = list(map(text_literal, _chunks(text, _WIDTH - indent)))
    return [] if len(pieces) == 1 or _fits(" ".join(pieces), indent) else pieces


def _chunks(text: str, room: int) -> list[str]:
    """A text in pieces whose literals fit, broken after spaces and line feeds."""
    chunks = [""]
    for piece in _CHUNK.findall(text):
        longer = chunks[-1] + piece
        if chunks[-1] and (chunks[-1].endswith("\n") or _width(text_literal(longer)) > room):
            chunks.append(piece)
        else:
            chunks[-1] = longer
    return [chunk for chunk in chunks if chunk]


def _fits(text: str, indent: int) -> bool:
    return indent + len(text) <= _WIDTH and indent + _width(text) <= _WIDTH


def _width(text: str) -> int:
    """The columns that a text takes, as Black counts them."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
