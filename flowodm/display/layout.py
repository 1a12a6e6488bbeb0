"""Values as lines of a terminal: on one line where they fit, else a line for each part.

Whatever its size or depth, a value costs a bounded number of steps and lines; what is left out is
counted. Values are those of `tree.py`, of Pydantic classes (`instances.py`) and of JSON.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, Final, NamedTuple

from flowodm.display.instances import opened
from flowodm.display.sanitize import visible
from flowodm.display.text import cut, display_width
from flowodm.display.tree import Branch, Noted, Shown, Symbol, TypedRecord

__all__ = [
    "JSON",
    "PYTHON",
    "Drawing",
    "Limits",
    "Notation",
    "bare_line",
    "draw",
    "hex_lines",
    "one_line",
    "text_lines",
]


class Limits(NamedTuple):
    """How much of a value is drawn."""

    items: int = 50
    """Of one array or map."""
    characters: int = 400
    """Of one text."""
    octets: int = 24
    """Of one run of bytes."""
    depth: int = 24
    parts: int = 400
    """Of the value in all."""


class Notation(NamedTuple):
    """How the same value is written in Python and in JSON."""

    quote: str
    null: str
    true: str
    false: str
    has_classes: bool
    """Whether values may be instances of classes, which are opened one by one."""


PYTHON: Final = Notation("'", "None", "True", "False", has_classes=True)
JSON: Final = Notation('"', "null", "true", "false", has_classes=False)
LIMITS: Final = Limits()

_SMALL: Final = Limits(items=8, characters=40, octets=8, depth=3, parts=16)
_CELL: Final = 80
_INDENT: Final = "  "
_HEX_COLUMNS: Final = 16


class _Part(NamedTuple):
    """A piece of the drawing: a text, or a group of labelled parts."""

    opening: str
    children: tuple[tuple[str, "_Part"], ...] = ()
    closing: str = ""
    rest: str = ""
    """What was left out of a group, counted."""
    width: int = 0
    """Columns on one line; it also has the parts inside."""

    @property
    def is_list_of_leaves(self) -> bool:
        """Whether its parts have no labels and no parts of their own."""
        return all(not label and not child.children for label, child in self.children)


class Drawing(NamedTuple):
    """The lines of a value, and whether they show all of it."""

    lines: tuple[str, ...]
    is_whole: bool


def draw(value: Any, width: int, limits: Limits = LIMITS, notation: Notation = PYTHON) -> Drawing:
    """Return the lines of a value, none wider than `width` where its texts allow that."""
    builder = _Builder(limits, notation)
    part = builder.build(value, 0)
    return Drawing(tuple(_draw(part, "", "", width, "")), builder.is_whole)


def one_line(value: Any, width: int, limits: Limits = LIMITS, notation: Notation = PYTHON) -> str:
    """Return a value on one line, cut to `width` columns."""
    return cut(_flat(_Builder(limits, notation).build(value, 0)), width)


def bare_line(value: Any, width: int, notation: Notation = PYTHON) -> str:
    """Return the shortest honest line of a value: no quotes, no type names, `name=value` parts."""
    words: list[str] = []
    used = 0
    for word in _bare_words(value, notation):
        words.append(word)
        used += display_width(word) + 1
        if used > width:
            break
    return cut(" ".join(words), width)


def text_lines(text: str, width: int, lines: int = 20) -> Drawing:
    """Return a text's own lines, the long ones cut, the first so many of them."""
    own = text.split("\n", lines)
    whole = [visible(line[: width + 1]) for line in own[:lines]]
    shown = [cut(line, width) for line in whole]
    is_whole = shown == whole and len(own) <= lines
    if not is_whole:
        shown.append(f"… of {len(text):,} characters")
    return Drawing(tuple(shown), is_whole)


def hex_lines(data: bytes, lines: int = 2) -> Iterator[tuple[str, str]]:
    """Yield a hex dump's lines, each with what follows it on the right: the size, on the last."""
    shown = data[: lines * _HEX_COLUMNS]
    rows = [shown[at : at + _HEX_COLUMNS] for at in range(0, len(shown), _HEX_COLUMNS)] or [b""]
    for row in rows[:-1]:
        yield row.hex(" "), ""
    dots = " …" if len(data) > len(shown) else ""
    yield f"{rows[-1].hex(' ')}{dots}".strip(), f"{len(data):,} bytes"


class _Builder:
    """Turns a value into parts, within the limits."""

    def __init__(self, limits: Limits, notation: Notation) -> None:
        self._limits = limits
        self._notation = notation
        self._left = limits.parts
        self.is_whole = True

    def build(self, value: Any, depth: int) -> _Part:
        self._left -= 1
        if self._notation.has_classes:
            value = opened(value)
        match value:
            case Noted(inner, _):
                return self.build(inner, depth)
            case TypedRecord(name, fields):
                return self._group(
                    f"{visible(name)}(", fields.items(), _field, ")", depth, len(fields)
                )
            case Branch(branch, inner):
                part = self.build(inner, depth)
                return _group(f"{visible(branch)}(", (("", part),), ")", "")
            case Symbol(enum, symbol):
                return _leaf(visible(f"{enum}.{symbol}"))
            case Shown(text, _):
                return _leaf(visible(text))
            case dict():
                return self._group("{", value.items(), self._entry, "}", depth, len(value))
            case list():
                pairs = (("", item) for item in value)
                return self._group("[", pairs, str, "]", depth, len(value))
        return _leaf(self._scalar(value))

    def _group(
        self,
        opening: str,
        pairs: Iterable[tuple[str, Any]],
        label: Callable[[str], str],
        closing: str,
        depth: int,
        size: int,
    ) -> _Part:
        if depth >= self._limits.depth and size:
            self.is_whole = False
            return _leaf(f"{opening}… {size:,} deeper{closing}")
        children = []
        for name, value in islice(pairs, self._limits.items):
            if self._left <= 0:
                break
            children.append((label(name), self.build(value, depth + 1)))
        hidden = size - len(children)
        self.is_whole = self.is_whole and not hidden
        rest = f"… {hidden:,} more" if hidden else ""
        return _group(opening, tuple(children), closing, rest)

    def _scalar(self, value: Any) -> str:
        match value:
            case str():
                return self._text(value)
            case bytes():
                return self._octets(value)
            case None:
                return self._notation.null
            case bool():
                return self._notation.true if value else self._notation.false
            case Decimal():
                return f"{value:f}" if abs(value.adjusted()) < 400 else str(value)
        return _number(value)

    def _text(self, value: str) -> str:
        most = self._limits.characters
        if len(value) <= most:
            return self._quoted(value)
        self.is_whole = False
        return f"{self._quoted(value[:most])}… {len(value) - most:,} more characters"

    def _entry(self, name: str) -> str:
        return f"{self._quoted(name[: self._limits.characters])}: "

    def _quoted(self, text: str) -> str:
        quote = self._notation.quote
        return quote + visible(text.replace("\\", "\\\\").replace(quote, f"\\{quote}")) + quote

    def _octets(self, value: bytes) -> str:
        most = self._limits.octets
        if len(value) <= most:
            return repr(value)
        self.is_whole = False
        return f"{value[:most]!r}… {len(value) - most:,} more bytes"


def _leaf(text: str) -> _Part:
    return _Part(text, width=display_width(text))


def _group(opening: str, children: tuple[tuple[str, _Part], ...], closing: str, rest: str) -> _Part:
    width = display_width(opening) + len(closing) + display_width(rest)
    width += sum(display_width(label) + part.width for label, part in children)
    width += 2 * max(len(children) + bool(rest) - 1, 0)
    return _Part(opening, children, closing, rest, width)


def _draw(part: _Part, indent: str, label: str, width: int, after: str) -> Iterator[str]:
    room = width - len(indent) - display_width(label) - len(after)
    if part.width <= room or not (part.children or part.rest):
        yield f"{indent}{label}{_flat(part)}{after}"
        return
    yield f"{indent}{label}{part.opening}"
    inner = indent + _INDENT
    if part.is_list_of_leaves:
        yield from _fill(part, inner, width)
    else:
        for name, child in part.children:
            yield from _draw(child, inner, name, width, ",")
        if part.rest:
            yield f"{inner}{part.rest}"
    yield f"{indent}{part.closing}{after}"


def _fill(part: _Part, indent: str, width: int) -> Iterator[str]:
    """Yield short items side by side, as many as fit a line."""
    line = indent
    for text in (*(f"{child.opening}," for _, child in part.children), part.rest):
        if line != indent and display_width(line) + display_width(text) + 1 > width:
            yield line
            line = indent
        line += text if line == indent else f" {text}"
    if line != indent:
        yield line.rstrip()


def _flat(part: _Part) -> str:
    pieces = [label + _flat(child) for label, child in part.children]
    if part.rest:
        pieces.append(part.rest)
    return f"{part.opening}{', '.join(pieces)}{part.closing}"


def _field(name: str) -> str:
    return f"{visible(name)}="


def _number(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return f"a whole number of {value.bit_length():,} bits"


def _bare_words(value: Any, notation: Notation) -> Iterator[str]:
    if notation.has_classes:
        value = opened(value)
    match value:
        case Noted(inner, _):
            yield from _bare_words(inner, notation)
        case TypedRecord(_, fields) if fields:
            yield from _bare_pairs(fields, notation)
        case dict() if value:
            yield from _bare_pairs(value, notation)
        case _:
            yield _bare(value, notation)


def _bare_pairs(fields: dict[str, Any], notation: Notation) -> Iterator[str]:
    for name, value in islice(fields.items(), 50):
        yield f"{visible(name)}={_bare(value, notation)}"


def _bare(value: Any, notation: Notation) -> str:
    if notation.has_classes:
        value = opened(value)
    match value:
        case str():
            return visible(value[:200])
        case Symbol(_, symbol):
            return visible(symbol)
        case Shown(_, bare):
            return visible(bare)
        case Branch(_, inner):
            return _bare(inner, notation)
        case None:
            return "null"
        case TypedRecord(_, fields):
            return one_line(fields, _CELL, _SMALL, notation)
    return one_line(value, _CELL, _SMALL, notation)
