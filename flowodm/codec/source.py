"""Python source while it is being written: lines, indentation, fresh names, constants."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Constants", "Function"]


class Constants:
    """The values that a generated module knows by name; nothing of them is in its source."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._names: dict[int, str] = {}

    def add(self, value: Any) -> str:
        """A name for the value; the same name for the same object."""
        name = self._names.setdefault(id(value), f"K{len(self.values)}")
        self.values[name] = value
        return name


class Function:
    """A function being written."""

    def __init__(self, header: str, constants: Constants) -> None:
        self.constants = constants
        self.lines = [header]
        self.indent = 1
        self.is_counted = False
        """Whether the body uses `b`, the nodes that are left."""
        self._fresh = 0

    def emit(self, *lines: str) -> None:
        """Write lines at the present indentation."""
        margin = " " * self.indent
        self.lines.extend(margin + line for line in lines)

    def charge(self, amount: str) -> None:
        """Take so many nodes from those that are left."""
        self.is_counted = True
        self.emit(f"b[0] -= {amount}", "if b[0] < 0: raise FAIL")

    def fresh(self, letter: str) -> str:
        """A local name that is new in this function."""
        self._fresh += 1
        return f"{letter}{self._fresh}"

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Write a statement that has a body; what is written inside is the body."""
        self.emit(header)
        self.indent += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.emit("pass")
        self.indent -= 1
