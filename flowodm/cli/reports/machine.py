"""A report as one JSON document."""

from flowodm.cli.output import Output
from flowodm.cli.reports.report import Finding, Report, Section
from flowodm.cli.tables import write_document

__all__ = ["document", "write"]


def write(output: Output, report: Report) -> None:
    """Write a report as JSON."""
    write_document(output, "json", document(report))


def document(report: Report) -> dict[str, object]:
    """Return a report as JSON has it."""
    return {
        "command": report.command,
        "fail_on": report.fail_on,
        "exit_code": report.exit_code,
        "summary": {"total": len(report.sections), **report.counts},
        f"{report.noun}s": [_section(section, report) for section in report.sections],
    }


def _section(section: Section, report: Report) -> dict[str, object]:
    return {
        report.noun: section.title,
        "state": section.state,
        "severity": section.worst,
        "fails": section.state == "failed" or section.fails(report.fail_on),
        **section.details,
        "verdict": section.verdict or None,
        "file": section.path,
        "findings": [_finding(finding) for finding in section.findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "field": finding.place,
        "change": finding.change,
        "message": finding.said[:1].upper() + finding.said[1:],
        **finding.details,
        "notes": list(finding.notes),
        "cure": finding.cure or None,
        "line": finding.line,
    }
