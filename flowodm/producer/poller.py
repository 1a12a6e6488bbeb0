"""One client of librdkafka, and the thread that takes its delivery reports in."""

import threading
from typing import TYPE_CHECKING, Final

from flowodm.producer.failures import LOGGER, Unheard

if TYPE_CHECKING:
    from confluent_kafka import Producer

__all__ = ["Poller"]

_STEP: Final = 0.1
"""Seconds that the thread stays in librdkafka at a time, when no report comes."""
_REST: Final = 1.0
"""Seconds between two looks at a client that has nothing to report but a token to renew."""


class Poller:
    """Takes reports in from the first `wake` to `end`, in a daemon thread.

    It polls while records are open, and rests while there are none. While somebody waits for a
    record (`awaited`), it flushes: librdkafka then sends at once, whatever `linger.ms` says, as
    it does for a caller who flushes by hand. While others take the reports in themselves
    (`attended`), it keeps out of their way: two threads would only pass the interpreter's lock
    back and forth.
    """

    def __init__(self, client: "Producer") -> None:
        self.client = client
        self.awaited: set[object] = set()
        """Whoever waits for a record: threads and futures."""
        self.attended: list[None] = []
        """An entry for everyone who polls the client."""
        self.unheard = Unheard()
        self.trouble: Exception | None = None
        """What polling raised last: a fatal error of the client."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._is_resting = False
        self._is_ending = False

    def wake(self) -> None:
        """See that the thread runs and looks at the client now; call it after a record went in."""
        if self._is_resting:
            self._wake.set()
        elif self._thread is None:
            self._start()

    def is_here(self) -> bool:
        """Tell whether the caller runs in the thread, as a record's callback does."""
        return self._thread is threading.current_thread()

    def end(self, timeout: float | None) -> None:
        """End the thread.

        Args:
            timeout: Seconds to wait for it; a callback of a user's own may hold it longer.
        """
        with self._lock:
            thread, self._is_ending = self._thread, True
            self._wake.set()
        if thread is not None and not self.is_here() and timeout:
            thread.join(timeout)
        self.unheard.tell(at_once=True)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._is_ending = False
                self._wake.clear()
                self._thread = threading.Thread(
                    target=self._run, name="flowodm-delivery", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while not self._is_ending:
            try:
                self._step()
            except Exception as error:  # noqa: BLE001 - fatal for the client, not for its thread
                self.trouble = error
                LOGGER.error("a producer failed: %s", error, exc_info=error)
            self.unheard.tell()
        with self._lock:
            self._thread = None
        if self.awaited:  # somebody came while it ended
            self.wake()

    def _step(self) -> None:
        if not len(self.client) or self._is_attended():
            self._rest()
        elif self.awaited:
            self.client.flush(_STEP)
        else:
            self.client.poll(_STEP)

    def _rest(self) -> None:
        self._is_resting = True  # before the second look: a record that came since then wakes us
        if not len(self.client) or self._is_attended():
            self._wake.wait(_STEP if self.attended else _REST)
        self._is_resting = False
        self._wake.clear()
        if not self._is_ending:
            self.client.poll(0)

    def _is_attended(self) -> bool:
        return bool(self.attended) and not self.awaited
