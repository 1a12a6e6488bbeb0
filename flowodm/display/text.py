"""How wide text is on a terminal, how it is cut to fit, and how a number of things is said."""

import unicodedata
from collections.abc import Iterator

__all__ = ["counted", "cut", "display_width", "pad", "wrap"]

ELLIPSIS = "…"
_UNITS = frozenset(("d", "h", "min", "s", "ms", "B", "kB", "MB", "GB", "%"))
_POINTS = ",.;:)"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Say how many there are: `1 byte`, `2,000 bytes`; `many` where it is no `s` more."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def display_width(text: str) -> int:
    """Return the columns that sanitized `text` takes: wide characters two, marks none."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` columns, with `…` where something is missing."""
    if display_width(text) <= width:
        return text
    if width <= 0:
        return ""
    kept, used = [], 0
    for character in text:
        used += _character_width(character)
        if used > width - 1:
            break
        kept.append(character)
    return "".join(kept).rstrip() + ELLIPSIS


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill `text` with spaces to `width` columns, on its left when it is `right`-aligned."""
    space = " " * (width - display_width(text))
    return space + text if right else text + space


def _character_width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int | None) -> list[str]:
    """Return sanitized `text` in lines of at most `width` columns, broken between words.

    A word that is longer than a line is broken inside; a number stays with its unit. None: one
    line, however long.
    """
    if width is None or display_width(text) <= width:
        return [text] if text else []
    lines = [""]
    for word in _words(text):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if display_width(joined) <= width:
            lines[-1] = joined
            continue
        pieces = _pieces(word, width)
        lines[len(lines) - (not lines[-1]) :] = pieces
    return lines


def _words(text: str) -> Iterator[str]:
    """Part a text into what stays on one line: words, and numbers with their units."""
    last = ""
    for word in text.split():
        if last[-1:].isdigit() and word.rstrip(_POINTS) in _UNITS:
            last = f"{last} {word}"
            continue
        if last:
            yield last
        last = word
    if last:
        yield last


def _pieces(word: str, width: int) -> list[str]:
    pieces, used = [""], 0
    for character in word:
        size = _character_width(character)
        if used + size > width and pieces[-1]:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += size
    return pieces
