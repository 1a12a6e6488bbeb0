"""The named types of the tree as it grows, and how values stand to its nodes."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import RootModel

from flowodm.avro.binding import Conversion, EnumBinding, RecordBinding
from flowodm.avro.deriving.holding import holds
from flowodm.avro.deriving.instances import instance_maker
from flowodm.avro.deriving.place import Place
from flowodm.avro.types import Map, NamedType, Primitive, Ref, Type, Union
from flowodm.avro.words import shown

__all__ = ["Table"]


class Table:
    """What the walk has found so far."""

    def __init__(self) -> None:
        self.names: dict[str, NamedType] = {}
        self.external: set[str] = set()
        self.is_outside = False
        """Whether what is defined now belongs to a schema that this one references."""
        self.references: frozenset[str] = frozenset()
        """The full names that the class itself leaves to other schemas."""
        self.records: dict[str, RecordBinding] = {}
        self.enums: dict[str, EnumBinding] = {}
        self.fixeds: dict[str, type] = {}
        self.conversions: dict[Type, Conversion] = {}
        self.bare_times: set[Type] = set()
        self._owners: dict[str, object] = {}
        self._wrapped: list[tuple[Type, type[RootModel[Any]]]] = []
        self._told: list[tuple[Primitive | Map, Any]] = []

    def take(self, fullname: str, owner: object, place: Place) -> bool:
        """Take a name for a class, or for what else defines a type.

        Returns:
            Whether its definition comes now; else the name stands for it already.

        Raises:
            SchemaError: Something else has the name.
        """
        if fullname not in self._owners:
            self._owners[fullname] = owner
            return True
        known = self._owners[fullname]
        if known == owner:
            return False
        short = fullname.rpartition(".")[2]
        raise place.fault(
            f"two types are named {shown(fullname)}: {_owner_text(known)} and {_owner_text(owner)}",
            f'give one of them another name: `__avro__ = AvroName("com.example.{short}")` in a'
            " class (a generic one by a subclass), or an `AvroType` with a `name`",
        )

    def define(self, node: NamedType, *, is_external: bool = False) -> NamedType | Ref:
        """Keep a definition; returns what stands in the tree for it."""
        self.names[node.fullname] = node
        is_external = is_external or node.fullname in self.references
        if is_external or self.is_outside:
            self.external.add(node.fullname)
        return Ref(node.fullname) if is_external else node

    def deref(self, node: Type) -> Type:
        """The definition that a `Ref` stands for, which is complete; any other node as it is."""
        return self.names[node.fullname] if isinstance(node, Ref) else node

    def wrap(self, node: Type, cls: type[RootModel[Any]]) -> None:
        """Say that a node's values come inside a root model."""
        branches = node.branches if isinstance(node, Union) else (node,)
        self._wrapped += ((branch, cls) for branch in branches)

    def tell(self, node: Type, annotation: Any) -> None:
        """Say that a node is a branch of a union, where Pydantic may take a text for bytes.

        A value that Pydantic would have to convert is then made here of the branch's annotation;
        so is every dict, which Pydantic may take for a record.
        """
        for branch in node.branches if isinstance(node, Union) else (node,):
            if isinstance(branch, Map):
                self.conversions.setdefault(branch, Conversion(_mapping))
            is_wrapped = any(branch is each for each, _ in self._wrapped)
            if isinstance(branch, Primitive | Map) and (is_wrapped or branch in self.conversions):
                self._told.append((branch, annotation))

    def settle(self) -> None:
        """Settle the conversions, once all definitions are there."""
        self._unwrap()
        for node, annotation in self._told:
            known = self.conversions[node]
            made = instance_maker(annotation, known.from_avro)
            self.conversions[node] = Conversion(known.to_avro, made)

    def _unwrap(self) -> None:
        """Keep conversions for the nodes whose values come inside root models."""
        wrappers: dict[Type, tuple[type[RootModel[Any]], ...]] = {}
        for node, cls in self._wrapped:
            definition = self.deref(node)
            wrappers[definition] = (*wrappers.get(definition, ()), cls)
        for definition, classes in wrappers.items():
            inner = self.conversions.get(definition)
            self.conversions[definition] = self._unwrapping(definition, classes, inner)

    def _unwrapping(
        self, node: Type, classes: tuple[type[RootModel[Any]], ...], inner: Conversion | None
    ) -> Conversion:
        def to_avro(value: Any) -> Any:
            while isinstance(value, classes):
                value = value.root
            if inner is not None:
                return inner.to_avro(value)
            if not holds(node, value, self.records, self.enums):
                raise TypeError(f"expected {_listed(classes)}, not a `{type(value).__name__}`")
            return value

        return Conversion(to_avro, None if inner is None else inner.from_avro)


def _mapping(value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected a dict, not a `{type(value).__name__}`")
    return value


def _listed(classes: tuple[type, ...]) -> str:
    return " or ".join(sorted({f"a `{cls.__name__}`" for cls in classes}))


def _owner_text(owner: object) -> str:
    if isinstance(owner, type):
        return shown(f"{owner.__module__}.{owner.__qualname__}")
    words: Iterator[str] = (str(word) for word in owner) if isinstance(owner, tuple) else iter(())
    return next(words, "another")
