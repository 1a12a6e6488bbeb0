"""Whose turn it is: the screen's, or that of a thread with much to do.

Threads of one process share one interpreter, so that a frame takes two or three times as long to
draw while records are decoded. A thread asks between two handfuls, and lets the frame be drawn
first; what waits is the work that nobody looks at.
"""

import selectors
import threading
from typing import Any, Final

__all__ = ["ScreenSelector", "let_screen_draw"]

_PATIENCE: Final = 0.02
"""Seconds that a screen with no end of things to do is let go first."""

_rests = threading.Event()
_rests.set()


class ScreenSelector(selectors.DefaultSelector):
    """The selector of the screen's event loop: while it waits, the screen has nothing to do."""

    def select(self, timeout: float | None = None) -> list[Any]:
        """Wait for something to do."""
        if timeout is None or timeout > 0:
            _rests.set()
        try:
            return super().select(timeout)
        finally:
            _rests.clear()

    def close(self) -> None:
        """End; there is no screen any more."""
        super().close()
        _rests.set()


def let_screen_draw() -> None:
    """Wait until the screen has nothing to do, but not for long; in a thread of much work."""
    _rests.wait(_PATIENCE)
