"""The command line on a terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path


class Terminal:
    """A process on a pseudo-terminal of its own."""

    def __init__(self, arguments: list[str], environ: dict[str, str], cwd: Path) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flowodm", *arguments],
            env=environ | {"TERM": environ.get("TERM", "xterm-256color")},
            cwd=cwd,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Read on until a text has been seen."""
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} never came: {self.seen!r}"
            self._read(0.05)

    def has_seen(self, pattern: str) -> bool:
        """Read on for a moment; tell whether a pattern has been seen."""
        self._read(0.05)
        return re.search(pattern, self.seen) is not None

    def end(self, seconds: float = 20) -> int:
        """Read to the end and return the exit code."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it did not end: {self.seen!r}"
            self._read(0.05)
        while self._read(0.05):
            pass
        return self.process.returncode

    def type(self, text: str) -> None:
        """Type something, as a person does."""
        os.write(self._master, text.encode())

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # the other side has closed
            return False
        self.seen += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)

    def close(self) -> None:
        """End the process, if need be."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        os.close(self._master)
