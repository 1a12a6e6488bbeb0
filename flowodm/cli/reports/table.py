"""A report for people: what to look at first, in words and signs, coloured where that helps."""

from collections.abc import Iterator, Sequence
from typing import Final

from flowodm.cli.output import Output, Span, Spans, StyleName
from flowodm.cli.reports.report import Finding, Report, Section, Severity
from flowodm.display.findings import is_danger, is_hazard, sign_of
from flowodm.display.sanitize import visible
from flowodm.display.text import cut, display_width, pad, wrap

__all__ = ["write", "write_findings"]

_STYLES: Final[dict[Severity, StyleName]] = {
    "breaking": "red",
    "dangerous": "yellow",
    "safe": "green",
    "note": "dim",
}
_INDENT: Final = 14
"""Before what is said of a finding: the sign, its word and the space around them."""
_WIDEST_PLACE: Final = 30
_WIDEST: Final = 100
_GAP: Final = "  "

_Line = tuple[Spans, ...]


def write(output: Output, report: Report) -> None:
    """Write a report as lines."""
    width = output.table_width
    titles, routes = _widths(report, width)
    was_long = False
    for index, section in enumerate(report.sections):
        if index and (was_long or section.findings or not titles):
            output.line()
        was_long = bool(section.findings)
        for line in _section(section, titles, routes, width):
            output.line(*line)
    output.line()
    _summary(output, report, width)


def _summary(output: Output, report: Report, width: int | None) -> None:
    code = f"exit {report.exit_code}"
    columns = min(width or _WIDEST, _WIDEST)
    *lines, last = wrap(report.summary, None if width is None else columns)
    for line in lines:
        output.line(line)
    space = columns - display_width(last) - len(code)
    if space >= 2 or width is None:
        output.line(last, " " * max(space, 2), Span(code, "dim"))
    else:
        output.line(last)
        output.line(Span(code, "dim"))


def write_findings(output: Output, findings: Sequence[Finding]) -> None:
    """Write findings alone, as lines below something that was said of them."""
    places = [display_width(_place(each)) for each in findings]
    widest = min(max(places, default=0), _WIDEST_PLACE)
    for finding in findings:
        for line in _finding(finding, widest, output.table_width):
            output.line(*line)


def _widths(report: Report, width: int | None) -> tuple[int, int]:
    """How wide the columns of titles and routes are; 0 where they do not fit beside each other."""
    titles = max((display_width(visible(each.title)) for each in report.sections), default=0)
    routes = max((display_width(visible(each.route)) for each in report.sections), default=0)
    asides = max((display_width(visible(each.aside)) for each in report.sections), default=0)
    if width is not None and titles + routes + asides + 2 * len(_GAP) > width:
        return 0, 0
    return titles, routes


def _section(section: Section, titles: int, routes: int, width: int | None) -> Iterator[_Line]:
    yield from _heading(section, titles, routes, width)
    places = [display_width(_place(each)) for each in section.findings]
    widest = min(max(places, default=0), _WIDEST_PLACE)
    for finding in section.findings:
        yield from _finding(finding, widest, width)
    if section.verdict:
        for line in wrap(visible(section.verdict), _room(width, 2)):
            yield (_GAP, Span(line, "red" if section.worst == "breaking" else None))


def _heading(section: Section, titles: int, routes: int, width: int | None) -> Iterator[_Line]:
    title, route, aside = (visible(text) for text in (section.title, section.route, section.aside))
    style: StyleName = "red" if section.state == "failed" else "dim"
    if titles:
        line: list[Spans] = [Span(pad(title, titles) if route or aside else title, "bold")]
        if route:
            line += [_GAP, pad(route, routes) if aside else route]
        yield (*line, _GAP, Span(aside, style)) if aside else tuple(line)
        return
    yield (Span(title if width is None else cut(title, width), "bold"),)
    for text, look in ((route, None), (aside, style)):
        for part in wrap(text, _room(width, 2)):
            yield ("  ", Span(part, look))


def _finding(finding: Finding, places: int, width: int | None) -> Iterator[_Line]:
    sign, word = sign_of(finding)
    mark = f"{sign} {word}"
    style: StyleName = (
        "yellow" if is_hazard(finding) or is_danger(finding) else _STYLES[finding.severity]
    )
    head = (_GAP, Span(mark, style), " " * (_INDENT - 2 - display_width(mark)))
    place = _place(finding)
    indent = _INDENT + places + len(_GAP) if places else _INDENT
    room = _room(width, indent)
    is_beside = display_width(place) <= places and (room is None or room >= _WIDEST_PLACE)
    change = wrap(visible(finding.change), room if is_beside else _room(width, _INDENT))
    if is_beside and change:
        before = f"{pad(place, places)}{_GAP}" if places else ""
        yield (*head, before + change.pop(0))
    else:
        first, *rest = wrap(place, _room(width, _INDENT))
        yield (*head, first)
        yield from ((" " * _INDENT + line,) for line in rest)
    yield from ((" " * (indent if is_beside else _INDENT) + line,) for line in change)
    for text in (*finding.notes, *([f"Cure: {finding.cure}"] if finding.cure else [])):
        for line in wrap(visible(text), _room(width, _INDENT)):
            yield (" " * _INDENT, line)


def _place(finding: Finding) -> str:
    """Where it is; what is not there at all has no place."""
    return visible(finding.place) or ("" if finding.rule == "FAILED" else "(root)")


def _room(width: int | None, indent: int) -> int | None:
    """Columns after an indent; off a terminal nothing is wrapped."""
    return None if width is None else max(min(width, _WIDEST) - indent, 20)
