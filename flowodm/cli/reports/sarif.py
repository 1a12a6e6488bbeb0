"""A report as SARIF 2.1.0 (OASIS): what code scanning and editors read."""

import hashlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

import flowodm
from flowodm.cli.output import Output
from flowodm.cli.reports.report import Finding, Report, Section, Severity
from flowodm.cli.tables import write_document
from flowodm.display.sanitize import visible

__all__ = ["document", "write"]

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final[dict[Severity, str]] = {
    "breaking": "error",
    "dangerous": "warning",
    "safe": "note",
    "note": "note",
}
_NEW: Final = "NEW"


def write(output: Output, report: Report) -> None:
    """Write a report as SARIF."""
    write_document(output, "json", document(report))


def document(report: Report) -> dict[str, object]:
    """Return a report as a SARIF log of one run."""
    results = [each for section in report.sections for each in _results(section)]
    rules = sorted({str(result["ruleId"]) for result in results})
    for result in results:
        result["ruleIndex"] = rules.index(str(result["ruleId"]))
    driver = {
        "name": "flowodm",
        "version": flowodm.__version__,
        "semanticVersion": flowodm.__version__,
        "rules": [_rule(rule) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"flowodm/{report.command.replace(' ', '-')}/"},
        "invocations": [
            {
                "executionSuccessful": all(each.state != "failed" for each in report.sections),
                "exitCode": report.exit_code,
                "exitCodeDescription": report.summary,
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: str) -> dict[str, object]:
    words = rule.lower().replace("_", " ")
    return {
        "id": rule,
        "name": "".join(word.capitalize() for word in words.split()),
        "shortDescription": {"text": f"{words[:1].upper()}{words[1:]}."},
    }


def _results(section: Section) -> Iterator[dict[str, object]]:
    for finding in section.findings:
        text = f"`{section.title}`: {finding.told}"
        yield _result(section, finding, finding.rule, _LEVELS[finding.severity], text)
    if section.state == "new":
        text = f"`{section.title}`: {section.route}, {section.aside}."
        yield _result(section, None, _NEW, "note", text)


def _result(
    section: Section, finding: Finding | None, rule: str, level: str, text: str
) -> dict[str, object]:
    place = finding.place if finding else ""
    identity = "\n".join((section.title, rule, place, finding.change if finding else ""))
    return {
        "ruleId": rule,
        "level": level,
        # what stands in brackets would be a link
        "message": {"text": visible(text).replace("[", "\\[").replace("]", "\\]")},
        "locations": [_location(section, finding)],
        "partialFingerprints": {
            "flowodm/v1": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()
        },
        "properties": dict(finding.details) if finding else {},
    }


def _location(section: Section, finding: Finding | None) -> dict[str, object]:
    place = finding.place if finding else ""
    name = f"{section.title}.{place}" if place else section.title
    location: dict[str, object] = {
        "logicalLocations": [{"fullyQualifiedName": visible(name), "kind": "member"}]
    }
    if section.path is not None:
        line = (finding.line if finding else None) or section.line or 1
        location["physicalLocation"] = {
            "artifactLocation": _artifact(section.path),
            "region": {"startLine": line},
        }
    return location


def _artifact(path: str) -> dict[str, str]:
    uri = quote(path, errors="surrogatepass")
    if PurePosixPath(path).is_absolute():
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}
