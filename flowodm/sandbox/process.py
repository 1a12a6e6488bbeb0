"""Server processes of a sandbox: started apart, found again, stopped.

A sandbox's processes are recognised by a mark in their command line that names the sandbox's
directory. What runs is therefore read from the process table, never believed from a file: after a
crash or a reboot nothing is stale, and a recycled process id is nobody's of ours. What is started
is not decided here.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

__all__ = [
    "ServerProcess",
    "find",
    "kill",
    "mark",
    "read_tail",
    "spawn",
    "stop",
]

_MARK = "flowodm.sandbox="
_GRACE = 8.0


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A process of a sandbox that is running."""

    role: str
    """`node-1` … `node-3`, or `registry`."""
    pid: int
    started: datetime


def mark(directory: Path, role: str) -> str:
    """Return what marks a process as a sandbox's: Java's `-D` and Python's `-X` both take it."""
    return f"{_MARK}{directory}::{role}"


def spawn(
    command: Sequence[str], *, log: Path, environ: Mapping[str, str], directory: Path
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that no terminal's signal reaches it.

    Args:
        command: The program and its arguments.
        log: Where its output is appended.
        environ: Its environment.
        directory: Its working directory.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - absolute paths, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            cwd=directory,
            start_new_session=True,
            creationflags=_DETACHED,
        )


_DETACHED = (
    getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    if sys.platform == "win32"
    else 0
)


def find(directory: Path) -> tuple[ServerProcess, ...]:
    """List the running processes of the sandbox that lives in a directory, by role."""
    found = []
    for process, role in _marked(directory):
        started = datetime.fromtimestamp(process.create_time(), UTC)
        found.append(ServerProcess(role, process.pid, started))
    return tuple(sorted(found, key=lambda item: item.role))


def _marked(directory: Path) -> list[tuple[psutil.Process, str]]:
    import psutil

    prefix = mark(directory, "")
    found = []
    for process in psutil.process_iter():
        try:
            role = _role(process.cmdline(), prefix)
        except psutil.Error:  # gone meanwhile, or not ours to look at
            continue
        if role is not None:
            found.append((process, role))
    return found


def _role(arguments: Iterable[str], prefix: str) -> str | None:
    for argument in arguments:
        option = argument[2:]
        if argument[:2] in ("-D", "-X") and option.startswith(prefix):
            return option.removeprefix(prefix)
    return None


def stop(directory: Path, roles: Sequence[str] | None = None, *, grace: float = _GRACE) -> None:
    """Ask a sandbox's processes to end, and kill those that have not after `grace` seconds.

    Args:
        directory: The sandbox's.
        roles: Which of its processes; all by default.
        grace: Seconds to finish in.
    """
    _end(directory, roles, grace)


def kill(directory: Path, roles: Sequence[str] | None = None) -> None:
    """End a sandbox's processes at once, as a power cut would."""
    _end(directory, roles, 0.0)


def _end(directory: Path, roles: Sequence[str] | None, grace: float) -> None:
    processes = [item for item, role in _marked(directory) if roles is None or role in roles]
    if grace > 0:
        for process in processes:
            _signal(process.terminate)
        processes = _wait(processes, grace)
    for process in processes:
        _signal(process.kill)
    _wait(processes, _GRACE)


def _signal(send: Callable[[], None]) -> None:
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        send()


def _wait(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait for processes to end; return those that have not."""
    until = time.monotonic() + seconds
    left = [process for process in processes if not _has_ended(process)]
    while left and time.monotonic() < until:
        time.sleep(0.01)
        left = [process for process in left if not _has_ended(process)]
    return left


def _has_ended(process: psutil.Process) -> bool:
    """Say whether a process is gone, or is a zombie that only its parent can put away.

    The first thread of a program may be a zombie while others still hold its ports.
    """
    import psutil

    try:
        is_zombie = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.NoSuchProcess:  # of which `ZombieProcess` is one
        return True
    return is_zombie or not process.is_running()


def read_tail(log: Path, lines: int = 12) -> list[str]:
    """Return the last lines of a log; none when there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 16_384))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-lines:]
