"""What no screen may do, looked for in the source: hand a stranger's text to a widget that reads
markup, print, or call the cluster from the event loop."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowodm.tui

pytestmark = pytest.mark.unit

ROOT = Path(flowodm.tui.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
MARKUP_READERS = {
    "notify",
    "border_title",
    "border_subtitle",
    "tooltip",
    "from_markup",
    "sub_title",
}
WIDGETS = {"Input"}
"""Of Textual's own widgets; what is pasted into it is made visible first."""
DOORS = {"sources", "keys.py"}
"""What may ask the core: the sources, and what reads a file."""


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_becomes_markup(source: Path):
    tree = ast.parse(source.read_text())
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not MARKUP_READERS & used
    widgets = {
        name.rpartition(".")[2] for name in imports(tree) if name.startswith("textual.widgets.")
    }
    assert widgets <= WIDGETS
    made = {name for name in imports(tree) if name in ("rich.text.Text", "rich.segment.Segment")}
    assert not made or source.name in ("spans.py", "painting.py")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_prints_and_only_sources_ask_the_core(source: Path):
    tree = ast.parse(source.read_text())
    calls = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not {"print", "input", "open"} & calls
    if DOORS & {source.relative_to(ROOT).parts[0], source.name}:
        return
    asked = {name for name in imports(tree) if name.startswith("confluent_kafka")}
    assert not asked
    assert "flowodm.connection.KafkaConnection" not in set(imports(tree))
