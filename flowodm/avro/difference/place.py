"""Where a change is: a place in each of the two schemas, and the field it belongs to."""

from typing import Final, NamedTuple

from flowodm.avro.schema import Schema
from flowodm.avro.types import Array, Map, NamedType, Record, Type, Union
from flowodm.avro.words import Path, pointer, shown

__all__ = ["ROOT", "Place", "definitions", "dotted", "grown", "slashed"]

_MOST_STEPS: Final = 40
_HALF: Final = _MOST_STEPS // 2


class Place(NamedTuple):
    """A place in both schemas."""

    old: Path
    new: Path
    field: tuple[str, ...]
    """The names of the fields from the root, with `[]` for items and `{}` for values; the middle
    of very many is cut out."""

    def inside(self, *steps: str | int, field: str = "") -> "Place":
        """A part that both have under the same steps."""
        return self.parts(steps, steps, field)

    def parts(
        self, old: tuple[str | int, ...], new: tuple[str | int, ...], field: str = ""
    ) -> "Place":
        """A part that has its own steps in each."""
        fields = grown(self.field, field) if field else self.field
        return Place(_joined(self.old, old), _joined(self.new, new), fields)

    @property
    def name(self) -> str:
        """The last part of the field, as words have it."""
        return self.field[-1] if self.field else ""


ROOT: Final = Place(None, None, ())


def _joined(path: Path, steps: tuple[str | int, ...]) -> Path:
    for step in steps:
        path = (path, step)
    return path


def slashed(path: Path) -> str:
    """Write a place as a JSON pointer, `/` for the root."""
    return pointer(path) or "/"


def grown(field: tuple[str, ...], name: str) -> tuple[str, ...]:
    """A field inside another one."""
    if len(field) <= _MOST_STEPS:
        return *field, name
    return *field[:_HALF], "…", *field[1 - _HALF :], name


def dotted(field: tuple[str, ...]) -> str:
    """Write a field: `order.items[].price`."""
    return "".join(_step(step) for step in field).removeprefix(".")


def _step(step: str) -> str:
    return step if step in ("[]", "{}") else f".{shown(step)[1:-1]}"


def definitions(schema: Schema) -> dict[int, Path]:
    """Where each named type of a schema is defined, by the id of its node.

    Those of referenced schemas have no place in it.
    """
    places: dict[int, Path] = {}
    todo: list[tuple[Path, Type]] = [(None, schema.root)]
    while todo:
        path, node = todo.pop()
        if isinstance(node, NamedType):
            places[id(node)] = path
        match node:
            case Record(fields=fields):
                inner = (path, "fields")
                todo += (((((inner, at), "type")), each.type) for at, each in enumerate(fields))
            case Array(items=items):
                todo.append(((path, "items"), items))
            case Map(values=values):
                todo.append(((path, "values"), values))
            case Union(branches=branches):
                todo += ((((path, at)), branch) for at, branch in enumerate(branches))
    return places
