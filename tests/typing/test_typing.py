"""What a user's type checker says of a program with FlowODM in it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

HERE = Path(__file__).parent
EXPECTED = re.compile(r"  # E: (.*)$")
FOUND = re.compile(r"^(?:.*[/\\])?(\w+\.py):(\d+): error: (.*?)(?:  \[[\w-]+\])?$")


@pytest.fixture(scope="module")
def errors(pytestconfig: pytest.Config) -> dict[str, dict[int, list[str]]]:
    """What mypy says of the two programs, by file and line."""
    cache = pytestconfig.cache
    assert cache is not None
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent"),
            *("--config-file=", "--no-error-summary", "--show-error-codes"),
            *("--cache-dir", str(cache.mkdir("mypy"))),
            *("tests/typing/program.py", "tests/typing/wrong.py"),
        ],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, dict[int, list[str]]] = {"program.py": {}, "wrong.py": {}}
    for line in done.stdout.splitlines():
        if match := FOUND.match(line):
            found[match[1]].setdefault(int(match[2]), []).append(match[3])
    return found


def test_a_program_with_every_verb_is_accepted(errors):
    assert errors["program.py"] == {}


def test_each_slip_is_rejected_in_its_line(errors):
    lines = (HERE / "wrong.py").read_text().splitlines()
    expected = {
        number: match[1] for number, line in enumerate(lines, 1) if (match := EXPECTED.search(line))
    }
    assert len(expected) > 25
    found = errors["wrong.py"]
    assert found.keys() == expected.keys()
    for number, message in expected.items():
        assert any(message in each for each in found[number]), (number, found[number])


def test_the_program_uses_every_verb():
    from flowodm import FlowBaseModel
    from tests.unit.model.test_verbs import VERBS

    text = (HERE / "program.py").read_text()
    assert [verb for verb in VERBS if f".{verb}(" not in text] == []
    assert all(hasattr(FlowBaseModel, verb) for verb in VERBS)
