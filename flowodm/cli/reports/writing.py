"""One report, in the format that was asked for."""

from flowodm.cli.options import Session
from flowodm.cli.reports.report import Report

__all__ = ["write_report"]


def write_report(session: Session, report: Report) -> int:
    """Write a report to stdout in the format of the run, and return its exit code."""
    match session.format:
        case "json":
            from flowodm.cli.reports import machine

            machine.write(session.output, report)
        case "markdown":
            from flowodm.cli.reports import markdown

            markdown.write(session.output, report)
        case "sarif":
            from flowodm.cli.reports import sarif

            sarif.write(session.output, report)
        case "junit":
            from flowodm.cli.reports import junit

            junit.write(session.output, report)
        case "github":
            from flowodm.cli.reports import github

            github.write(session.output, report)
        case _:
            from flowodm.cli.reports import table

            table.write(session.output, report)
    return report.exit_code
