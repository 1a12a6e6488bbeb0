"""What the runbook shows of a cluster that no page can break is what its golden file holds."""

import pytest

from tests.pages import ROOT, read_page

pytestmark = pytest.mark.unit


def test_a_broker_that_is_down_is_shown_as_the_golden_file_has_it() -> None:
    golden = (ROOT / "tests" / "golden" / "one-of-three-down.txt").read_text(encoding="utf-8")
    told = {line.removeprefix("2> ") for line in golden.splitlines()}
    page = read_page(ROOT / "docs" / "runbook.md")
    shown = [
        line for one in page.blocks if one.language == "text" for line in one.text.splitlines()
    ]
    assert "error: `spread` [2]: its offsets are not known: no leader" in shown
    assert [line for line in shown if line not in told] == []
