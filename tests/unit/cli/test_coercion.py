"""Plain parameter types are converted without Pydantic, with errors a person understands."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.main import get_command

from flowodm.cli.coercion import lighten

pytestmark = pytest.mark.unit


def parse(function: Any, *words: str) -> dict[str, Any]:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(function)
    command = get_command(app)
    for parameter in command.params:
        lighten(parameter)
    with command.make_context("test", list(words)) as context:
        return dict(context.params)


def everything(
    text: str,
    numbers: Annotated[list[int] | None, typer.Option("--number")] = None,
    limit: Annotated[int | None, typer.Option(min=1)] = None,
    ratio: Annotated[float, typer.Option(min=0, max=1)] = 0.5,
    file: Annotated[Path | None, typer.Option()] = None,
    shape: Annotated[Literal["round", "square"], typer.Option()] = "round",
    loud: Annotated[bool, typer.Option("--loud")] = False,
) -> None:
    raise AssertionError("only parsed")


def test_words_become_values_of_their_types() -> None:
    words = "word --number 1 --number -2 --limit 3 --ratio 0.25 --file a/b --shape square --loud"
    assert parse(everything, *words.split()) == {
        "text": "word",
        "numbers": [1, -2],
        "limit": 3,
        "ratio": 0.25,
        "file": Path("a/b"),
        "shape": "square",
        "loud": True,
    }


def test_absent_options_have_their_defaults() -> None:
    assert parse(everything, "word") == {
        "text": "word",
        "numbers": (),
        "limit": None,
        "ratio": 0.5,
        "file": None,
        "shape": "round",
        "loud": False,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("w --limit ten", "`ten` is not a whole number"),
        ("w --limit 0", "`0` is not in the range 1 and more"),
        ("w --ratio 2", "`2` is not in the range 0 to 1"),
        ("w --number 1 --number x", "`x` is not a whole number"),
        ("w --shape squar", "did you mean `square`?"),
    ],
)
def test_a_wrong_word_is_named(words: str, message: str) -> None:
    with pytest.raises(typer.BadParameter) as raised:
        parse(everything, *words.split())
    assert message in str(raised.value)


def test_parsing_a_command_line_does_not_import_pydantic() -> None:
    script = (
        "import io, sys\n"
        "from flowodm.cli.app import run\n"
        "from flowodm.cli.options import Session\n"
        "from flowodm.cli.output import Output, Stream\n"
        "output = Output(Stream(io.BytesIO()), Stream(io.BytesIO()))\n"
        "assert run(['topics', '--no-color', '--help'], Session(output)) == 0\n"
        "print([name for name in ('pydantic', 'rich', 'confluent_kafka') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
