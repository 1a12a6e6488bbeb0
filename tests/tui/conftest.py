"""The inspector as a process, on a cluster with the demo's topics."""

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowodm.config import Context, RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.sandbox.demo import prepare, produce_sample
from tests.integration.terminal import Terminal
from tests.servers import TestServers
from tests.tui.tmux import Tmux


@pytest.fixture(scope="module")
def servers(sandbox: TestServers) -> dict[str, str]:
    """The sandbox with the demo's topics and a hundred events; as variables."""
    context = Context(
        name="tui",
        bootstrap_servers=sandbox.bootstrap_servers,
        schema_registry=RegistryConfig(url=sandbox.registry_url),
    )
    with KafkaConnection(context) as connection:
        produce_sample(connection, prepare(connection))
    return {
        "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": str(sandbox.registry_url),
    }


@pytest.fixture
def terminal(
    clean_environment: dict[str, str], servers: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal(*arguments: str) -> Terminal:
        opened.append(Terminal(["tui", *arguments], clean_environment | servers, tmp_path))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


@pytest.fixture
def tmux(
    clean_environment: dict[str, str], servers: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., Tmux]]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    opened: list[Tmux] = []

    def open_tmux(
        *arguments: str,
        size: tuple[int, int] = (80, 24),
        env: dict[str, str] | None = None,
        then: str = "exec sleep 600",
    ) -> Tmux:
        env = clean_environment | (servers if env is None else env)
        variables = [f"{name}={value}" for name, value in env.items()]
        inspector = shlex.join([sys.executable, "-m", "flowodm", "tui", *arguments])
        shell = f"cd {shlex.quote(str(tmp_path))}; {inspector}; echo ended $?; {then}"
        opened.append(Tmux(shlex.join(["env", "-i", *variables, "sh", "-c", shell]), size))
        return opened[-1]

    yield open_tmux
    for one in opened:
        one.close()
