"""Reports in each format: nothing that a stranger wrote leaves its place."""

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from flowodm.cli.reports import (
    Finding,
    Report,
    Section,
    github,
    junit,
    machine,
    markdown,
    sarif,
    table,
)
from tests.unit.cli.hostile import MUST_NOT_SHOW
from tests.unit.cli.reports.samples import NESTED, hostile_report, rendered

pytestmark = pytest.mark.unit

WRITERS = {
    "table": table.write,
    "json": machine.write,
    "markdown": markdown.write,
    "sarif": sarif.write,
    "junit": junit.write,
    "github": github.write,
}


@pytest.mark.parametrize("form", WRITERS)
def test_nothing_moves_a_cursor_or_hides(form: str) -> None:
    shown = rendered(WRITERS[form], hostile_report())
    assert not set(MUST_NOT_SHOW) & set(shown)
    assert "\x00" not in shown


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_table_is_never_wider_than_the_terminal(width: int) -> None:
    from flowodm.display.text import display_width

    lines = rendered(table.write, hostile_report(), width=width).splitlines()
    assert max(map(display_width, lines)) <= max(width, 36)  # an indent, and room for words


def test_xml_holds_every_text_whole() -> None:
    suites = ElementTree.fromstring(rendered(junit.write, hostile_report()))
    cases = suites.findall("testsuite/testcase")
    assert len(cases) == len(NESTED)
    assert [*{case.tag for suite in suites for case in suite}] == ["testcase"]
    assert cases[-4].get("classname") == "]]><evil/>&amp;\"'"


def test_a_workflow_command_is_one_line_with_its_own_properties() -> None:
    lines = rendered(github.write, hostile_report()).splitlines()
    assert len(lines) == len(NESTED) + 1
    command = re.compile(r"::error file=[^,:]*,line=3,title=[^,:]*::.*")
    assert all(command.fullmatch(line) for line in lines[:-1])
    assert any("a%2Cb%3Ac%3A%3Aerror%3A%3Ad%250A%2525" in line for line in lines)
    assert lines[-1].startswith("flowodm registry diff: ")


def test_an_annotation_fails_a_run_that_only_notices_fail() -> None:
    section = Section("s", "changed", findings=(Finding("R", "note", "f", "changed"),))
    shown = rendered(github.write, Report("registry diff", (section,)))
    assert shown.splitlines() == [
        "::notice title=s%3A R::`f`: changed.",
        "::error title=flowodm registry diff::1 subject: 1 noted. (fails on any)",
    ]


def test_the_worst_annotations_come_first() -> None:
    findings = tuple(
        Finding("R", severity, "f", "changed") for severity in ("note", "dangerous", "breaking")
    )
    shown = rendered(github.write, Report("x", (Section("s", "changed", findings=findings),)))
    assert re.findall("^::([a-z]+)", shown, re.MULTILINE) == ["error", "warning", "notice"]


def test_markdown_makes_no_markup_of_a_text() -> None:
    shown = rendered(markdown.write, hostile_report())
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)
    for markup in ("<img", "@someone", "#1", "http://", " www.", "[link]("):
        assert markup not in outside
    rows = [line for line in shown.splitlines() if line.startswith("| ✗")]
    assert len(rows) == len(NESTED)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_json_has_every_text_as_it_is() -> None:
    document = json.loads(rendered(machine.write, hostile_report()))
    assert [each["subject"] for each in document["subjects"]] == [*NESTED]
    assert document["subjects"][-3]["findings"][0]["before"] == NESTED[-3]
