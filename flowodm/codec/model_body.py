"""A function that writes bytes, being written: its statements, and the pieces to put out next."""

from collections.abc import Sequence
from struct import Struct
from typing import Final

from flowodm.codec.source import Constants, Function

__all__ = ["Body"]

_MOST_PIECES: Final = 100
"""Pieces that one statement puts out."""


class Body(Function):
    """A function of an encoder.

    A piece is an expression of bytes. Pieces wait until something must come in between: `flush`
    then writes the statement that adds them to `o`, the list of what was put out.
    """

    def __init__(self, header: str, constants: Constants) -> None:
        super().__init__(header, constants)
        self.uses_list = False
        """Whether anything is put out before the end, to `o`."""
        self._pieces: list[str] = []
        self._packed: list[tuple[str, str]] = []
        """Neighbours that `struct` packs together, at the end of the pieces: code and value."""

    def put(self, *pieces: str) -> None:
        """Add pieces that wait."""
        self._end_packed()
        self._pieces.extend(pieces)
        if len(self._pieces) > _MOST_PIECES:
            self.flush()

    def pack(self, code: str, value: str) -> None:
        """Add a value that `struct` packs by a code."""
        self._packed.append((code, value))
        if len(self._packed) > _MOST_PIECES:
            self._end_packed()

    def take(self) -> Sequence[str]:
        """The pieces that wait; they wait no longer."""
        self._end_packed()
        pieces, self._pieces = self._pieces, []
        return pieces

    def flush(self) -> None:
        """Put out what waits."""
        pieces = self.take()
        if not pieces:
            return
        self.uses_list = True
        if len(pieces) == 1:
            self.emit(f"o.append({pieces[0]})")
        else:
            self.emit(f"o += {display(pieces)}")

    def _end_packed(self) -> None:
        if self._packed:
            codes, values = zip(*self._packed, strict=True)
            self._packed = []
            pack = self.constants.add(Struct("<" + "".join(codes)).pack)
            self._pieces.append(f"{pack}({', '.join(values)})")


def display(pieces: Sequence[str]) -> str:
    """The tuple of pieces, as an expression."""
    return f"({', '.join(pieces)},)"
