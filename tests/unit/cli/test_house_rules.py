"""What no command may do, looked for in the source: print by itself, use rich, hold markup."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowodm.cli

pytestmark = pytest.mark.unit

SOURCES = sorted(Path(flowodm.cli.__file__).parent.rglob("*.py"))
ONLY_PRINTER = "output.py"


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attributes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_rich_so_no_markup(source: Path) -> None:
    tree = ast.parse(source.read_text())
    assert not [name for name in imports(tree) if name.split(".")[0] in ("rich", "click")]
    assert "typer.echo" not in set(attributes(tree))
    assert "typer.secho" not in set(attributes(tree))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_only_one_module_prints(source: Path) -> None:
    if source.name == ONLY_PRINTER:
        return
    tree = ast.parse(source.read_text())
    assert not {"print", "input"} & set(calls(tree))
    streams = {"sys.stdout", "sys.stderr"} & set(attributes(tree))
    assert not streams or source.name == "process.py"  # flushes them at the end


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_escape_codes_stand_in_one_module(source: Path) -> None:
    if source.name == ONLY_PRINTER:
        return
    tree = ast.parse(source.read_text())
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert not [text for text in texts if isinstance(text, str) and "\x1b" in text]
