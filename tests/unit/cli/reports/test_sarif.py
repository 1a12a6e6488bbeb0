"""SARIF 2.1.0: the properties that the standard knows, with the types that it asks for."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from flowodm.cli.reports import Finding, Report, Section, sarif
from tests.unit.cli.reports.samples import hostile_report, rendered

pytestmark = pytest.mark.unit

# The part of OASIS SARIF 2.1.0 that is written here. A `!` marks what the standard requires; a
# name in angle brackets is another object, `*` a list of them.
STANDARD: Mapping[str, Mapping[str, Any]] = {
    "log": {"$schema": str, "version!": str, "runs!": "*<run>"},
    "run": {
        "tool!": "<tool>",
        "automationDetails": "<automation>",
        "invocations": "*<invocation>",
        "columnKind": str,
        "results": "*<result>",
    },
    "tool": {"driver!": "<driver>"},
    "driver": {"name!": str, "version": str, "semanticVersion": str, "rules": "*<rule>"},
    "rule": {"id!": str, "name": str, "shortDescription": "<message>"},
    "automation": {"id": str},
    "invocation": {"executionSuccessful!": bool, "exitCode": int, "exitCodeDescription": str},
    "message": {"text!": str},
    "result": {
        "ruleId": str,
        "ruleIndex": int,
        "level": str,
        "message!": "<message>",
        "locations": "*<location>",
        "partialFingerprints": dict,
        "properties": dict,
    },
    "location": {"physicalLocation": "<physical>", "logicalLocations": "*<logical>"},
    "logical": {"fullyQualifiedName": str, "kind": str},
    "physical": {"artifactLocation": "<artifact>", "region": "<region>"},
    "artifact": {"uri": str, "uriBaseId": str},
    "region": {"startLine": int},
}


def conform(value: Any, kind: Any, place: str) -> None:
    if isinstance(kind, str) and kind.startswith("*"):
        assert isinstance(value, list), place
        for index, each in enumerate(value):
            conform(each, kind[1:], f"{place}/{index}")
    elif isinstance(kind, str):
        known = STANDARD[kind.strip("<>")]
        assert isinstance(value, dict), place
        kinds = {name.rstrip("!"): each for name, each in known.items()}
        assert value.keys() <= kinds.keys(), place
        assert {name.rstrip("!") for name in known if name.endswith("!")} <= value.keys(), place
        for name, each in value.items():
            conform(each, kinds[name], f"{place}/{name}")
    else:
        assert isinstance(value, kind), place


@pytest.mark.parametrize("report", [hostile_report(), Report("registry diff", ())])
def test_a_report_conforms_to_the_standard(report: Report) -> None:
    log = json.loads(rendered(sarif.write, report))
    conform(log, "<log>", "")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1


def result_of(section: Section) -> dict[str, Any]:
    (result,) = json.loads(rendered(sarif.write, Report("x", (section,))))["runs"][0]["results"]
    assert isinstance(result, dict)
    return result


def test_a_path_is_an_encoded_uri_from_the_repository_on() -> None:
    finding = Finding("R", "safe", "f", "changed", line=7)
    result = result_of(Section("s", "changed", findings=(finding,), path="a b/ö#.avsc"))
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/%C3%B6%23.avsc", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }


def test_a_path_elsewhere_is_a_whole_uri() -> None:
    finding = Finding("R", "safe", "f", "changed")
    result = result_of(Section("s", "changed", findings=(finding,), path="/x/a.avsc"))
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///x/a.avsc"}


def test_a_fingerprint_outlives_other_lines() -> None:
    first, second = (
        Section("s", "changed", findings=(Finding("R", "safe", "f", "x", line=line),), path="a")
        for line in (1, 9)
    )
    assert result_of(first)["partialFingerprints"] == result_of(second)["partialFingerprints"]


def test_what_is_new_is_a_note() -> None:
    result = result_of(Section("s", "new", "not registered", "a.avsc would become v1", path="a"))
    assert (result["ruleId"], result["level"]) == ("NEW", "note")
