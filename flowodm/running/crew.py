"""`Crew`: the loops of one process, each in a thread, started and ended together."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from flowodm.consumer.events import LoopEvent, OnEvent
from flowodm.errors import FlowODMError, LoopError
from flowodm.health import Standing
from flowodm.running.build import AnyLoop

__all__ = ["AFTER", "Crew", "Rebalances"]

AFTER: Final = 15.0
"""Seconds on top of a loop's `shutdown_timeout`: the last commit, leaving the group, and handing
over what was produced."""
_REBALANCES: Final = ("assigned", "revoked", "lost")


class Rebalances:
    """Counts the rebalances of loops as their events pass by.

    Args:
        listener: Told of every event.
    """

    def __init__(self, listener: OnEvent) -> None:
        self._listener = listener
        self._counts: Counter[str] = Counter()

    def __call__(self, event: LoopEvent) -> None:
        """Take an event of a loop."""
        if event.kind in _REBALANCES:
            self._counts[event.loop] += 1
        self._listener(event)

    def of(self, loop: str) -> int:
        """Return how often a loop was given partitions, or lost some."""
        return self._counts[loop]


class Crew:
    """The loops of one process.

    A loop that fails ends the others too, in order: a process of which a part is dead would look
    alive to whoever watches over it.

    Args:
        loops: The loops.
        rebalances: What their events pass through.
        to_end: Whether each ends when all that is there is done.
        on_over: Called when the last has ended, in its thread.
    """

    def __init__(
        self,
        loops: Sequence[AnyLoop],
        rebalances: Rebalances,
        *,
        to_end: bool = False,
        on_over: Callable[[], None] = lambda: None,
    ) -> None:
        self._loops = tuple(loops)
        self._rebalances = rebalances
        self._to_end = to_end
        self._on_over = on_over
        self._lock = threading.Lock()
        self._open = len(self._loops)
        self._over = threading.Event()
        self.failure: FlowODMError | None = None
        """Why the first loop ended that was not asked to, or not in time."""

    def start(self) -> None:
        """Start every loop."""
        for loop in self._loops:
            threading.Thread(
                target=self._run, args=(loop,), name=f"flowodm-{loop.name}", daemon=True
            ).start()

    def stop(self) -> None:
        """Ask every loop to end in order (S14, the first step)."""
        for loop in self._loops:
            loop.stop()

    def cancel(self) -> None:
        """Ask every loop to end soon (S14, the second step)."""
        for loop in self._loops:
            loop.cancel()

    def kill(self) -> None:
        """Nothing can end a thread; the process ends it (S14, the third step)."""

    @property
    def is_over(self) -> bool:
        """Whether every loop has ended."""
        return self._over.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every loop has ended; False when the time was up."""
        return self._over.wait(timeout)

    def standings(self) -> tuple[Standing, ...]:
        """Say how the loops stand."""
        return tuple(
            Standing(status=loop.status(), rebalances=self._rebalances.of(loop.name))
            for loop in self._loops
        )

    def _run(self, loop: AnyLoop) -> None:
        try:
            result = loop.run(to_end=self._to_end)
            if result is not None:
                asyncio.run(result)
        except FlowODMError as error:
            self._fail(error)
        except BaseException as error:  # noqa: BLE001 - whatever a handler or a hook raised
            reason = f"loop `{loop.name}` ended: {type(error).__name__}: {error}"
            failure = LoopError(reason.removesuffix(": "))
            failure.__cause__ = error
            self._fail(failure)
        finally:
            self._ended()

    def _fail(self, error: FlowODMError) -> None:
        with self._lock:
            self.failure = self.failure or error
        self.stop()

    def _ended(self) -> None:
        with self._lock:
            self._open -= 1
            is_last = self._open == 0
        if is_last:
            self._over.set()
            self._on_over()
