"""Completion offers the topics there are, and does not wait for a cluster that is silent."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.integration.consumer_groups import commit
from tests.servers import TestServers

pytestmark = pytest.mark.integration


@pytest.fixture
def complete(clean_environment: dict[str, str]) -> Callable[..., tuple[list[str], float]]:
    """Ask for candidates as a shell does; returns the words and the seconds it took."""

    def ask(
        *words: str, servers: str, registry: str = "http://127.0.0.1:1"
    ) -> tuple[list[str], float]:
        environ = clean_environment | {
            "_FLOWODM_COMPLETE": "bash",
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "SCHEMA_REGISTRY_URL": registry,
        }
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "flowodm", *words],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        words_found = [line.partition("\t")[0] for line in done.stdout.splitlines()]
        return words_found, time.monotonic() - began

    return ask


@pytest.mark.parametrize(
    "words",
    [
        ("tail", "-e"),
        ("topics", "list"),
        ("dlq", "replay", "a-dlt", "--to"),
        ("groups", "reset", "g", "--topic"),
        ("registry", "check", "a.avsc", "--against-topic"),
    ],
    ids=" ".join,
)
def test_topics_are_live(
    complete: Callable[..., tuple[list[str], float]],
    make_topic: Callable[..., str],
    sandbox: TestServers,
    words: tuple[str, ...],
) -> None:
    topic = make_topic(prefix="complete-me")
    make_topic(prefix="_complete-me")
    deadline = time.monotonic() + 120
    found: list[str] = []
    while not found:  # a busy machine may not start a process in time; the next one will
        assert time.monotonic() < deadline
        found, _ = complete(*words, topic[:-2], servers=sandbox.bootstrap_servers)
    assert found == [topic]  # a prefix of its own: other workers make topics, too


@pytest.mark.parametrize(
    "words",
    [("registry", "show"), ("registry", "list"), ("registry", "check", "a.avsc", "--subject")],
    ids=" ".join,
)
def test_subjects_are_live(
    complete: Callable[..., tuple[list[str], float]], registry_url: str, words: tuple[str, ...]
) -> None:
    from flowodm.config import RegistryConfig
    from flowodm.registry import SchemaRegistry

    with SchemaRegistry(RegistryConfig(url=registry_url)) as registry:
        registry.register("complete-me-value", '"int"')
    deadline = time.monotonic() + 120
    found: list[str] = []
    while not found:  # a busy machine may not start a process in time; the next one will
        assert time.monotonic() < deadline
        found, _ = complete(*words, "complete-me", servers="127.0.0.1:1", registry=registry_url)
    assert found == ["complete-me-value"]


@pytest.mark.parametrize(
    "words",
    [
        ("groups", "lag", "other"),
        ("groups", "list"),
        ("tail", "t", "-g"),
        ("dlq", "show", "--group"),
    ],
    ids=" ".join,
)
def test_groups_are_live(
    complete: Callable[..., tuple[list[str], float]],
    topic: str,
    sandbox: TestServers,
    words: tuple[str, ...],
) -> None:
    group = f"complete-group-{topic}"
    commit(sandbox.client_config, group, topic, {0: 0})
    deadline = time.monotonic() + 20
    found: list[str] = []
    while not found:  # a busy machine may not start a process in time; the next one will
        assert time.monotonic() < deadline
        found, _ = complete(*words, group[:-2], servers=sandbox.bootstrap_servers)
    assert found == [group]


def test_a_silent_registry_is_no_wait_and_no_error(
    complete: Callable[..., tuple[list[str], float]],
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        found, seconds = min(
            (
                complete("registry", "show", "", servers="127.0.0.1:1", registry=url)
                for _ in range(3)
            ),
            key=lambda ask: ask[1],
        )
    assert found == []
    assert seconds < 1


def test_a_silent_cluster_is_no_wait_and_no_error(
    complete: Callable[..., tuple[list[str], float]],
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        servers = f"127.0.0.1:{server.getsockname()[1]}"
        found, seconds = min(
            (complete("tail", "", servers=servers) for _ in range(3)), key=lambda ask: ask[1]
        )
    assert found == []
    assert seconds < 1  # half a second, and what a busy machine adds
