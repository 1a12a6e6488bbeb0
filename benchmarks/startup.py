"""What it takes until the command line answers: CPU time, as a ratio to `python -c pass`.

usage: python -m benchmarks.startup
"""

import os
import pty
import socket
import statistics
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.processes import measured, run
from benchmarks.rounds import ROUNDS
from flowodm.config import RegistryConfig
from flowodm.registry import SchemaRegistry
from flowodm.sandbox import Sandbox

CALLS = 10
"""Runs of one contender in a round; their median counts."""

FLOWODM = [sys.executable, "-m", "flowodm"]
COMPLETING = {"_FLOWODM_COMPLETE": "bash"}


def main() -> None:
    """Print one row a contender."""
    base = cpu([sys.executable, "-c", "pass"])
    rows: dict[str, tuple[Callable[[], float], list[float]]] = {
        "--version": (cpu([*FLOWODM, "--version"]), []),
        "--help, off a terminal": (cpu([*FLOWODM, "--help"]), []),
        "--help, on a terminal": (on_terminal([*FLOWODM, "--help"]), []),
        "completion of a command": (cpu([*FLOWODM, "ta"], COMPLETING), []),
        "import flowodm": (cpu([sys.executable, "-c", "import flowodm"]), []),
    }
    measure(rows, base)
    with Sandbox() as sandbox:
        measure(live(sandbox), base)
    slow = [dead_broker() for _ in range(ROUNDS)]
    print(
        f"| completion of a topic, no broker there | FlowODM | {three(slow, 2)} s of wall clock |"
    )


def measure(
    rows: dict[str, tuple[Callable[[], float], list[float]]], base: Callable[[], float]
) -> None:
    """Print how each contender does beside Python's own start."""
    for _ in range(ROUNDS):
        for contender, ratios in rows.values():
            ratios.append(contender() / base())
    for name, (_, ratios) in rows.items():
        print(f"| {name} | FlowODM | {three(ratios, 1)} × `python -c pass` |")


def three(figures: list[float], digits: int) -> str:
    shown = (min(figures), statistics.median(figures), max(figures))
    return " / ".join(f"{figure:.{digits}f}" for figure in shown)


def live(sandbox: Sandbox) -> dict[str, tuple[Callable[[], float], list[float]]]:
    """Completion that asks a cluster or a registry."""
    assert sandbox.registry_url is not None
    admin = AdminClient(dict(sandbox.client_config))
    for future in admin.create_topics([NewTopic(f"t-{n}", 1) for n in range(20)]).values():
        future.result(30)
    with SchemaRegistry(RegistryConfig(url=sandbox.registry_url)) as registry:
        registry.register("t-1-value", '"string"')
    env = COMPLETING | {
        "KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": sandbox.registry_url,
    }
    return {
        "completion of a live topic": (answered(["tail", "t-"], env), []),
        "completion of a live group": (answered(["groups", "lag", ""], env), []),
        "completion of a live subject": (answered(["registry", "show", "t-"], env), []),
    }


def answered(words: list[str], env: dict[str, str]) -> Callable[[], float]:
    """CPU seconds of completion, of those that were in time: a busy machine's may give up."""

    def once() -> float:
        for _ in range(20):
            with suppress(RuntimeError):
                return run([*FLOWODM, *words], env=env).cpu
        raise RuntimeError(f"completion of {words} never was in time")

    return lambda: statistics.median(once() for _ in range(CALLS))


def dead_broker() -> float:
    """Seconds until completion gives a silent broker up."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        env = COMPLETING | {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{server.getsockname()[1]}"}
        done, usage = measured(
            [*FLOWODM, "tail", ""], env={**os.environ, **env}, stdout=subprocess.DEVNULL
        )
    assert done.returncode in (0, 1)
    return usage.wall


def cpu(command: list[str], env: dict[str, str] | None = None) -> Callable[[], float]:
    return lambda: statistics.median(run(command, env=env).cpu for _ in range(CALLS))


def on_terminal(command: list[str]) -> Callable[[], float]:
    """CPU seconds of a command whose output is a terminal."""

    def once() -> float:
        before = os.times()
        pty.spawn(command, lambda descriptor: os.read(descriptor, 65536) and b"")
        after = os.times()
        return (after.children_user + after.children_system) - (
            before.children_user + before.children_system
        )

    return lambda: statistics.median(once() for _ in range(CALLS))


if __name__ == "__main__":
    main()
