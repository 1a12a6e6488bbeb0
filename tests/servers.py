"""The servers of a test session: started when a test first asks, shared, ended by the last.

With pytest-xdist the workers share them. Each worker holds the writing end of a pipe that a guard
process reads; when the last worker is gone, whichever way, the guard ends the servers and removes
their files. Needs POSIX named pipes.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from flowodm.sandbox import process, secure, training
from flowodm.sandbox.servers import PortTaken, Servers
from flowodm.sandbox.spec import Node, SandboxSpec, free_ports, new_cluster_id

BOOTSTRAP_VARIABLE = "FLOWODM_TEST_BOOTSTRAP_SERVERS"
REGISTRY_VARIABLE = "FLOWODM_TEST_REGISTRY_URL"


@dataclass(frozen=True)
class TestServers:
    """Where tests find a broker and a registry."""

    __test__ = False

    bootstrap_servers: str
    registry_url: str | None
    client_config: dict[str, str] = field(default_factory=dict)
    spec: SandboxSpec | None = None
    """What was started; None when the environment names the servers."""


@contextmanager
def shared(directory: Path, start: Callable[[Path], dict]):
    """Yield what `start` returned, to all processes that name the same directory.

    Args:
        directory: The servers' own; made by the first who comes, removed when the last has gone.
        start: Starts the servers in it and says, in JSON, where they are.
    """
    directory.parent.mkdir(mode=0o700, exist_ok=True)
    with FileLock(f"{directory}.lock"):
        writer = _open_writer(directory)
        try:
            told = directory / "told.json"
            if not told.exists():
                answer = start(directory)
                told.write_text(json.dumps(answer))
            answer = json.loads(told.read_text())
        except BaseException:
            os.close(writer)
            raise
    try:
        yield answer
    finally:
        os.close(writer)


def _open_writer(directory: Path) -> int:
    """Hold the guard's pipe open; start the guard where there is none."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    fifo = directory / "held-open"
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    subprocess.Popen(
        [sys.executable, "-m", "flowodm.sandbox.guard", str(directory)],
        stdin=reader,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ).returncode = 0  # it outlives this process, so nobody here waits for it
    os.close(reader)
    return writer


def start_kafka(directory: Path, *, nodes: int = 1, secured: bool = False) -> dict:
    """Start Kafka with the embedded registry; the answer is the sandbox's JSON form."""
    for _ in range(3):
        try:
            return _start_kafka(directory, nodes, secured)
        except PortTaken:  # between finding a port and listening on it
            process.kill(directory)
            for node in directory.glob("node-*"):
                shutil.rmtree(node)
    return _start_kafka(directory, nodes, secured)


def _start_kafka(directory: Path, nodes: int, secured: bool) -> dict:
    training.train()  # many brokers are started in one run, each in half the time then
    ports = free_ports(2 * nodes + 1)
    spec = SandboxSpec(
        directory=directory,
        cluster_id=new_cluster_id(),
        nodes=tuple(Node(n + 1, ports[2 * n], ports[2 * n + 1]) for n in range(nodes)),
        registry_port=ports[-1],
        admin=secure.new_credentials("admin") if secured else None,
    )
    servers = Servers(spec)
    servers.start()
    servers.wait()
    _make_coordinator(spec.client_config())
    servers.leave_running()
    return spec.to_json()


def _make_coordinator(client_config: Mapping[str, str]) -> None:
    """Have the broker make its topic of offsets: librdkafka's admin client crashes meanwhile."""
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    consumer = Consumer({**client_config, "group.id": "first-of-all"})

    def is_there() -> bool:
        try:
            (found,) = consumer.committed([TopicPartition("no-such-topic", 0)], timeout=10)
        except KafkaException:
            return False
        return found.error is None

    try:
        wait_until(is_there, seconds=60, what="a group coordinator")
    finally:
        consumer.close()


def from_answer(directory: Path, answer: dict) -> TestServers:
    """Read the answer of `start_kafka`."""
    spec = SandboxSpec.from_json(directory, answer)
    return TestServers(spec.bootstrap_servers, spec.registry_url, spec.client_config(), spec)


def named_servers() -> TestServers | None:
    """Return the servers that the environment names, or None."""
    bootstrap = os.environ.get(BOOTSTRAP_VARIABLE)
    if not bootstrap:
        return None
    return TestServers(
        bootstrap, os.environ.get(REGISTRY_VARIABLE), {"bootstrap.servers": bootstrap}
    )


def answers(url: str) -> bool:
    """Say whether an HTTP GET is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False


def wait_until(condition: Callable[[], object], *, seconds: float = 15.0, what: str = "") -> None:
    """Poll until a condition holds; fail when it does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:g} s: {what or condition}")
        time.sleep(0.02)
