"""The inspector as a person sees it: a real cluster, in tmux."""

import os
import signal
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from tests.servers import wait_until
from tests.tui.tmux import Tmux

# They use the topics of the demo, as pages of the documentation do: one after the other.
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("docs")]

SCREENS_VARIABLE = "FLOWODM_TEST_SCREENS"
"""Names a directory that gets the screens of the whole visit, for a reader to look at."""


def test_a_whole_visit_in_tmux(tmux: Callable[..., Tmux], tmp_path: Path):
    pane = tmux()
    pane.see("user-events")
    pane.see("1 broker")
    pane.type("/user-ev")
    pane.see("like user-ev")
    pane.press("Enter")
    pane.see("o Sort")
    pane.press("d")
    pane.see("LEADER")
    wait_until(lambda: pane.cursor_line.startswith("▸"), seconds=20)  # what a reader reads aloud
    pane.press("Enter")
    pane.see("UserEvent v3")
    pane.see("FOLLOW")
    pane.type(" ")
    pane.see("PAUSED")
    pane.type(" ")
    pane.type("/")
    pane.see("where")
    pane.type('value.action == "PURCHASE" && value.nothing')
    pane.press("Enter")
    pane.see("Nothing matched yet")
    pane.type("/")
    pane.see("Take it")
    pane.press("C-u")
    pane.see(r"(?m)^ where *$")
    pane.type('value.action == "PURCHASE"')
    pane.see(r'where value\.action == "PURCHASE"')
    pane.press("Enter")
    pane.see(r"matched [1-9]")
    pane.press("Enter")
    pane.see("Action.PURCHASE")
    pane.type("x")
    pane.see(" bytes")
    pane.run("resize-window", "-x", "60", "-y", "15")
    pane.see("Hex")
    pane.type("e")
    pane.see("wrote ")
    pane.type("q")
    assert "Topics(1)" not in pane.see("ended 0")
    assert len([*tmp_path.glob("user-events-*.ndjson")]) == 1


@pytest.fixture
def two_contexts(servers: dict[str, str], tmp_path: Path) -> None:
    """A project with two contexts, which name the same servers differently."""
    port = servers["KAFKA_BOOTSTRAP_SERVERS"].rpartition(":")[2]
    registry = servers["SCHEMA_REGISTRY_URL"]
    lines = [
        f"  {name}: {{bootstrap_servers: '{host}:{port}', schema_registry: {{url: '{registry}'}}}}"
        for name, host in (("first", "127.0.0.1"), ("second", "localhost"))
    ]
    (tmp_path / "flowodm.yaml").write_text("version: 1\ncontexts:\n" + "\n".join(lines) + "\n")


@pytest.fixture
def lagging(servers: dict[str, str]) -> str:
    """A group that has read the first three records of a partition."""
    name = f"lagging-{uuid.uuid4().hex[:8]}"
    consumer = Consumer({"bootstrap.servers": servers["KAFKA_BOOTSTRAP_SERVERS"], "group.id": name})
    consumer.commit(offsets=[TopicPartition("user-events", 0, 3)], asynchronous=False)
    consumer.close()
    return name


def look(pane: Tmux, step: str, pattern: str) -> str:
    """Wait until a pattern is shown; keep the screen for a reader where one asked for it."""
    screen = pane.see(pattern)
    if directory := os.environ.get(SCREENS_VARIABLE):
        (Path(directory) / f"{step}.txt").write_text(screen)
    return screen


def test_everything_in_one_visit_from_the_topics_to_another_context(
    tmux: Callable[..., Tmux], two_contexts: None, lagging: str
):
    pane = tmux("--context", "first", size=(130, 36), env={})
    look(pane, "01-start", r"first │ 1 broker")
    pane.see("user-events")
    pane.type("/user-ev")
    look(pane, "02-find", "like user-ev")
    pane.press("Enter")
    pane.see("o Sort")
    pane.press("Enter")
    look(pane, "03-tail", r"(?s)UserEvent v3.*FOLLOW")
    pane.type("/")
    pane.see("Take it")
    pane.type('value.action == "PURCHASE"')
    pane.press("Enter")
    look(pane, "04-filter", r"matched [1-9]")
    pane.type(" ")
    look(pane, "05-pause", "PAUSED")
    pane.press("Enter")
    look(pane, "06-record", "Action.PURCHASE")
    pane.type("3")
    pane.see("user-events-value")
    pane.type("/user-ev")
    pane.see("like user-ev")
    pane.press("Enter")
    pane.see("o Sort")
    pane.press("Enter")
    pane.see("(?s)user-events-value.*d Mark")
    pane.press("Enter")
    look(pane, "07-diff", r"(?s)field_added|added")
    pane.type("2")
    pane.see(lagging)
    pane.type(f"/{lagging}")
    pane.see(f"like {lagging}")
    pane.press("Enter")
    pane.see("o Sort")
    pane.press("Enter")
    look(pane, "08-lag", r"user-events +0 .*\b3\b")
    pane.type(":")
    pane.see("A command")
    pane.type("ctx second")
    pane.see(r"ctx second\W+ctx second")
    pane.press("Enter")
    look(pane, "09-context", r"second │ 1 broker")
    pane.type("q")
    assert "Topics(1)" not in look(pane, "10-quit", "ended 0")


def sockets_and_threads(pid: int) -> tuple[int, int]:
    """How many of each a process has now."""
    links = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            links.append(os.readlink(link))
    threads = len([*Path(f"/proc/{pid}/task").iterdir()])
    return sum(link.startswith("socket:") for link in links), threads


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_another_context_in_the_middle_of_a_tail_leaves_nothing_of_the_one_before(
    tmux: Callable[..., Tmux], two_contexts: None
):
    pane = tmux("user-events", "--context", "first", env={}, size=(100, 24))
    pane.see("user_id=")
    counts = []
    for name in ("second", "first", "second"):
        pane.type(":")
        pane.see("A command")
        pane.type(f"ctx {name}")
        pane.see(rf"ctx {name}\W+ctx {name}")
        pane.press("Enter")
        pane.see(f"{name} │ 1 broker")
        pane.type(":")
        pane.see("A command")
        pane.type("topic user-ev")
        pane.see("topic user-events")
        pane.press("Enter")
        pane.see("user_id=")
        counts.append(sockets_and_threads(pane.pid))
    sockets, threads = counts[0]

    def are_as_before() -> bool:
        """A question that is out has sockets and threads for a moment; what is left has them on."""
        counts.append(sockets_and_threads(pane.pid))
        return counts[-1][0] <= sockets + 2 and counts[-1][1] <= threads + 2

    wait_until(are_as_before, seconds=20, what=f"no more than before: {counts}")
    pane.type("q")
    pane.see("ended 0")


def test_a_tail_goes_on_in_a_terminal_of_any_size(tmux: Callable[..., Tmux]):
    pane = tmux("user-events", size=(130, 36))
    pane.see("user_id=")
    for width, height in ((60, 15), (20, 5), (2, 2), (1, 1), (300, 5), (130, 36)):
        pane.run("resize-window", "-x", str(width), "-y", str(height))
        pane.press("k")
    pane.press("G")
    assert "user_id=" in pane.see("FOLLOW")
    pane.type("q")
    pane.see("ended 0")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_after_a_kill_nothing_is_left_and_reset_brings_the_terminal_back(
    tmux: Callable[..., Tmux],
):
    pane = tmux("user-events", then="exec sh -i")
    pane.see("user_id=")
    os.kill(pane.pid, signal.SIGKILL)
    pane.see("ended 137")
    pane.type("TERM=screen reset")
    pane.press("C-j")  # Enter is not a line's end yet
    wait_until(lambda: "FOLLOW" not in pane.screen, what="a clear screen")
    pane.see(r"(?m)^\S*[#$] *$")
    pane.type("stty -a")
    pane.press("Enter")
    pane.see(r"[^-]icanon")
