"""`flowodm sandbox up --sample --topic NAME`: something to look at from the start."""

import json
from collections.abc import Callable

import pytest

from tests.conftest import Finished
from tests.integration.conftest import SandboxCommand

pytestmark = pytest.mark.integration


def test_a_sandbox_is_filled_once_more_each_time_and_topics_are_kept(
    sandbox_command: SandboxCommand, flowodm: Callable[..., Finished]
) -> None:
    sandbox_command.up("--topic", "orders:3", "--sample")
    sandbox_command.up("--topic", "orders", "--sample")
    listed = flowodm("topics", "list", "-o", "json", "--context", "sandbox:main")
    partitions = {each["name"]: each["partitions"] for each in json.loads(listed.stdout)}
    assert partitions == {"orders": 3, "payments": 2, "readings": 1, "user-events": 3}
    options = ("-e", "-o", "ndjson", "--context", "sandbox:main")
    done = flowodm("tail", "user-events", "payments", "readings", *options)
    assert done.exit_code == 0, done
    assert len(done.stdout.splitlines()) == 200


@pytest.mark.parametrize("text", ["orders:", "orders:x", "orders:0", "orders:-1"])
def test_a_wrong_number_of_partitions_is_refused_before_anything_starts(
    sandbox_command: SandboxCommand, text: str
) -> None:
    done = sandbox_command("up", "--topic", text)
    assert done.exit_code == 2
    assert f"--topic {text}" in done.stderr
    assert sandbox_command.status() == {}


def test_a_name_that_kafka_refuses_is_one_error(sandbox_command: SandboxCommand) -> None:
    done = sandbox_command("up", "--topic", "not a topic")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ") or "\nerror: " in done.stderr
    assert "Traceback" not in done.stderr
