"""The main thread of `flowodm run`: it hears signals, writes what happens, and waits for the end."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import TextIOBase
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeAlias

from flowodm.cli import process
from flowodm.cli.options import Session
from flowodm.consumer.events import LoopEvent
from flowodm.errors import DrainTimeout, FlowODMError
from flowodm.health import Standing
from flowodm.manifest import read_manifest
from flowodm.running import files
from flowodm.running.crew import AFTER
from flowodm.running.order import WorkerOrder
from flowodm.running.supervisor import Supervisor, WorkerEnded

if TYPE_CHECKING:
    from flowodm.cli.run import RunRequest
    from flowodm.cli.run_view import View
    from flowodm.config import Context

__all__ = ["Message", "Messages", "Running", "Signals", "watch"]

_EVERY: Final = 0.25
_LOOK: Final = 0.7
"""Seconds between two looks at the sources."""

Message: TypeAlias = "tuple[int, LoopEvent | WorkerEnded | str]"
"""From which worker (0: this process), and what."""


class Running(Protocol):
    """What runs loops: the crew of this process, or a supervisor of others."""

    @property
    def failure(self) -> FlowODMError | None:
        """Why it ended without being asked to, or not in time."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""

    def start(self) -> None:
        """Start."""

    def stop(self) -> None:
        """End in order."""

    def cancel(self) -> None:
        """End soon."""

    def kill(self) -> None:
        """End now, as far as that can be."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end."""

    def standings(self) -> tuple[Standing, ...]:
        """Say how the loops stand."""


class Messages:
    """What happens in other threads, on its way to the main one."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Message | None] = SimpleQueue()

    def of_loop(self, event: LoopEvent) -> None:
        """Take an event of a loop of this process."""
        self._queue.put((0, event))

    def of_worker(self, worker: int, said: "LoopEvent | WorkerEnded | str") -> None:
        """Take what a worker tells."""
        self._queue.put((worker, said))

    def printed(self, line: str) -> None:
        """Take a line that a handler prints."""
        self._queue.put((0, line))

    def wake(self) -> None:
        """Have the main thread look up."""
        self._queue.put(None)

    def take(self, wait: float) -> list[Message]:
        """Wait for something to happen, and take all there is."""
        found: list[Message] = []
        try:
            first = self._queue.get(timeout=wait)
            while True:
                if first is not None:
                    found.append(first)
                first = self._queue.get_nowait()
        except Empty:
            return found

    @staticmethod
    def order_of(session: Session, request: "RunRequest", context: "Context") -> WorkerOrder:
        """Say what a worker is to do."""
        return WorkerOrder(
            manifest=request.manifest,
            context=context,
            to_end=request.burst,
            verbosity=session.values.verbose,
        )


class Signals:
    """SIGINT, SIGTERM and SIGHUP: a stop, then a cancel, then the end (S14).

    One that is ignored stays so (`nohup`).

    Until loops run, either one interrupts. The process ends within the loops' shutdown budget from
    the first on, whatever hangs. Handlers are the main thread's alone, and restored.

    Args:
        session: The run.
        messages: Woken by each signal.
    """

    def __init__(self, session: Session, messages: Messages) -> None:
        self._session = session
        self._messages = messages
        self._running: Running | None = None
        self._budget = 0.0
        self._previous: dict[int, Any] = {}
        self.count = 0

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)):
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def guard(self, running: Running, budget: float) -> None:
        """End these loops from now on, within so many seconds."""
        self._session.patience = threading.TIMEOUT_MAX  # ours counts
        self._running, self._budget = running, budget

    def hurry(self) -> None:
        """See to it that the process ends in time."""
        clock = threading.Timer(self._budget, self._end)
        clock.daemon = True
        clock.start()

    def _hear(self, number: int, frame: object) -> None:
        running = self._running
        if running is None:
            raise KeyboardInterrupt
        self.count += 1
        if self.count == 1:
            running.stop()
            self.hurry()
        elif self.count == 2:
            running.cancel()
        else:
            self._end()
        self._messages.wake()

    def _end(self) -> None:
        assert self._running is not None
        self._running.kill()
        process.end(DrainTimeout.exit_code)


def watch(
    session: Session,
    request: "RunRequest",
    running: Running,
    messages: Messages,
    signals: Signals,
    view: "View",
) -> int:
    """Run to the end, and show what happens meanwhile; return the exit code.

    Raises:
        FlowODMError: A loop failed, was refused, or did not end in time.
    """
    budget = max(loop.effective.shutdown_timeout for loop in request.manifest.loops) + AFTER
    sources = _Sources(session, request) if request.reload else None
    signals.guard(running, budget)
    with _printing(messages), _ending(running, signals, budget):
        running.start()
        while not running.is_over:
            view.show(messages.take(_EVERY))
            view.draw(running.standings(), asked=signals.count)
            if sources is not None and isinstance(running, Supervisor) and not signals.count:
                sources.look(running)
        view.show(messages.take(0.0))
        view.end(running.standings())
    if running.failure is not None:
        raise running.failure
    return 0


@contextmanager
def _ending(running: Running, signals: Signals, budget: float) -> Iterator[None]:
    """End the loops in order when nobody reads what they say, or it cannot be written."""
    try:
        yield
    except BaseException:
        running.stop()
        signals.hurry()
        running.wait(budget)
        raise


@contextmanager
def _printing(messages: Messages) -> Iterator[None]:
    """Take what handlers print: standard output is for data."""
    with redirect_stdout(_Lines(messages)):
        yield


class _Lines(TextIOBase):
    """Cuts what is printed into lines; threads write to it."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._rest = threading.local()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, rest = (getattr(self._rest, "text", "") + text).split("\n")
        self._rest.text = rest
        for line in lines:
            self._messages.printed(line)
        return len(text)


class _Sources:
    """The files that `--reload` looks at."""

    def __init__(self, session: Session, request: "RunRequest") -> None:
        self._session = session
        self._request = request
        self._seen = self._stamps()
        self._look_at = time.monotonic() + _LOOK

    def look(self, running: Supervisor) -> None:
        """Start anew when a file has changed."""
        if time.monotonic() < self._look_at:
            return
        before, self._seen = self._seen, self._stamps()
        self._look_at = time.monotonic() + _LOOK
        if not (found := files.changed(before, self._seen)):
            return
        manifest, output = self._request.manifest, self._session.output
        names = tuple(loop.name for loop in manifest.loops)
        try:
            again = read_manifest(Path(manifest.document.source)).only(names)
        except FlowODMError as error:
            output.warn(error.message)
            return
        output.note(f"{_shown(found[0])} has changed: starting anew")
        running.restart(self._order(again))

    def _order(self, manifest: Any) -> WorkerOrder:
        from dataclasses import replace

        context = self._session.load_context()
        return Messages.order_of(self._session, replace(self._request, manifest=manifest), context)

    def _stamps(self) -> files.Stamps:
        return files.stamps((self._request.manifest.path, *files.sources_below(Path.cwd())))


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
