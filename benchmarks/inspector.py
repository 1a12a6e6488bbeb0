"""`flowodm tui` as a process on a pseudo-terminal, and a steady stream of records for it."""

import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from confluent_kafka import Producer

from benchmarks.messages import events
from flowodm.codec.framing import frame
from flowodm.config import RegistryConfig
from flowodm.registry import SchemaRegistry

SIZE = (130, 36)
FILTER = "value.items > 100"
"""One leaf; half of the records match."""
_LEAST_ITEMS = 101
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
_KEPT = 64_000
"""Characters of what was shown last that are kept."""


class Inspector:
    """A program on a pseudo-terminal; use it in a `with` statement.

    Args:
        arguments: Of `flowodm tui`.
        env: Variables on top of this process's own.
        command: Another program; its arguments are `arguments`.
        quit: What is typed to end it.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        env: dict[str, str],
        command: Sequence[str] = (sys.executable, "-m", "flowodm", "tui"),
        quit: str = "q",
    ) -> None:
        self._command = [*command, *arguments]
        self._env = env | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._quit = quit
        self.shown = ""
        """What was written last, without escape sequences."""

    def __enter__(self) -> Self:
        self.started = time.perf_counter()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.environ.update(self._env)
            os.execv(self._command[0], self._command)
        size = struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.type(self._quit)
            self.watch(0.3)
        os.close(self._master)
        os.waitpid(self.pid, 0)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def see(self, text: str, patience: float = 20.0) -> float:
        """Wait until a text is shown; return the seconds since the start."""
        seen, until = b"", time.perf_counter() + patience
        while text.encode() not in seen:
            if time.perf_counter() > until:
                raise RuntimeError(f"{text!r} never came: {seen[-2000:]!r}")
            seen += self._read()
        return self.seconds

    def watch(self, seconds: float) -> None:
        """Take what is shown for a while, and keep the end of it."""
        until = time.perf_counter() + seconds
        with suppress(OSError):
            while time.perf_counter() < until:
                text = self._read().decode(errors="replace")
                self.shown = (self.shown + _ESCAPES.sub("", text))[-_KEPT:]

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self.started

    @property
    def cpu(self) -> float:
        """Seconds of processor that it has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, name: str) -> float:
        """Megabytes: `VmRSS` now, `VmHWM` the most so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0]) / 1e3

    def _read(self) -> bytes:
        if select.select([self._master], [], [], 0.1)[0]:
            return os.read(self._master, 65536)
        return b""


@dataclass(frozen=True, slots=True)
class Produced:
    """What a stream was made of."""

    records: int
    matching: int
    """Of those, how many the filter lets through."""


def produce_steadily(
    servers: str, registry_url: str, topic: str, rate: float, seconds: float
) -> Produced:
    """Produce at a steady rate, for so long; the values are those of `events`."""
    source = events()
    settings = {"bootstrap.servers": servers, "linger.ms": 5, "enable.idempotence": True}
    producer = Producer(settings)
    registry = SchemaRegistry(RegistryConfig(url=registry_url))
    prefix = frame(registry.register(f"{topic}-value", json.dumps(source.schema)).schema_id)
    values = [
        (prefix + encoded, value["items"] >= _LEAST_ITEMS)
        for encoded, value in zip(source.encoded, source.values, strict=True)
    ]
    began, sent, matching = time.monotonic(), 0, 0
    while (elapsed := time.monotonic() - began) < seconds:
        while sent < elapsed * rate:
            value, does_match = values[sent % len(values)]
            try:
                producer.produce(topic, key=f"key-{sent % 1000}", value=value)
            except BufferError:
                break
            sent += 1
            matching += does_match
        producer.poll(0.01)
    if producer.flush(60):
        raise RuntimeError("not every record was written")
    return Produced(sent, matching)


if __name__ == "__main__":
    _, servers, registry_url, topic, rate, seconds = sys.argv
    made = produce_steadily(servers, registry_url, topic, float(rate), float(seconds))
    print(made.records, made.matching)
