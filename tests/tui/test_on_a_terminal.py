"""The inspector as a person runs it: a real cluster, a real terminal."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable

import pytest

from tests.integration.terminal import Terminal
from tests.servers import wait_until

# They use the topics of the demo, as pages of the documentation do: one after the other.
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("docs")]

LEFT_THE_SCREEN = "\x1b[?1049l"
SHOWED_THE_CURSOR = "\x1b[?25h"


def modes(terminal: Terminal) -> list[object]:
    """How the terminal is set: echo, lines, signals; its speeds and keys do not change."""
    return termios.tcgetattr(terminal._master)[:4]


@pytest.mark.parametrize(
    "ending",
    ["q", "\x03", signal.SIGTERM, signal.SIGHUP],
    ids=["q", "ctrl-c", "SIGTERM", "SIGHUP"],
)
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


def test_a_terminal_that_is_closed_leaves_no_process(terminal: Callable[..., Terminal]):
    inspector = terminal("user-events")
    inspector.wait_for("user_id=")
    os.close(inspector._master)
    inspector.process.wait(20)
    inspector._master = os.open(os.devnull, os.O_RDONLY)  # for the fixture to close


def test_a_terminal_that_cannot_be_drawn_on_is_refused(
    terminal: Callable[..., Terminal], clean_environment: dict[str, str]
):
    clean_environment["TERM"] = "dumb"
    inspector = terminal()
    assert inspector.end() == 2
    assert "`TERM` is `dumb`" in inspector.seen
    assert "\x1b[?1049h" not in inspector.seen


@pytest.mark.parametrize("closed", ["stdin", "stdout"])
def test_without_a_terminal_on_both_sides_it_says_so(
    clean_environment: dict[str, str], closed: str
):
    _, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "flowodm", "tui"],
        env=clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"},
        stdin=subprocess.DEVNULL if closed == "stdin" else slave,
        stdout=subprocess.PIPE if closed == "stdout" else slave,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "`flowodm tui` needs a terminal" in done.stderr


def test_a_megabyte_that_is_pasted_into_a_filter_is_told_and_the_keys_go_on(
    terminal: Callable[..., Terminal],
):
    inspector = terminal("user-events")
    inspector.wait_for("user_id=")
    inspector.type("/")
    inspector.wait_for("where")
    paste = b"\x1b[200~" + b"value.action == 1 || " * 50_000 + b"\x1b[201~"
    for start in range(0, len(paste), 4_096):
        os.write(inspector._master, paste[start : start + 4_096])
        inspector._read(0)
    inspector.wait_for("too long to paste", 60)
    inspector.seen = ""
    inspector.type("\x1b")
    inspector.wait_for("Pause")
    inspector.type("q")
    assert inspector.end() == 0


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
