"""Candidates at the cursor: from the table, from the command's options, from what there is."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowodm.cli import completion
from flowodm.cli.app import children
from flowodm.cli.completion import Candidate, answer, candidates
from flowodm.cli.options import FORMATS, Session
from flowodm.cli.output import Output, Stream
from flowodm.cli.shells import SHELLS, install, script

pytestmark = pytest.mark.unit


def session() -> Session:
    return Session(Output(Stream(io.BytesIO()), Stream(io.BytesIO())))


def words_for(*words: str) -> list[str]:
    return [candidate.word for candidate in candidates(words, session())]


def test_the_first_word_is_a_command() -> None:
    assert words_for("") == list(children(""))
    assert words_for("ta") == ["tail"]


def test_a_group_offers_its_commands() -> None:
    assert words_for("topics", "") == [*("list", "describe", "create", "alter", "delete", "purge")]
    assert words_for("-q", "topics", "de") == ["describe", "delete"]
    assert words_for("--context", "prod", "topics", "l") == ["list"]


def test_options_are_those_of_the_command_and_of_every_command() -> None:
    found = words_for("tail", "--")
    assert "--where" in found
    assert "--context" in found
    assert words_for("topics", "--no") == ["--no-color"]


def test_an_option_with_choices_offers_them() -> None:
    assert words_for("tail", "--isolation", "") == ["read_committed", "read_uncommitted"]
    assert words_for("tail", "-o", "j") == ["json"]
    assert words_for("-o", "") == list(FORMATS)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("tail", "--output", "=", "js"), ["json"]),  # as bash breaks it
        (("tail", "--output=js",), ["--output=json"]),  # as zsh and fish leave it
        (("tail", "--isolation", "="), ["read_committed", "read_uncommitted"]),
    ],
)  # fmt: skip
def test_an_equals_sign_may_stand_between(words: tuple[str, ...], found: list[str]) -> None:
    assert words_for(*words) == found


def test_what_nobody_knows_has_no_candidates() -> None:
    assert words_for("nonsense", "") == []
    assert words_for("tail", "--since", "") == []
    assert words_for("tail", "--where", "tr") == []


def test_contexts_come_from_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "flowodm.yaml"
    file.write_text(
        "version: 1\ncontexts:\n"
        "  local: {bootstrap_servers: 'localhost:9092'}\n"
        "  prod: {bootstrap_servers: 'k1:9093'}\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    assert words_for("--config", str(file), "tail", "--context", "p") == ["prod"]
    assert words_for("--config", str(file), "context", "use", "") == ["local", "prod"]


@pytest.mark.parametrize(
    ("words", "noun"),
    [
        (("tail", "t", "--group", ""), "groups"),
        (("dlq", "show", "d", "--from", ""), "topics"),
        (("dlq", "show", "d", "--group", ""), "groups"),
        (("groups", "reset", "g", "-t", ""), "topics"),
        (("models", "generate", "a.avsc", "--topic", ""), "topics"),
        (("registry", "register", "a.avsc", "-s", ""), "subjects"),
        (("groups", "list", ""), "groups"),
        (("topics", "list", ""), "topics"),
        (("registry", "list", ""), "subjects"),
    ],
    ids=str,
)
def test_names_of_what_there_is_are_asked_for(
    words: tuple[str, ...], noun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("topics", "groups", "subjects"):
        found = [Candidate(f"one of the {name}")]
        monkeypatch.setattr(completion, f"_{name}", lambda _, found=found: found)
    assert words_for(*words) == [f"one of the {noun}"]


@pytest.mark.parametrize(
    "words",
    [
        ("topics", "create", "t", "-s", ""),
        ("topics", "purge", "t", "--to", ""),
        ("groups", "reset", "g", "--to", ""),
        ("sandbox", "up", "--topic", ""),
    ],
    ids=" ".join,
)
def test_a_setting_a_position_and_a_new_name_are_nobodys_names(words: tuple[str, ...]) -> None:
    assert words_for(*words) == []


def test_an_error_is_no_output(tmp_path: Path) -> None:
    stdout, stderr = io.BytesIO(), io.BytesIO()
    broken = tmp_path / "flowodm.yaml"
    broken.write_text("version: [")
    asked = Session(Output(Stream(stdout), Stream(stderr)))
    assert answer(["--config", str(broken), "context", "use", ""], asked) == 1
    assert (stdout.getvalue(), stderr.getvalue()) == (b"", b"")


def test_the_root_is_completed_without_typer() -> None:
    code = (
        "import sys\n"
        "from flowodm.cli.completion import candidates\n"
        "from flowodm.cli.options import Session\n"
        "from flowodm.cli.output import Output\n"
        "session = Session(Output.of_process())\n"
        "assert [found.word for found in candidates(['topics', ''], session)]\n"
        "print([name for name in ('typer', 'pydantic', 'confluent_kafka') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def flowodm_on_path(folder: Path) -> Path:
    command = folder / "flowodm"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flowodm "$@"\n')
    command.chmod(0o755)
    return command


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("flowodm topics de", ["describe", "delete"]),
        ("flowodm tail --output=nd", ["ndjson"]),
        ("flowodm tail -o nd", ["ndjson"]),
        ("flowodm ta", ["tail"]),
    ],
)
def test_bash_completes_with_the_script_as_it_is_installed(
    tmp_path: Path, line: str, found: list[str]
) -> None:
    flowodm_on_path(tmp_path)
    driver = (
        script("bash")
        + f"COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}\n"
        + "COMP_WORDS=($(sed 's/=/ = /g' <<< \"$COMP_LINE\")); COMP_CWORD=$((${#COMP_WORDS[@]}-1))\n"
        + "_flowodm; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    environ = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "--norc", "-c", driver], env=environ, capture_output=True, text=True, check=True
    )
    assert (done.stdout.split(), done.stderr) == (found, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_installing_twice_changes_nothing_more(shell: str, tmp_path: Path) -> None:
    rc = tmp_path / f".{shell}rc"
    rc.write_text("export A=1")
    first = install(shell, tmp_path, {})
    contents = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    install(shell, tmp_path, {})
    assert {path: path.read_text() for path in contents} == contents
    assert first[0].read_text() == script(shell)
    assert rc.read_text().startswith("export A=1")


def test_a_new_bash_has_the_completion(tmp_path: Path) -> None:
    install("bash", tmp_path, {})
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "dumb"}
    done = subprocess.run(
        ["bash", "-i", "-c", "complete -p flowodm"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout == "complete -o default -F _flowodm flowodm\n"
