"""Which Python name every named type, field and symbol of a schema has."""

from collections.abc import Container, Mapping

from flowodm.avro.blueprint.naming import Taken, attribute_names, class_name, member_names
from flowodm.avro.schema import Schema
from flowodm.avro.types import Enum, NamedType, Record, type_name

__all__ = ["Names"]


class Names:
    """The Python names of one schema's classes.

    Args:
        schema: The schema.
        types: The named types that get a class, in the order in which they take their names.
        wanted: The name of the class of the root.
        reserved: What the class of the root has already.
    """

    def __init__(
        self,
        schema: Schema,
        types: tuple[NamedType, ...],
        *,
        wanted: str | None,
        reserved: Container[str],
    ) -> None:
        self._schema = schema
        self._reserved = reserved
        self._attributes: dict[str, Mapping[str, str]] = {}
        self._members: dict[str, Mapping[str, str]] = {}
        taken = Taken()
        root = schema.deref(schema.root)
        is_own = isinstance(root, Record) and root.fullname not in schema.external
        self._root = type_name(root) if is_own else None
        self.root = class_name(self._root or "Root", taken, wanted=wanted)
        """The class of the root."""
        self.classes = {
            node.fullname: (
                self.root if node.fullname == self._root else class_name(node.fullname, taken)
            )
            for node in types
        }
        """By full name."""

    def attributes(self, fullname: str) -> Mapping[str, str]:
        """The attributes of a record, by field."""
        if fullname not in self._attributes:
            node = self._schema.names[fullname]
            assert isinstance(node, Record)
            names = [field.name for field in node.fields]
            reserved = self._reserved if fullname == self._root else ()
            self._attributes[fullname] = dict(
                zip(names, attribute_names(names, reserved), strict=True)
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
