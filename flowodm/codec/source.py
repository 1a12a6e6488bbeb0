"""Python source while it is being written: lines, indentation, fresh names, constants.

And the module that is made of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["Constants", "Function", "Generated", "Nest"]

_MOST_BLOCKS: Final = 10
_MOST_LEVELS: Final = 16
_MOST_LINES: Final = 3_000


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


@dataclass(frozen=True, slots=True)
class Nest:
    """How deep inside a function a node is written."""

    open: int = 0
    """Containers that are open in this function."""
    blocks: int = 0
    levels: int = 0

    def inside(self, *, open: int = 0, blocks: int = 0) -> "Nest":
        """One level further in."""
        return Nest(self.open + open, self.blocks + blocks, self.levels + 1)

    def is_full(self, function: Function) -> bool:
        """Whether what comes next needs a function of its own: CPython nests only so much."""
        is_deep = self.levels >= _MOST_LEVELS or self.blocks >= _MOST_BLOCKS
        return is_deep or len(function.lines) > _MOST_LINES


@dataclass(frozen=True, slots=True)
class Generated:
    """The functions of a module, and the constants that they need."""

    functions: tuple[str, ...]
    """The source of each; apart, because CPython takes much memory to compile much at once."""
    constants: Mapping[str, Any]
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Constants that are tuples of the module's own functions, by name."""

    def load(self, kind: str, names: Mapping[str, Any]) -> dict[str, Any]:
        """Make the module, and nothing be known in it but these.

        Args:
            kind: What it is, for tracebacks.
            names: Everything that the functions may name besides the constants.
        """
        module = {"__builtins__": {}, **names, **self.constants}
        for text in self.functions:
            code = compile(text, f"<flowodm {kind}>", "exec", dont_inherit=True)
            exec(code, module)  # noqa: S102  # the source holds no text of the schema
        for name, functions in self.tables.items():
            module[name] = tuple(module[function] for function in functions)
        return module
