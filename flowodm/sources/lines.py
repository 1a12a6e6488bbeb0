"""On which line of a JSON text a place stands: what annotations point at.

The text has been read before, so it is JSON; of anything else, as much as is clear is told.
"""

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["lines_of"]

_TOKEN: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"|//[^\n\r]*|/\*.*?\*/|[{}\[\],:]|[^\s{}\[\],:"/]+|/', re.DOTALL
)
_NOT_VALUES: Final = (",", "}", "]", ":")


def lines_of(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """Find the line of each place, from 1; of one that is not there, that of the nearest around it.

    Args:
        text: A JSON text.
        pointers: JSON pointers; `` and `/` are the root.
    """
    asked = {pointer: _plain(pointer) for pointer in pointers}
    wanted = {before for pointer in asked.values() for before in _with_parents(pointer)}
    found = _Scan(text, wanted).run()
    return {
        pointer: next((found[each] for each in _with_parents(plain) if each in found), 1)
        for pointer, plain in asked.items()
    }


def _plain(pointer: str) -> str:
    return pointer.rstrip("/")


def _with_parents(pointer: str) -> list[str]:
    """A pointer and those around it, the innermost first."""
    found = [pointer]
    while pointer:
        pointer = pointer.rpartition("/")[0]
        found.append(pointer)
    return found


class _Scan:
    """One pass over the words of a text, which follows what is wanted and steps over the rest."""

    def __init__(self, text: str, wanted: set[str]) -> None:
        self._text = text
        self._wanted = wanted
        self._found: dict[str, int] = {}
        self._open: list[tuple[str | None, bool]] = []
        """Each container around: its pointer where it is wanted, and whether it is an object."""
        self._index: list[int] = []
        self._key = ""
        self._line, self._at = 1, 0

    def run(self) -> dict[str, int]:
        expects_key = False
        for match in _TOKEN.finditer(self._text):
            word = match[0]
            if word.startswith(("//", "/*")):
                continue
            if expects_key and word.startswith('"'):
                self._key = word[1:-1].replace("~", "~0").replace("/", "~1")
                expects_key = False
            elif word not in _NOT_VALUES:
                self._value(match.start(), word)
                expects_key = word == "{"
            elif word == ",":
                expects_key = bool(self._open) and self._open[-1][1]
                if self._index:
                    self._index[-1] += 1
            elif word in "}]" and self._open:
                self._open.pop()
                self._index.pop()
                expects_key = False
            if len(self._found) == len(self._wanted):
                break
        return self._found

    def _value(self, at: int, word: str) -> None:
        pointer = self._pointer()
        if pointer is not None and pointer in self._wanted:
            self._line += self._text.count("\n", self._at, at)
            self._at = at
            self._found.setdefault(pointer, self._line)
        else:
            pointer = None
        if word in "{[":
            self._open.append((pointer, word == "{"))
            self._index.append(0)

    def _pointer(self) -> str | None:
        if not self._open:
            return ""
        around, is_object = self._open[-1]
        if around is None:
            return None
        return f"{around}/{self._key if is_object else self._index[-1]}"
