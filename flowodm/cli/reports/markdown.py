"""A report as GitHub's Markdown: for the comment of a pull request, or a job's summary.

Text from outside becomes neither markup, nor a link, nor a mention of anybody.
"""

import re
from collections.abc import Iterator
from typing import Final

from flowodm.cli.output import Output
from flowodm.cli.reports.report import Finding, Report, Section
from flowodm.display.sanitize import visible

__all__ = ["write"]

_SIGNS: Final = {"breaking": "✗", "dangerous": "!", "safe": "+", "note": "~"}
_MARKUP: Final = re.compile(r"[\\*_\[\]|~<>&@#]|://|www\.")
_HARMLESS: Final = {
    "<": "&lt;",
    ">": "&gt;",
    "&": "&amp;",
    "@": "@<!-- -->",  # GitHub looks for names and numbers in the text after its markup is gone
    "#": "#<!-- -->",
    "://": ":<!-- -->//",
    "www.": "www<!-- -->.",
}
_PLAIN_WORDS: Final = re.compile(r"[A-Z_]+|[a-z ]+")


def write(output: Output, report: Report) -> None:
    """Write a report as Markdown."""
    output.data(("\n".join(_report(report)) + "\n").encode("utf-8", "backslashreplace"))


def _report(report: Report) -> Iterator[str]:
    yield f"## `flowodm {report.command}`"
    yield ""
    yield _text(report.summary)
    quiet = [section for section in report.sections if not section.findings]
    for section in report.sections:
        if section.findings:
            yield ""
            yield from _section(section)
    if quiet:
        yield ""
        yield from _list(quiet)


def _section(section: Section) -> Iterator[str]:
    yield f"### {_code(section.title)}"
    yield ""
    if words := _told(section):
        yield words
        yield ""
    yield "| | Field | Change | What follows | Cure |"
    yield "|---|---|---|---|---|"
    for finding in section.findings:
        yield _row(finding)
    if section.verdict:
        yield ""
        yield _text(section.verdict)


def _row(finding: Finding) -> str:
    cells = (
        f"{_SIGNS[finding.severity]} {finding.severity}",
        _code(finding.place) if finding.place else "the root",
        _text(finding.change),
        _text(" ".join(finding.notes)),
        _text(finding.cure[:1].upper() + finding.cure[1:]),
    )
    return f"| {' | '.join(cells)} |"


def _list(sections: list[Section]) -> Iterator[str]:
    for section in sections:
        words = _told(section)
        yield f"- {_code(section.title)}{': ' if words else ''}{words}"


def _code(text: str) -> str:
    """A text as code; between fences that it does not hold, and harmless in a table."""
    shown = visible(text).replace("|", "\\|")
    runs = [len(run) for run in re.findall("`+", shown)]
    if not runs:
        return f"`{shown}`"
    fence = "`" * (max(runs) + 1)
    return f"{fence} {shown} {fence}"


def _text(text: str) -> str:
    """A sentence: what it has in backticks stays code, all else is only text."""
    parts = visible(text).split("`")
    if not len(parts) % 2:  # an odd one out
        return "&#96;".join(_plain(part) for part in parts)
    return "".join(
        (_code(part) if part else "") if index % 2 else _plain(part)
        for index, part in enumerate(parts)
    )


def _plain(text: str) -> str:
    return _MARKUP.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return _HARMLESS.get(match[0], f"\\{match[0]}")


def _told(section: Section) -> str:
    """What was compared, and what is said of it."""
    parts = (part for part in (section.route, section.aside) if part)
    return ", ".join(part if _PLAIN_WORDS.fullmatch(part) else _code(part) for part in parts)
