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

__all__ = ["configure", "finish"]

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


def finish() -> None:
    """Write what the log holds back."""
    for handler in logging.getLogger().handlers:
        handler.flush()


class _OutputHandler(logging.Handler):
    """Writes log records as dim lines on stderr, one that repeats itself only once.

    librdkafka tells of a broker that it cannot reach a hundred times a second.
    """

    def __init__(self, output: Output, level: int) -> None:
        super().__init__(level)
        self._output = output
        self._last = ""
        self._repeated = 0
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, each of its lines as a line."""
        try:
            message, text = record.getMessage(), self.format(record)
        except (TypeError, ValueError):  # arguments that do not fit the message
            message = text = str(record.msg)
        if message == self._last:
            self._repeated += 1
            return
        self._tell_repeated()
        self._last = message
        for line in text.splitlines():
            self._output.message(Span(line, "dim"))

    def flush(self) -> None:
        """Say how often the last line came again."""
        self._tell_repeated()

    def _tell_repeated(self) -> None:
        if self._repeated:
            self._output.message(Span(f"  … {self._repeated:,} times more", "dim"))
            self._repeated = 0


def _log_thread_error(arguments: Any) -> None:
    logging.getLogger("flowodm").error(
        "a background thread failed: %s: %s", arguments.exc_type.__name__, arguments.exc_value
    )


def _log_unraisable(arguments: Any) -> None:
    logging.getLogger("flowodm").debug("ignored: %s", arguments.exc_value)
