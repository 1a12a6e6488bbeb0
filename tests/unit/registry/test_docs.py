"""What the page on the registry says is so."""

from pathlib import Path

import pytest

from flowodm.registry import parsing, rules
from flowodm.registry.answers import MAX_ITEMS
from flowodm.registry.exchange import Limits
from flowodm.registry.shapes import MAX_REFERENCES
from flowodm.registry.wire import MAX_BODY

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[3] / "docs" / "registry.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        f"{Limits().connect:.0f} s to connect, {Limits().total:.0f} s for a question",
        f"{MAX_BODY // 2**20} MiB of an answer",
        f"{MAX_ITEMS:,} JSON items",
        f"{MAX_REFERENCES} references",
        f"{parsing._REFERENCES_SECONDS:.0f} s for all",
        f"({rules._ENTRIES:,}, or {rules._WEIGHT // 2**20} MiB of text)",
        f"for {rules._BRIEF:.0f} s; an unknown id for {rules._REFUSED:.0f} s",
    ],
)
def test_the_pages_figures_are_the_codes(words: str) -> None:
    assert words in PAGE
