"""What a report comes to: its summary and its exit code."""

import pytest

from flowodm.cli.reports import FailOn, Finding, Report, Section, Severity

pytestmark = pytest.mark.unit


def section(state: str = "changed", *severities: Severity) -> Section:
    findings = tuple(Finding("RULE", severity, "field", "changed") for severity in severities)
    return Section("subject", state, findings=findings)  # type: ignore[arg-type]


def test_sections_are_counted_the_worst_first() -> None:
    sections = (
        section("same"),
        section("new"),
        section("changed", "note"),
        section("changed", "safe", "breaking"),
        section("failed", "breaking"),
    )
    summary = "5 subjects: 1 failed, 1 breaking, 1 noted, 1 new, 1 unchanged."
    assert Report("x", sections).summary == summary


@pytest.mark.parametrize(
    ("one", "fail_on", "code"),
    [
        (section("same"), "any", 0),
        (section("changed", "note"), "any", 3),
        (section("changed", "note"), "dangerous", 0),
        (section("changed", "dangerous"), "dangerous", 3),
        (section("changed", "dangerous"), "breaking", 0),
        (section("changed", "safe", "breaking"), "breaking", 3),
        (section("new"), "any", 3),
        (section("new"), "dangerous", 0),
        (section("failed", "breaking"), "breaking", 1),
    ],
)
def test_the_exit_code_follows_from_the_worst(one: Section, fail_on: FailOn, code: int) -> None:
    assert Report("x", (section("same"), one), fail_on).exit_code == code


def test_what_failed_counts_more_than_what_differs() -> None:
    sections = (section("changed", "breaking"), section("failed", "breaking"))
    assert Report("x", sections).exit_code == 1


def test_a_finding_is_one_sentence_after_another() -> None:
    finding = Finding("R", "safe", "a.b", "int → long", ("It is read.",), "none needed")
    assert finding.sentence == "`a.b`: int → long. It is read. Cure: none needed."
