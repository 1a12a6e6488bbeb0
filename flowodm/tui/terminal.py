"""The terminal, which may go at any moment: writing on one that is gone fails nobody.

Textual writes in a thread that ends with the first error, and whoever gives it the next frames
then waits for ever: the process would outlive its terminal.
"""

from contextlib import suppress
from typing import Any, TextIO

from textual.driver import Driver

__all__ = ["lasting"]


def lasting(driver: type[Driver]) -> type[Driver]:
    """Return a driver that goes on when its terminal is gone, until the app ends.

    Args:
        driver: The driver of this platform.
    """

    class LastingDriver(driver):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            if (file := getattr(self, "_file", None)) is not None:
                self._file = _LastingFile(file)

    return LastingDriver


class _LastingFile:
    """A terminal's file, whose errors are nobody's."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
