"""What the command line sets up for its process ends with the test that ran it."""

import logging
import sys
import threading
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Give logging back as it was: without `-v`, a run keeps every line to itself."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, threading.excepthook, sys.unraisablehook
    yield
    root.handlers[:], root.level, threading.excepthook, sys.unraisablehook = before
    logging.captureWarnings(False)
