"""`Supervisor`: several processes that each run the loops of a manifest, watched over.

One that ends by itself is started again, later and later; one that keeps ending, or that says that
its configuration is wrong, ends the run.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from flowodm.consumer.events import LoopEvent
from flowodm.consumer.status import LoopStatus
from flowodm.errors import DrainTimeout, FlowODMError, LoopError
from flowodm.health import Standing
from flowodm.running.order import WorkerOrder
from flowodm.running.restarts import Restarts
from flowodm.running.wire import event_from, standing_from

__all__ = ["Listener", "Supervisor", "WorkerEnded"]

_EVERY: Final = 0.1
_SILENT: Final = 20.0
"""Seconds without a word, after which a worker counts as hanging."""
_FINAL: Final = (2, 4)
"""Exit codes that another start would not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnded:
    """A worker has ended by itself."""

    worker: int
    code: int
    """Its exit code; below 0 the signal that ended it."""
    text: str = ""
    """Why, in its own words."""
    delay: float | None = None
    """Seconds until it is started again; None: it is not."""


Listener: TypeAlias = Callable[[int, "LoopEvent | WorkerEnded | str"], None]
"""Told of a worker's events, its end, and the lines that it prints, with its number."""


class Supervisor:
    """Processes that run the same loops.

    Args:
        order: What each is to do.
        count: How many; they are numbered from 1.
        listener: Told of what happens, in threads of the supervisor.
        is_patient: Whether one that keeps ending waits for `restart`, instead of ending the run.
        on_over: Called when the last has ended for good.
    """

    def __init__(
        self,
        order: WorkerOrder,
        count: int,
        listener: Listener,
        *,
        is_patient: bool = False,
        on_over: Callable[[], None] = lambda: None,
    ) -> None:
        self._is_patient = is_patient
        self._on_over = on_over
        self._listener = listener
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._is_stopping = False
        self._workers = tuple(_Worker(number, order, self._hear) for number in range(1, count + 1))
        self.failure: FlowODMError | None = None
        """Why the run ends, when it was not asked to."""

    def start(self) -> None:
        """Start the processes, and the thread that watches over them."""
        for worker in self._workers:
            worker.start()
        threading.Thread(target=self._watch, name="flowodm-supervisor", daemon=True).start()

    def stop(self) -> None:
        """Ask every worker to end in order."""
        self._is_stopping = True
        for worker in self._workers:
            worker.say(b"stop")

    def cancel(self) -> None:
        """Ask every worker to end soon."""
        self._is_stopping = True
        for worker in self._workers:
            worker.say(b"cancel")

    def kill(self) -> None:
        """End every worker now."""
        self._is_stopping = True
        for worker in self._workers:
            worker.kill()

    def restart(self, order: WorkerOrder) -> None:
        """Have every worker end in order and start anew, since what it runs has changed."""
        for worker in self._workers:
            worker.renew(order)

    @property
    def is_over(self) -> bool:
        """Whether every worker has ended for good."""
        return self._ended.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every worker has ended for good; False when the time was up."""
        return self._ended.wait(timeout)

    def standings(self) -> tuple[Standing, ...]:
        """Say how the loops stand in each worker."""
        return tuple(one for worker in self._workers for one in worker.standings())

    def _hear(self, worker: "_Worker", said: "LoopEvent | str") -> None:
        self._listener(worker.number, said)

    def _watch(self) -> None:
        while [worker for worker in self._workers if self._look_at(worker)]:
            time.sleep(_EVERY)
        self._ended.set()
        self._on_over()

    def _look_at(self, worker: "_Worker") -> bool:
        """See to one worker; False when it has ended for good."""
        if worker.is_done or (code := worker.poll()) is None:
            return not worker.is_done
        if worker.is_renewed and not self._is_stopping:
            worker.restarts = Restarts()
            worker.start()
            return True
        if self._is_stopping or (code == 0 and worker.is_bounded):
            worker.is_done = True
            self._settle(worker, code)
            return False
        return self._meet_end(worker, code)

    def _meet_end(self, worker: "_Worker", code: int) -> bool:
        """Decide on a worker that ended by itself."""
        delay = None if code in _FINAL else worker.restarts.ended(worker.lasted)
        told = WorkerEnded(worker=worker.number, code=code, text=worker.failure[0], delay=delay)
        self._listener(worker.number, told)
        if delay is not None or self._is_patient:
            worker.rest(delay)
            return True
        worker.is_done = True
        self._settle(worker, code, is_crash_loop=code not in _FINAL)
        self.stop()
        return False

    def _settle(self, worker: "_Worker", code: int, *, is_crash_loop: bool = False) -> None:
        if code == 0 and not is_crash_loop:
            return
        with self._lock:
            self.failure = self.failure or _failure(worker, code, is_crash_loop=is_crash_loop)


def _failure(worker: "_Worker", code: int, *, is_crash_loop: bool) -> FlowODMError:
    text, hint = worker.failure
    if code == DrainTimeout.exit_code:
        return DrainTimeout(text or f"worker {worker.number} ended before its work", hint=hint)
    how = f"signal {-code}" if code < 0 else f"exit {code}"
    if is_crash_loop:
        text = f"worker {worker.number} ended {worker.restarts.crashes} times in a row" + (
            f", at last so: {text}" if text else f" ({how})"
        )
    error = LoopError(text or f"worker {worker.number} ended ({how})", hint=hint)
    error.exit_code = code if code in _FINAL else 1
    return error


class _Worker:
    """One process, as its supervisor has it."""

    def __init__(
        self,
        number: int,
        order: WorkerOrder,
        hear: "Callable[[_Worker, LoopEvent | str], None]",
    ) -> None:
        self.number = number
        self.restarts = Restarts()
        self.failure: tuple[str, str | None] = ("", None)
        self.is_done = False
        self.is_renewed = False
        self.is_bounded = order.to_end
        self._order = order
        self._hear = hear
        self._process: subprocess.Popen[bytes] | None = None
        self._readers: tuple[threading.Thread, ...] = ()
        self._lock = threading.RLock()
        self._is_asked_to_end = False
        self._start_at: float | None = None
        self._started = self._heard = 0.0
        self._told: tuple[Standing, ...] = ()

    @property
    def lasted(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def start(self) -> None:
        """Start the process, apart from the terminal: its signals are the supervisor's."""
        with self._lock:
            if self._is_asked_to_end:
                self.is_done = True
                return
            self.failure, self.is_renewed, self._start_at, self._told = ("", None), False, None, ()
            self._started = self._heard = time.monotonic()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "flowodm.running.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            assert self._process.stdin is not None
            with suppress(OSError):  # it ended at once, which is noticed
                self._order.write(self._process.stdin)
            self._read(self._process)

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        streams = ((self._listen, process.stdout), (self._print, process.stderr))
        self._readers = tuple(
            threading.Thread(target=read, args=(stream,), daemon=True) for read, stream in streams
        )
        for reader in self._readers:
            reader.start()

    def rest(self, seconds: float | None) -> None:
        """Start it again later; None: when it is renewed."""
        with self._lock:
            self._close()
            self._start_at = None if seconds is None else time.monotonic() + seconds

    def renew(self, order: WorkerOrder) -> None:
        """Start it again with another order, once it has ended in order."""
        with self._lock:
            self._order = order
            if self._process is None:
                self.restarts, self._start_at = Restarts(), 0.0
                return
            self.is_renewed = True
            self._write(b"stop")

    def poll(self) -> int | None:
        """Return its exit code when it has ended; start it when it is due."""
        if self._process is None:
            if self._is_asked_to_end:
                self.is_done = True
            elif self._start_at is not None and time.monotonic() >= self._start_at:
                self.start()
            return None
        code = self._process.poll()
        if code is not None:
            for reader in self._readers:
                reader.join(1.0)  # its last words
        return code

    def say(self, word: bytes) -> None:
        """Tell it to end, for good."""
        with self._lock:
            self._is_asked_to_end = True
            self._write(word)

    def _write(self, word: bytes) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, ValueError):
                self._process.stdin.write(word + b"\n")
                self._process.stdin.flush()

    def _close(self) -> None:
        """Let go of a process that has ended."""
        process, self._process, self._told = self._process, None, ()
        if process is not None:
            for stream in (process.stdin, process.stdout, process.stderr):
                with suppress(OSError, ValueError):
                    stream and stream.close()

    def kill(self) -> None:
        """End it now."""
        if self._process is not None:
            self._process.kill()

    def standings(self) -> tuple[Standing, ...]:
        """Say how its loops stand; one that is not there has new ones, one that hangs says so."""
        told = self._told
        if not told:
            return tuple(
                Standing(status=_unknown(loop.name), worker=self.number)
                for loop in self._order.manifest.loops
            )
        if (silence := time.monotonic() - self._heard) < _SILENT:
            return told
        return tuple(
            replace(one, status=replace(one.status, heartbeat_age=silence)) for one in told
        )

    def _listen(self, stream: Any) -> None:
        for line in stream:
            self._heard = time.monotonic()
            self._take(json.loads(line))

    def _take(self, said: dict[str, Any]) -> None:
        if "standings" in said:
            self._told = tuple(standing_from(one, worker=self.number) for one in said["standings"])
        elif "event" in said:
            self._hear(self, event_from(said["event"]))
        elif "failure" in said:
            self.failure = (said["failure"], said["hint"])

    def _print(self, stream: Any) -> None:
        for line in stream:
            self._hear(self, line.decode("utf-8", "replace").rstrip("\n"))


def _unknown(name: str) -> LoopStatus:
    return LoopStatus(name=name, topic="", group="", state="new")
