"""`RegistryProbe`: whether the registry answers, asked every two seconds.

A loop that knows its schemas does not notice that the registry is gone, until a record comes with
a new one. Readiness tells of it before that.
"""

import threading
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Final, Self

from flowodm.errors import RegistryError, RegistryUnreachable

__all__ = ["RegistryProbe"]

_EVERY: Final = 2.0
_PATIENCE: Final = 2.5
"""Seconds without an answer that count as an outage; the client itself tries for longer."""


class RegistryProbe:
    """Asks in a thread of its own; a context manager.

    Args:
        ask: Asks the registry something small, and raises what it raises.
        every: Seconds between two questions.
    """

    def __init__(self, ask: Callable[[], object], *, every: float = _EVERY) -> None:
        self._ask = ask
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flowodm-probe", daemon=True)
        self._outage: str | None = None
        self._asked: float | None = None
        """When the question was asked that is open, on the monotonic clock."""

    @property
    def outage(self) -> str | None:
        """Why it does not answer; None when it does. One that refuses us answers."""
        asked = self._asked
        if asked is not None and self._outage is None and monotonic() - asked > _PATIENCE:
            return f"the registry has not answered for {monotonic() - asked:.0f} s"
        return self._outage

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()  # a question that is under way ends by itself

    def _run(self) -> None:
        while not self._ended.is_set():
            self._asked = monotonic()
            self._outage = self._look()
            self._asked = None
            self._ended.wait(self._every)

    def _look(self) -> str | None:
        try:
            self._ask()
        except RegistryUnreachable as error:
            return error.message
        except RegistryError:
            return None
        except Exception as error:  # noqa: BLE001 - a probe outlives whatever it meets
            return f"{type(error).__name__}: {error}"
        return None
