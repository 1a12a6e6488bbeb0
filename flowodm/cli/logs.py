"""Logging of one run: to stderr, through `Output`, and only when `-v` asks for it.

librdkafka's lines, warnings and errors of background threads take the same way, so that they are
sanitized and hold no secret, whoever wrote them.
"""

import logging
import sys
import threading
from typing import Any

from flowodm.cli.options import Session
from flowodm.cli.output import Output, Span

__all__ = ["configure"]

_LEVELS = {0: logging.CRITICAL + 1, 1: logging.INFO}


def configure(session: Session) -> None:
    """Send this process's log records to the session's stderr, or nowhere without `-v`."""
    root = logging.getLogger()
    level = _LEVELS.get(session.values.verbose, logging.DEBUG)
    root.handlers[:] = [_OutputHandler(session.output, level)]
    root.setLevel(min(level, logging.CRITICAL))
    logging.captureWarnings(True)
    threading.excepthook = _log_thread_error
    sys.unraisablehook = _log_unraisable


class _OutputHandler(logging.Handler):
    """Writes log records as dim lines on stderr."""

    def __init__(self, output: Output, level: int) -> None:
        super().__init__(level)
        self._output = output
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, each of its lines as a line."""
        try:
            lines = self.format(record).splitlines()
        except (TypeError, ValueError):  # arguments that do not fit the message
            lines = [str(record.msg)]
        for line in lines:
            self._output.message(Span(line, "dim"))


def _log_thread_error(arguments: Any) -> None:
    logging.getLogger("flowodm").error(
        "a background thread failed: %s: %s", arguments.exc_type.__name__, arguments.exc_value
    )


def _log_unraisable(arguments: Any) -> None:
    logging.getLogger("flowodm").debug("ignored: %s", arguments.exc_value)
