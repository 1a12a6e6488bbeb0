"""A value that does not fit its type: raised deep inside, told with its place at the top."""

from collections.abc import Collection
from typing import Final

from flowodm.avro.types import NO_DEFAULT, Record, Type
from flowodm.avro.words import shown
from flowodm.codec.limits import Limits
from flowodm.errors import SerializationError

__all__ = ["AMBIGUITY_PRICE", "DEPTH", "Misfit", "Shape", "TooDeep", "open_container"]

_MOST_STEPS = 40

DEPTH: Final = Limits().depth
"""What can be read again: nothing deeper is written."""

AMBIGUITY_PRICE: Final = DEPTH // 10
"""The depth that it costs to try a branch of a union when others could take the value too.

Each such level doubles the work, so ten of them inside each other are the most.
"""


class Misfit(Exception):
    """A value does not fit; each container on the way up adds where it stood.

    Args:
        reason: What was expected and what was found.
        hint: The cure.
    """

    def __init__(self, reason: str, *, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.steps: list[str] = []

    def inside_field(self, name: str) -> None:
        """Add the field that held the value."""
        self.steps.append(f".{name}")

    def inside_item(self, index: int) -> None:
        """Add the place in an array that held the value."""
        self.steps.append(f"[{index}]")

    def inside_key(self, key: object) -> None:
        """Add the key of a map that held the value."""
        self.steps.append(f'["{shown(key)[1:-1]}"]')

    def error(self) -> SerializationError:
        """The error for the caller, with the path from the root."""
        steps = self.steps[::-1]
        if len(steps) > _MOST_STEPS:
            steps = [*steps[: _MOST_STEPS // 2], "…", *steps[-_MOST_STEPS // 2 :]]
        path = "".join(steps).removeprefix(".")
        return SerializationError(self.reason, path=path, hint=self.hint)


class TooDeep(Misfit):
    """A value is nested deeper than can be read again; no other branch of a union would help."""


def open_container(depth: int) -> int:
    """Take the depth that a record, an array or a map costs.

    Raises:
        TooDeep: If there is none left.
    """
    if depth <= 0:
        raise TooDeep(
            f"the value is nested deeper than {DEPTH} records, arrays and maps",
            hint="where a union's branches look alike, say which: such a level counts for more",
        )
    return depth - 1


class Shape:
    """What the keys of a mapping say about a branch of a union, before its values are looked at."""

    def __init__(self, node: Type) -> None:
        fields = node.fields if isinstance(node, Record) else ()
        self._is_record = isinstance(node, Record)
        self._names = frozenset(field.name for field in fields)
        self._needed = frozenset(field.name for field in fields if field.default is NO_DEFAULT)

    def fits(self, keys: Collection[object]) -> bool:
        """Whether a mapping with these keys could be a value of the branch."""
        return not self._is_record or (self._names.issuperset(keys) and self._needed.issubset(keys))

    def lacks(self, keys: Collection[object]) -> bool:
        """Whether a mapping that fits leaves fields to their defaults."""
        return self._is_record and len(keys) < len(self._names)
