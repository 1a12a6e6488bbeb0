"""Whole processes: seconds of wall clock and CPU, and peak memory, from the kernel's accounting."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """What one finished process took."""

    wall: float
    cpu: float
    peak_megabytes: float


def run(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, output: str = os.devnull
) -> Usage:
    """Run a command to its end; a failing one is an error.

    Args:
        command: The program and its arguments.
        env: Variables on top of this process's own.
        output: The file that takes standard output.
    """
    with open(output, "wb") as stdout:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=stdout, stderr=subprocess.PIPE, env={**os.environ, **(env or {})}
        )
        assert process.stderr is not None
        complaint = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {complaint.decode()}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
