"""A plan that is broken off, by `kill -9`, by Ctrl-C or by a registry: to apply again ends it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowodm.errors import PlanError, RegistryError
from flowodm.plan import Plan, RegisterSchema, SetLevel, apply_plan, carry_out
from tests.integration.plan_world import World, open_world, planned, project
from tests.integration.relay import relay
from tests.integration.terminal import Terminal
from tests.plans import Case, TopicCase, write_project
from tests.running import RunningProcess
from tests.servers import TestServers

pytestmark = pytest.mark.integration

CASE = Case(
    {
        "a": TopicCase((1, {"retention.ms": "1000"}), 3, 1, {"cleanup.policy": "compact"}),
        "b": TopicCase(None, 2, schemas={"key": 0, "value": 2}, level="FULL"),
    },
    {"b-value": (0, 1)},
    {},
    (0,),
    1,
    True,
)
STEPS = 8
"""Two topics, two levels, four schemas."""

PROGRAM = """
import os, signal, sys
from pathlib import Path
from flowodm.config import load_context
from flowodm.connection import KafkaConnection
from flowodm.plan import build_plan, carry_out, load_desired, read_state

desired = load_desired(Path("flowodm.yaml"))
with KafkaConnection(load_context()) as connection:
    steps = carry_out(connection, build_plan(desired, read_state(connection, desired)))
    for _ in range(int(sys.argv[1])):
        print(next(steps).step.name, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def world(sandbox: TestServers) -> Iterator[World]:
    with open_world(sandbox) as found:
        yield found


def environ(world: World, clean: dict[str, str], registry: str | None = None) -> dict[str, str]:
    return clean | {
        "KAFKA_BOOTSTRAP_SERVERS": str(world.kafka.context.bootstrap_servers),
        "SCHEMA_REGISTRY_URL": registry or world.registry_url,
    }


def test_killed_between_any_two_steps_it_is_ended_by_applying_again(
    world: World, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    for done in range(STEPS):
        with project(world, CASE) as (prefix, desired):
            directory = tmp_path / str(done)
            write_project(CASE, prefix, directory)
            killed = subprocess.run(
                [sys.executable, "-c", PROGRAM, str(done)],
                cwd=directory,
                env=environ(world, clean_environment),
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert killed.returncode == -signal.SIGKILL, killed.stderr
            assert len(killed.stdout.splitlines()) == done
            rest = planned(world, desired, prefix, prune=False)
            assert len(rest.steps) == STEPS - done
            assert not rest.blockers
            apply_plan(world.kafka, rest)
            assert planned(world, desired, prefix, prune=False).is_empty


def test_the_command_line_killed_within_any_registration_is_ended_by_applying_again(
    world: World, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    for number in (0, 2):
        with project(world, CASE) as (prefix, desired):
            directory = tmp_path / str(number)
            write_project(CASE, prefix, directory)
            held, free = threading.Event(), threading.Event()
            seen: list[str] = []

            def hold(
                method: str,
                path: str,
                number: int = number,
                seen: list[str] = seen,
                held: threading.Event = held,
                free: threading.Event = free,
            ) -> None:
                if method == "POST" and path.startswith("/subjects") and path.endswith("/versions"):
                    seen.append(path)
                    if len(seen) == number + 1:
                        held.set()
                        free.wait(30)

            with relay(world.registry_url, hold) as url:
                run = RunningProcess(
                    [sys.executable, "-m", "flowodm", "apply", "--yes", "-o", "ndjson"],
                    directory,
                    environ(world, clean_environment, url),
                )
                assert held.wait(30), run.stderr
                run.send(signal.SIGKILL)
                ended = run.end()
                free.set()
            lines = [json.loads(line) for line in ended.stdout.splitlines()]
            assert [line["action"] for line in lines[4:]] == ["register"] * number
            rest = planned(world, desired, prefix, prune=False)
            assert {step.kind for step in rest.steps} <= {"subject"}
            apply_plan(world.kafka, rest)
            assert planned(world, desired, prefix, prune=False).is_empty


def test_a_registry_that_turns_read_only_ends_it_and_another_apply_does_the_rest(
    world: World,
) -> None:
    registry = world.kafka.schema_registry()
    with project(world, CASE) as (prefix, desired):
        plan = planned(world, desired, prefix, prune=False)
        steps = carry_out(world.kafka, plan)
        done = [next(steps) for _ in range(5)]
        assert isinstance(done[-1].step, RegisterSchema)
        registry.set_mode("READONLY")
        try:
            with pytest.raises(PlanError) as caught:
                next(steps)
            blocked = planned(world, desired, prefix, prune=False)
        finally:
            registry.set_mode("READWRITE")
        error = caught.value
        assert error.done == tuple(done)
        assert error.undone == plan.steps[5:]
        assert isinstance(error.__cause__, RegistryError)
        assert error.message.splitlines()[1] == "5 of 8 steps are done, 3 are not"
        assert "apply again" in (error.hint or "")
        assert {one.reason for one in blocked.blockers} == {"the registry is in mode READONLY"}
        rest = planned(world, desired, prefix, prune=False)
        assert apply_plan(world.kafka, rest)
        assert planned(world, desired, prefix, prune=False).is_empty


def test_a_failed_step_is_told_with_what_is_done_and_what_is_not(
    world: World, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    def turn(method: str, path: str) -> None:
        if method == "POST" and path.endswith("b-value/versions"):
            world.kafka.schema_registry().set_mode("READONLY")

    with project(world, CASE) as (prefix, desired):
        write_project(CASE, prefix, tmp_path)
        with relay(world.registry_url, turn) as url:
            command = [sys.executable, "-m", "flowodm", "apply", "--yes", "-o", "json"]
            run = RunningProcess(command, tmp_path, environ(world, clean_environment, url))
            ended = run.end()
        world.kafka.schema_registry().set_mode("READWRITE")
        assert ended.code == 1, ended
        told = json.loads(ended.stdout)
        assert [len(told["done"]), len(told["undone"])] == [5, 3]
        assert f"could not register subject `{prefix}b-value` v3: " in told["error"]
        *_, first, second, hint = ended.stderr.splitlines()
        assert first.startswith(f"error: could not register subject `{prefix}b-value` v3: ")
        assert second == "  5 of 8 steps are done, 3 are not"
        assert hint.endswith("then apply again, which does what is left")
        assert apply_plan(world.kafka, planned(world, desired, prefix, prune=False))
        assert planned(world, desired, prefix, prune=False).is_empty


def test_ctrl_c_ends_it_between_two_steps_and_says_where(
    world: World, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    held, free = threading.Event(), threading.Event()

    def hold(method: str, path: str) -> None:
        if method == "POST" and path.endswith("b-value/versions"):
            held.set()
            free.wait(30)

    with project(world, CASE) as (prefix, desired):
        write_project(CASE, prefix, tmp_path)
        with relay(world.registry_url, hold) as url:
            terminal = Terminal(["apply"], environ(world, clean_environment, url), tmp_path)
            terminal.wait_for("Go on? [y/N]")
            terminal.type("y\n")
            assert held.wait(30), terminal.seen
            os.kill(terminal.process.pid, signal.SIGINT)
            terminal.wait_for(f"subject {prefix}b-key v1 registered")
            free.set()
            assert terminal.end() == 130
        assert f"subject {prefix}b-value v3 registered" in terminal.seen
        next_ = f"next would be to register subject `{prefix}address-value` v2"
        assert f"stopped after 6 of 8 steps; {next_}" in terminal.seen
        rest = planned(world, desired, prefix, prune=False)
        assert [step.name for step in rest.steps] == [
            f"{prefix}address-value",
            f"{prefix}user-value",
        ]
        apply_plan(world.kafka, rest)
        assert planned(world, desired, prefix, prune=False).is_empty


def test_the_steps_of_the_case_are_of_every_kind(world: World) -> None:
    with project(world, CASE) as (prefix, desired):
        plan: Plan = planned(world, desired, prefix, prune=False)
        assert len(plan.steps) == STEPS
        kinds = [step.action for step in plan.steps]
        assert kinds == ["create", "alter", "set", "set", *["register"] * 4]
        assert {type(step) for step in plan.steps} >= {SetLevel, RegisterSchema}
