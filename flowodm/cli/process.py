"""This process: its three descriptors, its signals and its end."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, NoReturn, Self

from flowodm.cli.options import Session

__all__ = ["Shield", "end", "interrupts", "prepare_streams"]

_INTERRUPTED: Final = 130


def prepare_streams() -> None:
    """Open the standard descriptors that the caller closed, so that no socket takes their place.

    The stand-in for stdout is opened for reading: writing to it fails, as to a closed one.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError as error:
            if error.errno == errno.EBADF:
                os.open(os.devnull, os.O_WRONLY if descriptor != 1 else os.O_RDONLY)


@contextmanager
def interrupts(session: Session) -> Iterator[None]:
    """End the process soon after Ctrl-C, even while a library's call blocks the main thread.

    Python raises KeyboardInterrupt only between its own instructions, and a call into librdkafka
    may block for seconds. A thread hears of the signal at once, gives the command its patience
    (`options.command`) to end in order, then ends the process.
    """
    if os.name == "nt":  # there a pipe cannot tell of a signal
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    finished = threading.Event()
    threading.Thread(target=_watch, args=(reader, finished, session), daemon=True).start()
    try:
        yield
    finally:
        finished.set()
        signal.set_wakeup_fd(previous)


class Shield:
    """Holds Ctrl-C back while something is done that should be done whole, as writing a batch.

    Use the shield around the run, and `up()` around each such thing. One that is stuck is no
    matter: `interrupts` ends the process all the same.
    """

    def __init__(self) -> None:
        self._is_up = False
        self._is_hit = False
        self._previous: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._hit)
        return self

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    @contextmanager
    def up(self) -> Iterator[None]:
        """Do a thing whole; an interrupt that came meanwhile is raised after it.

        Raises:
            KeyboardInterrupt: If one came, and nothing else was raised.
        """
        self._is_up = True
        try:
            yield
        finally:
            self._is_up = False
        if self._is_hit:
            raise KeyboardInterrupt

    def _hit(self, number: int, frame: object) -> None:
        self._is_hit = True
        if not self._is_up:
            raise KeyboardInterrupt


def end(code: int) -> NoReturn:
    """End the process now, without waiting for the threads of libraries."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # reported already, or nobody to tell
            stream.flush()
    os._exit(code)


def _watch(reader: int, finished: threading.Event, session: Session) -> None:
    while signal.SIGINT not in os.read(reader, 64):
        pass
    if not finished.wait(session.patience):
        session.output.clear_status()
        end(_INTERRUPTED)
