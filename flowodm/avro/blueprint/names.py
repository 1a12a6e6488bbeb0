"""Which Python name every named type, field and symbol of a schema has."""

from collections.abc import Container, Mapping

from flowodm.avro.blueprint.naming import Taken, attribute_names, class_name, member_names
from flowodm.avro.schema import Schema
from flowodm.avro.types import Enum, Fixed, NamedType, Record, Type

__all__ = ["Names"]


class Names:
    """The Python names of one schema's classes.

    Args:
        schema: The schema.
        roots: The types whose classes come first; the schema's root, or those of several schemas.
        types: The named types, in the order in which they take their names.
        own: The fixeds that have a class.
        wanted: The name of the class of the first root.
        reserved: What the classes of the roots have already.
    """

    def __init__(
        self,
        schema: Schema,
        roots: tuple[Type, ...],
        types: tuple[NamedType, ...],
        *,
        own: Container[str],
        wanted: str | None,
        reserved: Container[str],
    ) -> None:
        self._schema = schema
        self._reserved = reserved
        self._attributes: dict[str, Mapping[str, str]] = {}
        self._members: dict[str, Mapping[str, str]] = {}
        taken = Taken()
        self.roots = tuple(
            class_name(
                root.fullname if isinstance(root, Record) else "Root",
                taken,
                wanted=None if index else wanted,
            )
            for index, root in enumerate(roots)
        )
        """The classes of the roots."""
        self.classes = {
            root.fullname: name
            for root, name in zip(roots, self.roots, strict=True)
            if isinstance(root, Record)
        }
        """By full name."""
        self._roots = frozenset(self.classes)
        for node in types:
            if not isinstance(node, Fixed) or node.fullname in own:
                self.classes.setdefault(node.fullname, "")
        for fullname, name in self.classes.items():
            self.classes[fullname] = name or class_name(fullname, taken)
        self.fixeds = {
            node.fullname: class_name(node.fullname, taken)
            for node in types
            if isinstance(node, Fixed) and node.fullname not in own
        }
        """Of the other fixeds: what their annotations may be called, by full name."""
        self._hidden = frozenset((*self.classes.values(), *self.roots, *self.fixeds.values()))

    def attributes(self, fullname: str) -> Mapping[str, str]:
        """The attributes of a record, by field."""
        if fullname not in self._attributes:
            node = self._schema.names[fullname]
            assert isinstance(node, Record)
            names = [field.name for field in node.fields]
            reserved = self._reserved if fullname in self._roots else ()
            self._attributes[fullname] = dict(
                zip(names, attribute_names(names, reserved, self._hidden), strict=True)
            )
        return self._attributes[fullname]

    def members(self, fullname: str) -> Mapping[str, str]:
        """The members of an enum, by symbol."""
        if fullname not in self._members:
            node = self._schema.names[fullname]
            assert isinstance(node, Enum)
            self._members[fullname] = dict(
                zip(node.symbols, member_names(node.symbols), strict=True)
            )
        return self._members[fullname]
