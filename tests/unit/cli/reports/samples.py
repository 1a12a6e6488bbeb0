"""Reports to write: one as they are, one of texts that strangers made."""

import io
from collections.abc import Callable

from flowodm.cli.output import Output, Stream
from flowodm.cli.reports import Finding, Report, Section
from tests.unit.cli.hostile import HOSTILE_TEXTS

__all__ = ["NESTED", "hostile_report", "rendered"]

NESTED = (
    *HOSTILE_TEXTS,
    "a,b:c::error::d%0A%25",
    "]]><evil/>&amp;\"'",
    "`code` | cell | @someone #1 [link](http://x.test) <img src=x> **bold** www.x.test",
    "``` \n::error file=x::y\n",
    "\ud800 half \x00\x0b\ufffe\uffff",
)
"""Texts that mean something to one of the formats, beside those that terminals obey."""


def hostile_report() -> Report:
    """A report in which every text is a stranger's."""
    return Report("registry diff", tuple(_section(text) for text in NESTED))


def _section(text: str) -> Section:
    finding = Finding(text, "breaking", text, text, (text,), text, 3, text, {"before": text})
    return Section(text, "changed", text, text, (finding,), text, text, 1, {"to": {"label": text}})


def rendered(
    write: Callable[[Output, Report], None],
    report: Report,
    *,
    width: int | None = None,
    color: bool = False,
) -> str:
    """What a format writes."""
    stdout = io.BytesIO()
    write(Output(Stream(stdout, color=color), Stream(io.BytesIO()), width=width), report)
    return stdout.getvalue().decode()
