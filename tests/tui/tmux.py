"""A terminal that can be looked at: one pane of tmux."""

import re
import subprocess
import uuid
from pathlib import Path

from tests.servers import wait_until


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
    def pid(self) -> int:
        """The process that the shell in the pane waits for."""
        shell = int(self.run("list-panes", "-F", "#{pane_pid}"))
        return int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])

    @property
    def screen(self) -> str:
        return self.run("capture-pane", "-p")

    @property
    def cursor_line(self) -> str:
        """The line that the terminal's own cursor is on, from there on."""
        x, y = map(int, self.run("display-message", "-p", "#{cursor_x} #{cursor_y}").split())
        return self.screen.split("\n")[y][x:]

    def see(self, text: str) -> str:
        """Wait until a pattern is on the screen; return what is there."""
        try:
            wait_until(lambda: re.search(text, self.screen), seconds=20)
        except AssertionError:
            raise AssertionError(f"{text!r} is not on the screen:\n{self.screen}") from None
        return self.screen

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._server, "kill-server"], check=False)
