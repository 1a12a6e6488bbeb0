"""What importing costs: the light doors load nothing heavy."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

HEAVY = {"confluent_kafka", "fastavro", "httpx2", "textual", "typer", "rich"}


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a statement loads in a fresh interpreter."""
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "statement",
    [
        "import flowodm",
        "import flowodm.avro",
        "import flowodm.errors, flowodm.record",
        "import flowodm.registry",
        "import flowodm.reader, flowodm.positions",
        "import flowodm.cli.app",
    ],
)
def test_a_light_import_loads_nothing_heavy(statement: str):
    assert loaded_by(statement) & HEAVY == set()


def test_the_command_line_parses_without_the_clients_and_the_painter():
    assert loaded_by("import flowodm.cli.frame, flowodm.cli.tail") & (HEAVY - {"typer"}) == set()


def test_the_heavy_packages_are_installed_so_that_their_absence_means_something():
    found = loaded_by("import confluent_kafka, fastavro, httpx2, typer, rich")
    assert found >= HEAVY - {"textual"}
