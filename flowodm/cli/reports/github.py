"""A report as GitHub's workflow commands: annotations on the lines of a pull request.

GitHub shows ten of each kind for a step; the worst come first.
"""

from collections.abc import Iterator
from typing import Final

from flowodm.cli.output import Output
from flowodm.cli.reports.report import Report, Section, Severity
from flowodm.display.sanitize import visible

__all__ = ["write"]

_COMMANDS: Final[dict[Severity, str]] = {
    "breaking": "error",
    "dangerous": "warning",
    "safe": "notice",
    "note": "notice",
}
_ORDER: Final = ("error", "warning", "notice")


def write(output: Output, report: Report) -> None:
    """Write a report as workflow commands, and the summary as a line of the log."""
    found = [each for section in report.sections for each in _annotations(section)]
    found.sort(key=lambda annotation: _ORDER.index(annotation[0]))
    for command, properties, text in found:
        output.line(_command(command, properties, text))
    failed = report.exit_code != 0
    if failed and not any(command == "error" for command, *_ in found):
        title = {"title": f"flowodm {report.command}"}
        output.line(_command("error", title, f"{report.summary} (fails on {report.fail_on})"))
    else:
        output.line(f"flowodm {report.command}: {report.summary}")


def _annotations(section: Section) -> Iterator[tuple[str, dict[str, str], str]]:
    for finding in section.findings:
        title = f"{section.title}: {finding.rule}"
        line = finding.line or section.line
        yield _COMMANDS[finding.severity], _properties(section, line, title), finding.sentence
    if section.state == "new":
        words = f"{section.route}: {section.aside}"
        yield "notice", _properties(section, section.line, section.title), words


def _properties(section: Section, line: int | None, title: str) -> dict[str, str]:
    place = {"file": section.path} if section.path is not None else {}
    return {**place, **({"line": str(line or 1)} if place else {}), "title": title}


def _command(command: str, properties: dict[str, str], text: str) -> str:
    words = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {words}::{_data(text)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
