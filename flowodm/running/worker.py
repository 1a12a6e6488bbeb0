"""One process of several: runs a crew for a supervisor, `python -m flowodm.running.worker`.

The supervisor writes an order to standard input, then words, one a line: `stop`, `cancel`. The
end of standard input is a `stop`: nobody watches over us any more. What happens goes to standard
output as lines of JSON. What handlers print goes to standard error.
"""

import io
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from flowodm.consumer.events import LoopEvent
from flowodm.errors import FlowODMError
from flowodm.running.crew import Crew, Rebalances
from flowodm.running.order import WorkerOrder
from flowodm.running.wire import event_of, standing_of

__all__ = ["main"]

_EVERY: Final = 0.5
"""Seconds between two words about how the loops stand."""


class Voice:
    """What a worker says to its supervisor.

    Args:
        stream: Where to.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, said: Mapping[str, Any]) -> None:
        """Write one line; a supervisor that is gone is noticed elsewhere."""
        line = json.dumps(said).encode() + b"\n"
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError):
                pass

    def tell(self, event: LoopEvent) -> None:
        """Pass an event on."""
        self.say({"event": event_of(event)})

    def fail(self, error: FlowODMError) -> None:
        """Say why this worker ends."""
        self.say({"failure": error.message, "hint": error.hint})


def main() -> int:
    """Run the loops that the supervisor orders; return the exit code."""
    heard, voice = sys.stdin.buffer, Voice(_own_stdout())
    order = WorkerOrder.read(heard)
    _log(order.verbosity)
    try:
        crew = _crew(order, voice)
    except FlowODMError as error:
        voice.fail(error)
        return error.exit_code
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's; the supervisor hears it too
    signal.signal(signal.SIGTERM, lambda *_: crew.stop())
    crew.start()
    threading.Thread(target=_obey, args=(heard, crew), daemon=True).start()
    while not crew.wait(_EVERY):
        _report(crew, voice)
    _report(crew, voice)
    if crew.failure is not None:
        voice.fail(crew.failure)
        return crew.failure.exit_code
    return 0


def _own_stdout() -> BinaryIO:
    """Keep standard output for ourselves: what anybody prints goes to standard error."""
    kept = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    return kept


def _log(verbosity: int) -> None:
    from flowodm.config import RedactingFilter

    level = {0: logging.CRITICAL + 1, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(RedactingFilter())
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=level, handlers=[handler], format=form)


def _crew(order: WorkerOrder, voice: Voice) -> Crew:
    from flowodm.connection import connect
    from flowodm.running.build import build_loops

    rebalances = Rebalances(voice.tell)
    connection = connect(context=order.context)
    loops = build_loops(
        order.manifest, connection, on_event=rebalances, tell=lambda line: print(line)  # noqa: T201
    )
    return Crew(loops, rebalances, to_end=order.to_end)


def _report(crew: Crew, voice: Voice) -> None:
    voice.say({"standings": [standing_of(one) for one in crew.standings()]})


def _obey(heard: BinaryIO, crew: Crew) -> None:
    for line in heard:
        crew.cancel() if line.strip() == b"cancel" else crew.stop()
    nobody = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # a handler that prints would fail by the pipe that nobody reads
        os.dup2(nobody, stream)
    crew.stop()


if __name__ == "__main__":
    code = main()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # threads that hang in a handler are not waited for
