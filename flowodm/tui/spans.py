"""Text on its way to the screen: spans with a role, the one `safe()`, numbers and sparklines.

No widget is given a `str` that somebody else wrote: Textual would read it as markup. Spans are
painted by `widgets/painting.py`, which makes each visible; what goes to one of Textual's own
widgets goes through `safe`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.text import Text

from flowodm.display.sanitize import visible
from flowodm.display.text import cut

__all__ = ["HERE", "ROLES", "Span", "compact", "safe", "seen", "size_text", "sparkline"]

ROLES: Final = ("dim", "strong", "good", "warn", "bad", "accent", "match", "key", "cursor", "head")
"""What a span may be; each is a style of `app.tcss`, and none says anything by colour alone."""
HERE: Final = {
    "bad": "bad-here",
    "warn": "warn-here",
    "match": "warn-here",
    "accent": "accent-here",
}
"""What some of them become on the cursor, whose ground is lighter."""

_LONGEST: Final = 2_000
_BARS: Final = "▁▂▃▄▅▆▇█"
_UNITS: Final = ("", "k", "M", "G", "T", "P", "E")


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    role: str = ""
    action: str | None = None
    """What a click on it does, as Textual names actions."""


def seen(text: str) -> str:
    """Return as much of a text as a line may show, made visible; which is quick, however long it is."""
    return visible(text[:_LONGEST])


def safe(text: str, width: int = _LONGEST, style: str = "") -> Text:
    """Return a stranger's text for one of Textual's widgets: cut, then visible, then no markup."""
    return Text(cut(seen(text), width), style=style, end="")


def compact(number: float) -> str:
    """Return a number in at most five columns: `7`, `999`, `4.2k`, `18k`, `1.3M`."""
    if abs(number) < 10 and number != int(number):
        return f"{number:.1f}"
    value, unit = float(number), 0
    while abs(value) >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 1 if unit and abs(value) < 9.95 else 0
    return f"{value:.{digits}f}{_UNITS[unit]}"


def size_text(size: int) -> str:
    """Return how many bytes there are: `999 B`, `1.6 kB`, `22 MB`."""
    number = compact(size)
    unit = number[-1] if number[-1].isalpha() else ""
    return f"{number.removesuffix(unit)} {unit}B"


def sparkline(values: Sequence[float], width: int) -> str:
    """Return the last values as bars, the highest of them full; nothing at all is a low line."""
    shown = list(values)[-width:]
    most = max(shown, default=0.0)
    if most <= 0:
        return _BARS[0] * len(shown)
    return "".join(_BARS[min(int(max(value, 0.0) / most * 8), 7)] for value in shown)
