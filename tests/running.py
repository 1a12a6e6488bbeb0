"""A project with a manifest, and `flowodm run` on it as a process of its own.

Its handlers write what they handled to a file, before they return: the oracle.
"""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.servers import wait_until
from tests.topics import create_topics

APP = """\
import asyncio, os, sys, time
from flowodm import FlowBaseModel

class Event(FlowBaseModel):
    class Settings:
        topic = "{topic}"
        key_field = "key"
    key: str
    n: int

class Other(Event):
    class Settings:
        topic = "{other}"

HANDLED = os.open("handled", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def note(event):
    os.write(HANDLED, f"{{type(event).__name__}} {{event.meta.partition}}:{{event.meta.offset}}\\n".encode())

def quick(event):
    note(event)

def slow(event):
    time.sleep(0.02)
    note(event)

async def tidy(event):
    await asyncio.sleep(0.02)
    note(event)

def hangs(event):
    if event.n == 7:
        open("hanging", "w").close()
        time.sleep(60)
    note(event)

def waits(event):
    while event.n == 7 and not os.path.exists("go"):
        time.sleep(0.02)
    note(event)

def fails(event):
    if event.n == 7:
        raise ValueError("no seven")
    note(event)

def prints(event):
    print("handling", event.n)
    note(event)

def dies(event):
    os._exit(9)
"""


class Project:
    """A directory with an application and a manifest, and a topic or two.

    Args:
        directory: The directory.
        bootstrap: The brokers.
        registry: The registry's URL.
        environ: What the processes' environment is made of.
    """

    def __init__(
        self, directory: Path, bootstrap: str, registry: str, environ: Mapping[str, str]
    ) -> None:
        self.directory = directory
        self.bootstrap = bootstrap
        self.environ = {
            **environ,
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "SCHEMA_REGISTRY_URL": registry,
        }
        self.name = f"run-{uuid.uuid4().hex[:12]}"
        self.other = f"{self.name}-other"
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self.processes: list[subprocess.Popen[bytes]] = []
        (directory / "app.py").write_text(APP.format(topic=self.name, other=self.other))

    def make_topics(self, partitions: int = 2) -> None:
        new = [NewTopic(name, partitions, 1) for name in (self.name, self.other)]
        create_topics(self._admin, *new)

    def manifest(self, *loops: str, health: int | None = None, name: str = "m.yaml") -> str:
        """Write a manifest; each loop is `name: handler, more: yaml`."""
        text = "loops:\n"
        for loop in loops:
            handler, _, more = loop.partition(",")
            model = "Other" if handler.endswith("@other") else "Event"
            handler = handler.removesuffix("@other")
            text += f"  - {{name: {handler}, model: 'app:{model}', handler: 'app:{handler}',"
            text += f" group: {self.group(handler)}, {more.strip()}}}\n"
        if health is not None:
            text += f"health: {{port: {health}}}\n"
        (self.directory / name).write_text(text)
        return name

    def group(self, handler: str) -> str:
        return f"{self.name}-{handler}"

    def fill(self, count: int, *, model: str = "Event", keys: int = 10) -> None:
        """Produce records through the application's own model."""
        program = f"""
            from app import {model} as model
            model.produce_many([model(key=f"k-{{n % {keys}}}", n=n) for n in range({count})])
        """
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program)],
            cwd=self.directory,
            env=self.environ,
            check=True,
            timeout=60,
        )

    def run(self, *arguments: str, timeout: float = 60) -> "Ended":
        """Run to the end."""
        running = self.start(*arguments)
        return running.end(timeout)

    def start(self, *arguments: str, lines: int | None = None) -> "RunningProcess":
        """Start `flowodm run`; whoever reads its stdout leaves after so many lines."""
        command = [sys.executable, "-m", "flowodm", "run", *arguments]
        started = RunningProcess(command, self.directory, self.environ, lines)
        self.processes.append(started.process)
        return started

    def handled(self, model: str = "Event") -> list[tuple[int, int]]:
        """Partition and offset of what was handled, in order."""
        path = self.directory / "handled"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        found = []
        for line in lines:
            kind, place = line.split()
            if kind == model:
                partition, offset = place.split(":")
                found.append((int(partition), int(offset)))
        return found

    def committed(self, handler: str, topic: str | None = None) -> dict[int, int]:
        """The offsets that the broker has for a loop's group."""
        topic = topic or self.name
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.group(handler)})
        try:
            parts = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            places = [TopicPartition(topic, number) for number in parts]
            return {
                one.partition: one.offset
                for one in consumer.committed(places, timeout=10)
                if one.offset >= 0
            }
        finally:
            consumer.close()

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait(10)
        for future in self._admin.delete_topics([self.name, self.other]).values():
            future.exception(timeout=15)


class Ended:
    """What a run left."""

    def __init__(self, code: int, stdout: str, stderr: str, seconds: float) -> None:
        self.code, self.stdout, self.stderr, self.seconds = code, stdout, stderr, seconds

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    def kinds(self, loop: str) -> list[str]:
        return [event["event"] for event in self.events() if event.get("loop") == loop]

    def __repr__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


class RunningProcess:
    """A run that is under way; what it writes is read as it comes."""

    def __init__(
        self,
        command: list[str],
        directory: Path,
        environ: Mapping[str, str],
        lines: int | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=directory,
            env=dict(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.stdout: list[str] = []
        self.stderr: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=each, daemon=True)
            for each in (
                (self.process.stdout, self.stdout, lines),
                (self.process.stderr, self.stderr, None),
            )
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream: Any, lines: list[str], most: int | None) -> None:
        with stream:
            for line in islice(stream, most):
                lines.append(line.decode("utf-8", "replace"))

    def wait_for(self, text: str, seconds: float = 40) -> None:
        """Wait until a text has been written to either stream."""

        def is_there() -> bool:
            assert self.process.poll() is None or text in self._all(), self._all()
            return text in self._all()

        wait_until(is_there, seconds=seconds, what=f"{text!r} in {self._all()}")

    def _all(self) -> str:
        return "".join([*self.stdout, *self.stderr])

    def send(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def end(self, timeout: float = 60) -> Ended:
        begun = time.monotonic()
        code = self.process.wait(timeout)
        seconds = time.monotonic() - begun
        for reader in self._readers:
            reader.join(10)
        return Ended(code, "".join(self.stdout), "".join(self.stderr), seconds)


def ask(port: int, path: str) -> tuple[int, str]:
    """Ask the health of a run; (0, "") when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def is_alive(pid: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z" and os.path.exists(f"/proc/{pid}")


def children_of(pid: int) -> list[int]:
    """List the child processes of a process."""
    import psutil

    return [child.pid for child in psutil.Process(pid).children()]
