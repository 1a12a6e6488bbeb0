"""Whole processes: seconds of wall clock and CPU, and peak memory, from the kernel's accounting."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LAUNCHER = """
import json, os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
told = [time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]
os.write(int(sys.argv[1]), json.dumps(told).encode())
os._exit(max(0, os.waitstatus_to_exitcode(status)) or bool(status))
"""
# The kernel keeps the peak of what was forked across the exec, so a lean process does the forking.


@dataclass(frozen=True, slots=True)
class Usage:
    """What one finished process took."""

    wall: float
    cpu: float
    peak_megabytes: float


def measured(command: Sequence[str], **options: Any) -> tuple["subprocess.CompletedProcess", Usage]:
    """Run a command to its end, and measure it.

    Args:
        command: The program, by its path, and its arguments.
        options: As of `subprocess.run`.
    """
    reading, writing = os.pipe()
    with open(reading, "rb") as told:
        try:
            launcher = [sys.executable, "-S", "-c", _LAUNCHER, str(writing), *command]
            done = subprocess.run(launcher, pass_fds=(writing,), **options)
        finally:
            os.close(writing)
        return done, Usage(*json.loads(told.read()))


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Usage:
    """Run a command, its output thrown away; a failing one is an error.

    Args:
        command: The program, by its path, and its arguments.
        env: Variables on top of this process's own.
    """
    done, usage = measured(
        command,
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return usage
