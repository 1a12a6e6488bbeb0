"""Every example of the README, run as it stands, by a newcomer with an empty home."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("readme")]

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

Shell = Callable[[str], subprocess.CompletedProcess[str]]


def blocks(language: str) -> list[str]:
    """The text of each fenced block of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


@pytest.fixture
def shell(clean_environment: dict[str, str], tmp_path: Path) -> Iterator[Shell]:
    """Run lines of bash, where `flowodm` and `python` are this environment's."""
    binaries = Path(sys.executable).parent
    environment = clean_environment | {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}

    def run(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    yield run
    assert run("flowodm sandbox down --all --reset").returncode == 0


def test_every_example_runs_and_says_what_it_should(shell: Shell, tmp_path: Path) -> None:
    (session,) = blocks("console")
    (program,) = blocks("python")
    (tmp_path / "example.py").write_text(program)
    commands = [line.removeprefix("$ ") for line in session.splitlines()]
    assert all(line.startswith("$ ") for line in session.splitlines())
    done = shell("\n".join([*commands, "flowodm tail copies -e -o ndjson", "python example.py"]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"topic":"user-events"' in done.stdout
    assert '"topic":"payments"' in done.stdout
    copied = [line for line in done.stdout.splitlines() if line.startswith('{"topic":"copies"')]
    assert len(copied) > 20
    assert done.stdout.endswith("\nu-1 free 0\n")


def test_the_first_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^make (\w+)", README, re.M)
    assert named == ["demo", "test"]
    assert all(f"\n{target}:" in makefile for target in named)


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
