"""A parsed schema: the tree, the names in it, and its identity."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flowodm.avro.text import exact_text, java_text
from flowodm.avro.types import (
    NamedType,
    Ref,
    Type,
    type_name,
)

__all__ = ["Schema"]

_Identity: TypeAlias = "tuple[str, frozenset[str]]"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Schema:
    """An Avro schema; make one with `parse`.

    Two are equal when their texts are, what their references define included: names, docs,
    aliases, defaults and props all count.
    """

    root: Type
    names: Mapping[str, NamedType]
    """Full name to definition, those of the referenced schemas included."""
    external: frozenset[str] = frozenset()
    """The full names that the referenced schemas define."""
    _text: list[str] = field(default_factory=list, init=False)
    _identity: list[_Identity] = field(default_factory=list, init=False)

    @property
    def name(self) -> str:
        """The full name of a named root, else its type's word: `array`, `union`, `long`."""
        return type_name(self.root)

    def deref(self, node: Type) -> Type:
        """The definition that a `Ref` stands for; any other node as it is."""
        return self.names[node.fullname] if isinstance(node, Ref) else node

    def to_json(self) -> str:
        """Write the schema as Java's `Schema.toString()`, character for character.

        Types that a referenced schema defines are written as names.
        """
        if not self._text:
            self._text.append(java_text(self.root))
        return self._text[0]

    def _key(self) -> _Identity:
        if not self._identity:
            self._identity.append((exact_text(self.root, self.names), self.external))
        return self._identity[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schema):
            return NotImplemented
        return self is other or self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"<Schema {self.name}>"
