"""Programs that run a loop (`loop_program.py`), started as members of a group."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["member", "start"]


def start(said: Mapping[str, Any], **more: Any) -> "subprocess.Popen[bytes]":
    """Start a program that does as it is told."""
    program = Path(__file__).with_name("loop_program.py")
    told = json.dumps({**said, **more})
    return subprocess.Popen(
        [sys.executable, str(program), told], env={**os.environ, "PYTHONPATH": os.getcwd()}
    )


@contextmanager
def member(said: Mapping[str, Any], **more: Any) -> Iterator["subprocess.Popen[bytes]"]:
    """A program that is ended with SIGTERM."""
    program = start(said, **more)
    try:
        yield program
        program.terminate()
        assert program.wait(60) == 0
    finally:
        program.kill()
        program.wait(30)
