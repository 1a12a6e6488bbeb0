"""The frame around every command: global options anywhere, help without imports, suggestions."""

import io

import pytest

from flowodm.cli.app import COMMANDS, GROUPS, children, run
from flowodm.cli.options import Session
from flowodm.cli.output import Output, Stream

pytestmark = pytest.mark.unit


def run_captured(*arguments: str) -> tuple[int, str, str]:
    stdout, stderr = io.BytesIO(), io.BytesIO()
    code = run(list(arguments), Session(Output(Stream(stdout), Stream(stderr))))
    return code, stdout.getvalue().decode(), stderr.getvalue().decode()


def test_root_help_lists_every_visible_command_with_its_summary() -> None:
    code, out, err = run_captured("--help")
    assert (code, err) == (0, "")
    for name, summary in children("").items():
        assert f"  {name}" in out
        assert summary in out


def test_no_arguments_show_the_same_as_help() -> None:
    assert run_captured() == run_captured("--help")


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_without_a_command_shows_its_help(group: str) -> None:
    code, out, err = run_captured(group)
    assert (code, err) == (0, "")
    assert all(name in out for name in children(group))
    assert run_captured(group, "--help")[1] == out


def test_every_entry_stands_under_a_declared_group() -> None:
    for entry in COMMANDS:
        assert entry.path.rpartition(" ")[0] in ("", *GROUPS)


@pytest.mark.parametrize(
    ("arguments", "did_you_mean"),
    [
        (["topic"], "`flowodm topics`"),
        (["topics", "lst"], "`flowodm topics list`"),
        (["--quite", "topics"], "`--quiet`"),
    ],
)
def test_a_typo_is_a_usage_error_with_a_suggestion(arguments: list[str], did_you_mean: str) -> None:
    code, out, err = run_captured(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert f"did you mean {did_you_mean}?" in err


@pytest.mark.parametrize("arguments", [["--version"], ["topics", "--version"], ["-q", "--version"]])
def test_the_version_is_answered_anywhere(arguments: list[str]) -> None:
    import flowodm

    assert run_captured(*arguments) == (0, f"flowodm {flowodm.__version__}\n", "")


def test_help_does_not_fill_a_terminal_that_is_absurdly_narrow_with_an_error() -> None:
    stdout = io.BytesIO()
    output = Output(Stream(stdout), Stream(io.BytesIO()), width=1)
    assert run(["--help"], Session(output)) == 0
    assert b"tail" in stdout.getvalue()


@pytest.mark.parametrize("path", [entry.path for entry in COMMANDS if not entry.hidden])
def test_help_shows_an_optional_argument_once_in_brackets_and_examples_line_by_line(
    path: str,
) -> None:
    _, out, _ = run_captured(*path.split(), "--help")
    assert "[[" not in out
    assert r"\n    --" not in out
