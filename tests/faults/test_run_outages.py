"""What `/readyz` and `/livez` say while a server is gone, and after it is back."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowodm.sandbox import Sandbox
from flowodm.sandbox.spec import free_ports
from tests.running import Project, RunningProcess, ask
from tests.servers import wait_until

pytestmark = pytest.mark.faults

PROMISED = 5.0
"""Seconds after which an outage is told."""


@pytest.fixture(scope="module")
def servers() -> Iterator[Sandbox]:
    """A broker and a registry; a test that stops one starts it again."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def project(
    servers: Sandbox, tmp_path: Path, clean_environment: dict[str, str]
) -> Iterator[Project]:
    directory = tmp_path / "project"
    directory.mkdir()
    made = Project(directory, servers.bootstrap_servers, servers.registry_url, clean_environment)
    made.make_topics()
    yield made
    made.close()


@pytest.fixture
def port() -> int:
    (found,) = free_ports(1)
    return found


def start(project: Project, port: int, *arguments: str) -> RunningProcess:
    """Start a loop, and wait until it is ready and has handled something."""
    project.fill(10)
    running = project.start(project.manifest("quick", health=port), *arguments)
    wait_until(lambda: len(project.handled()) == 10, seconds=60)
    wait_until(lambda: ask(port, "/readyz")[0] == 200, seconds=20)
    return running


def wait_for_outage(port: int, word: str) -> None:
    """Wait until it is not ready and says why; it lives all the same."""
    begun = time.monotonic()
    wait_until(lambda: ask(port, "/readyz")[0] == 503, seconds=PROMISED, what="not ready")
    assert time.monotonic() - begun < PROMISED
    wait_until(lambda: word in ask(port, "/readyz")[1], seconds=PROMISED, what=word)
    assert ask(port, "/livez")[0] == 200


def end(running: RunningProcess) -> list[str]:
    running.send(signal.SIGTERM)
    done = running.end(40)
    assert done.code == 0, done
    return done.kinds("quick")


def test_readiness_ends_with_the_registry_and_comes_back_with_it(
    servers: Sandbox, project: Project, port: int
) -> None:
    running = start(project, port)
    servers.kill_registry()
    try:
        wait_for_outage(port, "registry")
        assert "flowodm_registry_up 0.0" in ask(port, "/metrics")[1]
    finally:
        servers.start_registry()
    wait_until(lambda: ask(port, "/readyz")[0] == 200, seconds=15, what="ready again")
    end(running)


@pytest.mark.parametrize("arguments", [(), ("--workers", "1")], ids=["one process", "a worker"])
def test_readiness_ends_with_the_broker_and_comes_back_with_it(
    servers: Sandbox, project: Project, port: int, arguments: tuple[str, ...]
) -> None:
    running = start(project, port, *arguments)
    servers.kill_node()
    try:
        wait_for_outage(port, "loop `quick`")
    finally:
        servers.start_node()
    wait_until(lambda: ask(port, "/readyz")[0] == 200, seconds=60, what="ready again")
    project.fill(5)
    wait_until(lambda: len(set(project.handled())) == 15, seconds=60, what="it goes on")
    kinds = end(running)
    assert "outage begins" in kinds
    assert kinds.index("outage ends") > kinds.index("outage begins")
