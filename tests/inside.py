"""The command line in this process: off a terminal, for a tenth of what a new process costs."""

import io
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from flowodm.cli.app import run
from flowodm.cli.options import Session
from flowodm.cli.output import Output, Stream
from tests.conftest import Finished

__all__ = ["run_inside"]


def run_inside(arguments: list[str], directory: Path, environ: Mapping[str, str]) -> Finished:
    """Run one command in a directory and an environment, as `flowodm` of the fixtures does."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    with (
        _as_it_was(directory),
        patch.dict(os.environ, environ, clear=True),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO())),
    ):
        code = run(arguments, Session(Output(Stream(stdout), Stream(stderr))))
    out = stdout.getvalue()
    return Finished(code, out.decode(), stderr.getvalue().decode(), out)


@contextmanager
def _as_it_was(directory: Path) -> Iterator[None]:
    """Work in a directory; then give back what the command line sets up for its process."""
    root, before = logging.getLogger(), Path.cwd()
    kept = root.handlers[:], root.level, threading.excepthook, sys.unraisablehook
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)
        root.handlers[:], root.level, threading.excepthook, sys.unraisablehook = kept
        logging.captureWarnings(False)
