"""Fixtures of the tests that use servers."""

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Finished
from tests.servers import TestServers


@dataclass(frozen=True)
class SandboxCommand:
    """`flowodm sandbox …` with a home of its own, on `main` unless another name is given.

    The sandbox that is called `default` would want the usual ports, as others beside us do.
    """

    run: Callable[..., Finished]

    def __call__(self, *arguments: str, **options: Any) -> Finished:
        """Run one command, whatever its exit code."""
        is_named = {"status", "--name", "--all"} & set(arguments)
        return self.run("sandbox", *arguments, *([] if is_named else ["--name", "main"]), **options)

    def up(self, *arguments: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Start a sandbox and return what is shown of it."""
        done = self("up", "-o", "json", *arguments, env=env)
        assert done.exit_code == 0, done
        return json.loads(done.stdout)

    def status(self) -> dict[str, dict[str, Any]]:
        """Return what is shown of each sandbox, by name."""
        done = self("status", "-o", "json")
        assert done.exit_code == 0, done
        return {found["name"]: found for found in json.loads(done.stdout)}


@pytest.fixture
def sandbox_command(flowodm: Callable[..., Finished]) -> Iterator[SandboxCommand]:
    """Run `flowodm sandbox`; what it leaves running is ended."""
    command = SandboxCommand(flowodm)
    yield command
    done = command("down", "--all", "--reset")
    assert done.exit_code == 0, done


def kill_9(pid: int) -> None:
    """End a process as a power cut would."""
    os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run(sandbox: TestServers, flowodm: Callable[..., Finished]) -> Callable[..., Finished]:
    """Run the command line on the session's broker, without a registry."""

    def run_(*arguments: str, **more: Any) -> Finished:
        return flowodm(
            *arguments, env={"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}, **more
        )

    return run_
