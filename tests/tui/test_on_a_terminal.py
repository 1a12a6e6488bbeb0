"""The inspector as a person runs it: a real cluster, a real terminal, in tmux where that is."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
import termios
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowodm.config import Context, RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.sandbox.demo import prepare, produce_sample
from tests.integration.terminal import Terminal
from tests.servers import TestServers, wait_until

pytestmark = pytest.mark.integration

TOPICS = ("user-events", "payments", "readings")
LEFT_THE_SCREEN = "\x1b[?1049l"
SHOWED_THE_CURSOR = "\x1b[?25h"


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


def modes(terminal: Terminal) -> list[object]:
    """How the terminal is set: echo, lines, signals; its speeds and keys do not change."""
    return termios.tcgetattr(terminal._master)[:4]


@pytest.mark.parametrize("ending", ["q", "\x03", signal.SIGTERM], ids=["q", "ctrl-c", "SIGTERM"])
def test_the_terminal_is_as_it_was_however_it_ends(
    terminal: Callable[..., Terminal], ending: str | signal.Signals
):
    inspector = terminal("user-events")
    before = modes(inspector)
    inspector.wait_for("user_id=")
    assert modes(inspector) != before
    if isinstance(ending, str):
        inspector.type(ending)
    else:
        inspector.process.send_signal(ending)
    assert inspector.end() == 0
    assert modes(inspector) == before
    assert LEFT_THE_SCREEN in inspector.seen
    assert SHOWED_THE_CURSOR in inspector.seen.rpartition(LEFT_THE_SCREEN)[2] + inspector.seen


def test_a_topic_is_found_tailed_filtered_and_opened_on_a_plain_terminal(
    terminal: Callable[..., Terminal],
):
    inspector = terminal()
    inspector.wait_for("user-events")
    inspector.type("/")
    inspector.wait_for("filter")
    inspector.type("user-ev")
    inspector.wait_for("like user-ev")
    inspector.seen = ""
    inspector.type("\r")
    inspector.wait_for("Open")
    inspector.type("\r")
    inspector.wait_for("UserEvent v3")
    inspector.type("/")
    inspector.wait_for("where")
    inspector.type('value.action == "PURCHASE"')
    inspector.seen = ""
    inspector.type("\r")
    wait_until(lambda: inspector.has_seen(r"matched [1-9]"), what="a match")
    inspector.type("\r")
    inspector.wait_for("Action.PURCHASE")
    inspector.type("q")
    assert inspector.end() == 0


class Tmux:
    """One pane of a tmux server of the test's own."""

    def __init__(self, command: str, size: tuple[int, int]) -> None:
        self._server = f"flowodm-{uuid.uuid4().hex[:8]}"
        width, height = size
        self.run("new-session", "-d", "-x", str(width), "-y", str(height), command)

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._server, "-f", "/dev/null", *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def type(self, text: str) -> None:
        self.run("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    @property
    def screen(self) -> str:
        return self.run("capture-pane", "-p")

    def see(self, text: str) -> str:
        """Wait until a pattern is on the screen; return what is there."""
        try:
            wait_until(lambda: re.search(text, self.screen), seconds=20)
        except AssertionError:
            raise AssertionError(f"{text!r} is not on the screen:\n{self.screen}") from None
        return self.screen

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._server, "kill-server"], check=False)


@pytest.fixture
def tmux(
    clean_environment: dict[str, str], servers: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., Tmux]]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    opened: list[Tmux] = []

    def open_tmux(*arguments: str, size: tuple[int, int] = (80, 24)) -> Tmux:
        variables = [f"{name}={value}" for name, value in (clean_environment | servers).items()]
        inspector = shlex.join([sys.executable, "-m", "flowodm", "tui", *arguments])
        shell = f"cd {shlex.quote(str(tmp_path))}; {inspector}; echo ended $?; exec sleep 600"
        opened.append(Tmux(shlex.join(["env", "-i", *variables, "sh", "-c", shell]), size))
        return opened[-1]

    yield open_tmux
    for one in opened:
        one.close()


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


def test_a_terminal_of_sixteen_colours_and_one_of_none_will_do(
    terminal: Callable[..., Terminal], clean_environment: dict[str, str]
):
    clean_environment["TERM"] = "xterm"
    inspector = terminal()
    inspector.wait_for("user-events")
    inspector.type("q")
    assert inspector.end() == 0
    assert "38;2;" not in inspector.seen
    clean_environment["NO_COLOR"] = "1"
    inspector = terminal()
    inspector.wait_for("user-events")
    inspector.type("q")
    assert inspector.end() == 0
