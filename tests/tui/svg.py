"""A screen as a picture: the very cells that a terminal would be sent, as an SVG of few bytes.

Textual's own writer makes forty kilobytes of a screen, and names its classes after a random number;
here a line of the screen is a line of the file, so that a difference can be read.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color, blend_rgb
from rich.color_triplet import ColorTriplet
from rich.style import Style
from rich.terminal_theme import MONOKAI
from textual.strip import Strip

WIDTH, HEIGHT = 9, 19
"""Of a cell."""
_BASELINE = 15
_FONT = "DejaVu Sans Mono,Fira Code,Menlo,Consolas,monospace"


class Run(NamedTuple):
    """Cells of one style."""

    at: int
    width: int
    text: str
    colour: str
    ground: str
    look: str
    """Letters: bold, italic, underlined, struck."""


def svg_of(strips: Sequence[Strip], width: int) -> str:
    """Draw the lines of a screen."""
    rows = [list(_runs(strip)) for strip in strips]
    grounds = [run.ground for row in rows for run in row for _ in range(run.width)]
    usual = max(sorted(set(grounds)), key=grounds.count)
    colours = sorted({run.colour for row in rows for run in row} | set(grounds))
    rules = "".join(f".c{colour}{{fill:#{colour}}}" for colour in colours)
    size = (width * WIDTH, len(rows) * HEIGHT)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}"'
        f' font-family="{_FONT}" font-size="15" xml:space="preserve">\n'
        f"<style>.b{{font-weight:bold}}.i{{font-style:italic}}.u{{text-decoration:underline}}"
        f".s{{text-decoration:line-through}}{rules}</style>\n"
        f'<rect class="c{usual}" width="{size[0]}" height="{size[1]}"/>\n'
    )
    drawn = (_row(row, number * HEIGHT, usual) for number, row in enumerate(rows))
    return head + "".join(f"<g>{row}</g>\n" for row in drawn) + "</svg>\n"


def _row(runs: list[Run], top: int, usual: str) -> str:
    grounds = [
        f'<rect class="c{ground}" x="{at * WIDTH}" y="{top}" width="{width * WIDTH}" height="{HEIGHT}"/>'
        for at, width, ground in _grounds(runs)
        if ground != usual
    ]
    return "".join([*grounds, *(_text(run, top) for run in _words(runs))])


def _text(run: Run, top: int) -> str:
    classes = " ".join([f"c{run.colour}", *run.look])
    return (
        f'<text class="{classes}" x="{run.at * WIDTH}" y="{top + _BASELINE}"'
        f' textLength="{run.width * WIDTH}">{escape(run.text, quote=False)}</text>'
    )


def _grounds(runs: list[Run]) -> Iterator[tuple[int, int, str]]:
    """Join neighbours on the same ground."""
    at, width, ground = 0, 0, ""
    for run in runs:
        if run.ground != ground:
            if width:
                yield at, width, ground
            at, width, ground = run.at, 0, run.ground
        width += run.width
    if width:
        yield at, width, ground


def _words(runs: list[Run]) -> Iterator[Run]:
    """Join neighbours in the same hand, and leave out the spaces around them."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last is not None and last[3::2] == run[3::2] and _is_plain(last) and _is_plain(run):
            joined[-1] = last._replace(text=last.text + run.text, width=last.width + run.width)
        else:
            joined.append(run)
    for run in joined:
        if "u" not in run.look:
            start = len(run.text) - len(run.text.lstrip(" "))
            text = run.text.strip(" ")
            run = run._replace(at=run.at + start, text=text, width=cell_len(text))
        if run.text:
            yield run


def _is_plain(run: Run) -> bool:
    """Whether each of its characters takes one cell."""
    return run.width == len(run.text)


def _runs(strip: Strip) -> Iterator[Run]:
    at = 0
    for segment in strip:
        colour, ground, look = _drawn(segment.style or Style.null())
        for text in _pieces(segment.text):
            width = cell_len(text)
            yield Run(at, width, text, colour, ground, look)
            at += width


def _pieces(text: str) -> Iterator[str]:
    """Part a text so that a character of two cells, or marks on one, cannot move the others."""
    plain = ""
    for cluster in _clusters(text):
        if len(cluster) == cell_len(cluster):
            plain += cluster
            continue
        if plain:
            yield plain
        yield cluster
        plain = ""
    if plain:
        yield plain


def _clusters(text: str) -> Iterator[str]:
    """Part a text into characters, each with the marks of no width that stand on it."""
    last = ""
    for character in text:
        if last and not cell_len(character):
            last += character
            continue
        if last:
            yield last
        last = character
    if last:
        yield last


def _drawn(style: Style) -> tuple[str, str, str]:
    colour, ground = _triplet(style.color, True), _triplet(style.bgcolor, False)
    if style.reverse:
        colour, ground = ground, colour
    if style.dim:
        colour = blend_rgb(ground, colour, 0.5)
    looks = {"b": style.bold, "i": style.italic, "u": style.underline, "s": style.strike}
    return _hex(colour), _hex(ground), "".join(letter for letter, is_on in looks.items() if is_on)


def _triplet(colour: Color | None, is_text: bool) -> ColorTriplet:
    return (colour or Color.default()).get_truecolor(MONOKAI, foreground=is_text)


def _hex(colour: ColorTriplet) -> str:
    return colour.hex.removeprefix("#")
