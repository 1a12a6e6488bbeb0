"""The page for those who come from 0.3 lists the defects that are gone, as their tests are named."""

import ast
import re

import pytest

from tests.pages import ROOT

pytestmark = pytest.mark.unit


def test_the_page_lists_every_defect_by_the_name_of_its_test():
    page = (ROOT / "docs" / "coming-from-0.3.md").read_text(encoding="utf-8")
    section = page.partition("## Defects that are gone")[2].partition("\n## ")[0]
    listed = re.findall(r"^(\d+)\. (.+)\.$", section, re.MULTILINE)
    assert [int(number) for number, _ in listed] == list(range(1, 30))
    names = [f"test_{int(number):02}_{_as_name(line)}" for number, line in listed]
    assert names == sorted(_tests())


def test_every_one_says_what_0_3_1_did():
    assert all(said.startswith("0.3.1") for said in _tests().values())


def _as_name(line: str) -> str:
    return re.sub(r"[^a-z ]", "", line.lower()).replace(" ", "_")


def _tests() -> dict[str, str]:
    """The numbered tests, and what their docstrings say."""
    return {
        node.name: ast.get_docstring(node) or ""
        for path in (ROOT / "tests" / "integration" / "defects").glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and re.match(r"test_\d\d_", node.name)
    }
