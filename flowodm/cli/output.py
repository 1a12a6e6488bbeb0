"""The only place that prints.

Everything for people goes through `Output.line` and its kin, span by span, and is sanitized
there; a style is applied after that, so no escape code can come from data. stdout is data, stderr
is the rest, and no secret of a context that was loaded leaves by it. Documents for machines are
JSON, YAML or bytes that their writer made safe.

Tables are laid out in `tables.py`, errors are worded in `errors.py`.
"""

import errno
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import RLock
from typing import BinaryIO, Final

from flowodm.display.sanitize import visible, visible_block
from flowodm.display.spans import Span, Spans, StyleName
from flowodm.errors import FlowODMError

__all__ = ["Output", "OutputClosed", "OutputFailed", "Span", "Spans", "StyleName"]

_CODES: Final[dict[str, str]] = {
    "red": "\x1b[31m",
    "yellow": "\x1b[33m",
    "green": "\x1b[32m",
    "cyan": "\x1b[36m",
    "dim": "\x1b[2m",
    "bold": "\x1b[1m",
}
_RESET: Final = "\x1b[0m"
_BUFFER: Final = 65_536


class OutputClosed(SystemExit):
    """Whoever read standard output has left (`| head -1`): end quietly."""

    def __init__(self) -> None:
        super().__init__(0)


class OutputFailed(FlowODMError):
    """Standard output does not take data: a full disk, a closed descriptor."""


class Stream:
    """One of the two streams: bytes out, with what its reader can show."""

    def __init__(
        self, raw: BinaryIO, *, is_tty: bool = False, color: bool = False, encoding: str = "utf-8"
    ) -> None:
        self.raw = raw
        self.is_tty = is_tty
        self.color = color
        self.encoding = encoding

    def encode(self, text: str) -> bytes:
        """Return `text` in the stream's encoding; what it lacks becomes a visible escape."""
        return text.encode(self.encoding, "backslashreplace")

    def is_abandoned(self) -> bool:
        """Whether this is a pipe whose reader has left."""
        import select

        if not hasattr(select, "poll"):
            return False
        try:
            descriptor = self.raw.fileno()
        except (OSError, ValueError):
            return False
        poll = select.poll()
        poll.register(descriptor, 0)
        return any(event & (select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))

    def paint(self, spans: tuple[Spans, ...]) -> str:
        """Join spans, sanitized, and styled when the stream shows colours."""
        parts: list[str] = []
        for span in spans:
            if isinstance(span, str):
                parts.append(visible(span))
            elif span.style is None or not self.color:
                parts.append(visible(span.text))
            else:
                parts.append(f"{_CODES[span.style]}{visible(span.text)}{_RESET}")
        return "".join(parts)


class Output:
    """Standard output and standard error of one run.

    Args:
        stdout: Where data goes.
        stderr: Where everything else goes.
        width: Columns of the terminal; None asks it each time.
        quiet: Whether notes are left out; warnings and errors are not.
    """

    def __init__(
        self, stdout: Stream, stderr: Stream, *, width: int | None = None, quiet: bool = False
    ) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.quiet = quiet
        self._width = width
        self._status_widths: tuple[int, ...] = ()
        """How wide each line of the status is that stands on the terminal."""
        self._lock = RLock()

    @classmethod
    def of_process(cls, environ: Mapping[str, str] = os.environ) -> "Output":
        """Return the output on this process's own streams."""
        return cls(_process_stream(sys.stdout, 1, environ), _process_stream(sys.stderr, 2, environ))

    @property
    def width(self) -> int:
        """Columns to fill: the terminal's, or 100 where there is none."""
        if self._width is not None:
            return self._width
        return max(shutil.get_terminal_size((100, 24)).columns, 20)

    @property
    def height(self) -> int:
        """Lines of the terminal."""
        return max(shutil.get_terminal_size((100, 24)).lines, 2)

    @property
    def table_width(self) -> int | None:
        """Columns that a table must fit: a terminal's; None (never cut) off a terminal."""
        return self.width if self.stdout.is_tty or self._width is not None else None

    def without_color(self) -> None:
        """Turn colours off on both streams (`--no-color`)."""
        self.stdout.color = False
        self.stderr.color = False

    def line(self, *spans: Spans) -> None:
        """Write one line of data for people to stdout."""
        self.data(self.stdout.encode(self.stdout.paint(spans) + "\n"))

    def block(self, text: str) -> None:
        """Write text of several lines to stdout; its line feeds and tabs are kept."""
        self.data(self.stdout.encode(visible_block(text)))

    def data(self, data: bytes) -> None:
        """Write bytes that are safe already (a machine format, or `raw` on demand) to stdout.

        Raises:
            OutputClosed: If the reader of stdout has left.
            OutputFailed: If stdout takes no data.
        """
        with self._lock:
            if self._status_widths:
                self.clear_status()
            try:
                self.stdout.raw.write(data)
            except OSError as error:
                _raise_for(error)

    def flush(self) -> None:
        """Hand everything written so far to the operating system.

        Raises:
            OutputClosed: If the reader of stdout has left.
            OutputFailed: If stdout takes no data.
        """
        try:
            self.stdout.raw.flush()
        except OSError as error:
            _raise_for(error)

    def is_abandoned(self) -> bool:
        """Whether stdout is a pipe whose reader has left; only writing tells, elsewhere."""
        return self.stdout.is_abandoned()

    def note(self, *spans: Spans) -> None:
        """Write one line about the run to stderr, unless `--quiet`.

        Behind the data that it is about, where both streams go to one place (`2>&1`, CI's logs).
        """
        if not self.quiet:
            with suppress(OSError, ValueError):  # kept; whoever writes data next is told
                self.stdout.raw.flush()
            self.message(*spans)

    def warn(self, text: str) -> None:
        """Write a warning to stderr."""
        self.message(Span("warning: ", "yellow"), text)

    def message(self, *spans: Spans) -> None:
        """Write one line to stderr, whatever the verbosity."""
        with self._lock:
            self.clear_status()
            self._to_stderr(self.stderr.paint(spans) + "\n")

    def ask(self, *spans: Spans) -> None:
        """Write a question to stderr; the answer stands on the same line."""
        self.clear_status()
        self._to_stderr(self.stderr.paint(spans))

    def status(self, *spans: Spans) -> None:
        """Draw the one status line of a terminal's stderr anew; nothing off a terminal."""
        self.status_lines((spans,))

    def status_lines(self, lines: Sequence[Sequence[Spans]]) -> None:
        """Draw several status lines anew, each cut to the terminal's width, as `status` does."""
        if not self.stderr.is_tty or self.quiet:
            return
        fitted = [_fit(tuple(line), self.width - 1) for line in lines[: self.height - 1]]
        drawn = "\x1b[K\n".join(self.stderr.paint(line) for line in fitted)
        with self._lock:
            fewer = "\x1b[J" if len(fitted) < len(self._status_widths) else ""
            rest = "\r" if len(fitted) > 1 else ""  # an echoed ^C then breaks no line
            self._to_stderr(f"{self._to_status()}{drawn}\x1b[K{fewer}{rest}")
            self._status_widths = tuple(map(_width, fitted))

    @property
    def has_status(self) -> bool:
        """Whether status lines stand on the terminal."""
        return bool(self._status_widths)

    def clear_status(self) -> None:
        """Take the status lines away, so that other text can stand there."""
        with self._lock:
            if self._status_widths:
                end = "\x1b[K" if len(self._status_widths) == 1 else "\x1b[J"
                start = self._to_status()
                self._status_widths = ()
                self._to_stderr(start + end)

    def _to_status(self) -> str:
        """Go to where the status begins; a terminal that got narrower has broken its lines."""
        rows = sum(max(1, -(-width // self.width)) for width in self._status_widths)
        return f"\r\x1b[{rows - 1}A" if rows > 1 else "\r"

    def _to_stderr(self, text: str) -> None:
        secrets = sys.modules.get("flowodm.config.secrets")  # no context loaded, no secret known
        if secrets is not None:
            text = secrets.redact(text)
        try:
            self.stderr.raw.write(self.stderr.encode(text))
            self.stderr.raw.flush()
        except (OSError, ValueError):  # nobody is there to be told
            pass


def _fit(spans: tuple[Spans, ...], width: int) -> tuple[Spans, ...]:
    from flowodm.display.text import cut, display_width

    fitted: list[Spans] = []
    for span in spans:
        text, style = (span, None) if isinstance(span, str) else span
        shown = cut(visible(text), width)
        fitted.append(Span(shown, style))
        width -= display_width(shown)
        if shown != visible(text) or width <= 0:
            break
    return tuple(fitted)


def _width(spans: tuple[Spans, ...]) -> int:
    from flowodm.display.text import display_width

    return sum(display_width(span if isinstance(span, str) else span.text) for span in spans)


def _process_stream(stream: object, descriptor: int, environ: Mapping[str, str]) -> Stream:
    # A buffer of our own: `python -u` has none, and writing to a raw file may write a part only.
    raw = open(descriptor, "wb", buffering=_BUFFER, closefd=False)  # noqa: SIM115 - lives as we do
    is_tty = raw.isatty()
    color = is_tty and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return Stream(raw, is_tty=is_tty, color=color, encoding=encoding)


def _raise_for(error: OSError) -> None:
    if isinstance(error, BrokenPipeError) or error.errno == errno.EPIPE:
        raise OutputClosed from error
    closed = error.errno == errno.EBADF
    reason = "standard output is closed" if closed else error.strerror or str(error)
    raise OutputFailed(f"cannot write the output: {reason}") from error
