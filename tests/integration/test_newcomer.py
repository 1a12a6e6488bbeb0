"""A newcomer's first five minutes: the wheel in a fresh environment, and the quick start's page."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.pages import ROOT, is_as_printed, read_page

# It wants the usual ports, as the README's example does.
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("readme")]

PAGE = read_page(ROOT / "docs" / "quick-start.md")
INSTALL = "pip install 'flowodm[sandbox]'"
USUAL = "127.0.0.1:9092"

Shell = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the built wheel and its locked requirements, nothing else."""
    directory = tmp_path_factory.mktemp("newcomer")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory), cwd=ROOT)
    (wheel,) = directory.glob("*.whl")
    python = directory / "venv" / "bin" / "python"
    locked = ["--require-hashes", "-r", str(ROOT / "requirements" / "sandbox.txt")]
    if shutil.which("uv"):
        run("uv", "venv", "--quiet", "--python", sys.executable, str(directory / "venv"))
        run("uv", "pip", "install", "--quiet", "--python", str(python), *locked)
        run("uv", "pip", "install", "--quiet", "--python", str(python), "--no-deps", str(wheel))
        run("uv", "pip", "check", "--quiet", "--python", str(python))
    else:
        run(sys.executable, "-m", "venv", str(directory / "venv"))
        run(str(python), "-m", "pip", "install", "--quiet", *locked)
        run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", str(wheel))
        run(str(python), "-m", "pip", "check")
    return python.parent


def run(*command: str, cwd: Path | None = None) -> None:
    """Run what needs the package index, in the environment that knows where it is."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def shell(fresh: Path, clean_environment: dict[str, str], tmp_path: Path) -> Iterator[Shell]:
    """A shell in an empty directory and home, where the fresh environment's programs come first."""
    directory = tmp_path / "work"
    directory.mkdir()
    environment = clean_environment | {"PATH": f"{fresh}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("VIRTUAL_ENV", None)

    def run_line(line: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            env=environment,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        if line.startswith("flowodm sandbox up"):
            environment.update(elsewhere(run_line("flowodm sandbox status -o json").stdout))
        return done

    yield run_line
    assert run_line("flowodm sandbox down --all --reset").returncode == 0


def elsewhere(status: str) -> dict[str, str]:
    """Where the sandbox is, if somebody else on this machine has the usual ports."""
    (found,) = json.loads(status)
    if found["bootstrap_servers"] == USUAL:
        return {}
    return {
        "KAFKA_BOOTSTRAP_SERVERS": found["bootstrap_servers"],
        "SCHEMA_REGISTRY_URL": found["registry_url"],
    }


def test_the_quick_start_works_as_printed(shell: Shell, tmp_path: Path) -> None:
    for block in PAGE.blocks:
        if block.mark is not None:
            (tmp_path / "work" / block.mark.removeprefix("file: ")).write_text(block.text)
        for entry in ("\n" + block.text).split("\n$ ")[1:] if block.language == "console" else ():
            command, _, shown = entry.partition("\n")
            if command == INSTALL:
                continue  # that is what `fresh` did
            done = shell(command)
            assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
            if shown.strip():
                assert is_as_printed(shown, done.stdout), f"$ {command}\n{done.stdout}"


def test_the_quick_start_installs_what_it_uses() -> None:
    commands = "".join(block.text for block in PAGE.blocks if block.language == "console")
    assert commands.startswith(f"$ {INSTALL}\n")
    assert "$ python events.py\n" in commands


def test_the_wheel_alone_is_a_library_and_its_plugin(shell: Shell, fresh: Path) -> None:
    code = (
        "import flowodm, sys; from importlib.metadata import entry_points;"
        "assert 'site-packages' in flowodm.__file__, flowodm.__file__;"
        "assert [one.value for one in entry_points(group='pytest11') if one.name == 'flowodm'];"
        "assert not [name for name in sys.modules if name.startswith('tests')]"
    )
    done = shell(f'python -c "{code}"')
    assert done.returncode == 0, done.stderr
