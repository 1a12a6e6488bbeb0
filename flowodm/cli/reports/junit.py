"""A report as JUnit's XML: each section a test, which fails where it is reason for exit 3."""

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from flowodm.cli.output import Output
from flowodm.cli.reports.report import Report, Section
from flowodm.display.sanitize import visible, visible_block

__all__ = ["write"]

_ILLEGAL: Final = re.compile("[\ufffe\uffff]")


def write(output: Output, report: Report) -> None:
    """Write a report as XML."""
    failures = sum(section.fails(report.fail_on) for section in report.sections)
    errors = sum(section.state == "failed" for section in report.sections)
    name = _attribute(f"flowodm {report.command}")
    counts = f'tests="{len(report.sections)}" failures="{failures}" errors="{errors}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites name={name} {counts}>"]
    lines.append(f'  <testsuite name={name} {counts} skipped="0">')
    for section in report.sections:
        lines += _case(section, report)
    lines += ["  </testsuite>", "</testsuites>"]
    output.data(("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))


def _case(section: Section, report: Report) -> list[str]:
    attributes = f"classname={_attribute(section.title)} name={_attribute(_name(section))}"
    if section.path is not None:
        attributes += f" file={_attribute(section.path)}"
    body = _body(section, report)
    if not body:
        return [f"    <testcase {attributes}/>"]
    return [f"    <testcase {attributes}>", *body, "    </testcase>"]


def _name(section: Section) -> str:
    return section.route or section.title


def _body(section: Section, report: Report) -> list[str]:
    lines = [f"{finding.severity}: {finding.sentence}" for finding in section.findings]
    text = "\n".join(visible(line) for line in (*lines, section.verdict) if line)
    if section.state == "failed":
        return [_element("error", "failed", section.findings[0].sentence, text)]
    if section.fails(report.fail_on):
        message = section.findings[0].sentence if section.findings else section.aside
        return [_element("failure", section.worst or section.state, message, text)]
    return [f"      <system-out>{_escape(text)}</system-out>"] if text else []


def _element(tag: str, kind: str, message: str, text: str) -> str:
    start = f"      <{tag} type={_attribute(kind)} message={_attribute(message)}"
    return f"{start}>{_escape(text)}</{tag}>" if text else f"{start}/>"


def _attribute(text: str) -> str:
    return quoteattr(_legal(visible(text)))


def _escape(text: str) -> str:
    return escape(_legal(visible_block(text)))


def _legal(text: str) -> str:
    """Text without the code points that XML may not hold at all, and `visible` lets pass."""
    return _ILLEGAL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
