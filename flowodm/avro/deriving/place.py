"""Where in a class the deriver stands, and how its errors begin."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from flowodm.avro.document import MAX_DEPTH
from flowodm.avro.words import shown
from flowodm.errors import SchemaError

__all__ = ["Place", "annotation_text"]

_MODULES: Final = re.compile(r"\b(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_])")


@dataclass(frozen=True, slots=True)
class Place:
    """A field, or a class itself."""

    cls: type
    attribute: str | None
    namespace: str
    """Of the record around it; `` when there is none."""
    label: str
    """The name of an enum or a fixed that no class gives a name."""
    depth: int = 0
    """Objects and arrays that stand open around it in the schema's JSON."""
    open: tuple[object, ...] = ()
    """Root models and aliases around it, as far as the next record."""
    outer: "Place | None" = None
    """Where the class itself stands."""

    def deeper(self, levels: int) -> "Place":
        """The same place, inside a container.

        Raises:
            SchemaError: No parser reads a schema nested like that.
        """
        if self.depth + levels > MAX_DEPTH:
            raise self.fault(
                f"types are nested deeper than {MAX_DEPTH:,} levels of JSON, and no parser reads that"
            )
        return replace(self, depth=self.depth + levels)

    def at(self, attribute: str) -> "Place":
        """A field of the same class."""
        return replace(self, attribute=attribute)

    def fault(self, reason: str, hint: str | None = None) -> SchemaError:
        """An error about this place."""
        name = self.cls.__name__ + (f".{self.attribute}" if self.attribute else "")
        return SchemaError(f"{shown(name)}: {reason}", hint=hint)


def annotation_text(annotation: Any) -> str:
    """An annotation as the class wrote it, quoted and cut short."""
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return shown(annotation.__name__)
    try:
        text = repr(annotation)
    except RecursionError:
        text = "…"
    return shown(_MODULES.sub("", text))
