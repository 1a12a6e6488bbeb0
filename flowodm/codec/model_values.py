"""Instances of a model as plain values: what `to_avro_dict` shows, and the encoder takes.

Nothing is checked here that the encoder checks: a value of an unexpected type passes as it is, and
is refused there with its path. The fast way to bytes is `model_encode.py`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from flowodm.avro.binding import Binding, Conversion, EnumBinding, FieldBinding, RecordBinding
from flowodm.avro.types import (
    Array,
    Enum,
    Fixed,
    Map,
    Primitive,
    Record,
    Ref,
    Type,
    Union,
    type_name,
)
from flowodm.avro.values import ARRAYS, RawNumber
from flowodm.avro.walk import Walk, run
from flowodm.codec.branch import Branch
from flowodm.codec.misfit import DEPTH, Misfit, open_container
from flowodm.codec.model_kinds import UnionKinds, union_kinds
from flowodm.codec.words import found
from flowodm.errors import SerializationError

__all__ = ["is_root_model", "model_values", "told"]

_Convert: TypeAlias = Callable[[Any, int], Any]
"""Takes a value and how many more containers it may open."""


def model_values(binding: Binding, *, every_branch: bool = False) -> Callable[[Any], Any]:
    """Prepare to turn instances into the values that the style `VALUES` has for their schema.

    Records become dicts by the schema's names, enum members their symbols, conversions are
    applied, and a value of a union is a `Branch` where it would not tell its branch by itself.

    Args:
        binding: The class and its schema.
        every_branch: Make every value of a union a `Branch`, if its type tells which: what is
            written with the class's own schema then goes where the class says.

    Returns:
        The function of an instance. It raises `SerializationError`, with the field's path.
    """
    convert = run(_Compiler(binding, every_branch).compile(binding.schema.root))
    if is_root_model(binding):
        convert = _inside_root(binding.model, convert)

    def values(instance: Any) -> Any:
        try:
            return convert(instance, DEPTH)
        except Misfit as misfit:
            raise told(binding, misfit.error()) from misfit.__cause__

    return values


def is_root_model(binding: Binding) -> bool:
    """Whether instances only stand for what is in their `root`."""
    return bool(getattr(binding.model, "__pydantic_root_model__", False))


def told(binding: Binding, error: SerializationError) -> SerializationError:
    """The error, saying also which class could not be written."""
    reason = f"`{binding.model.__name__}` cannot be written: {error.reason}"
    return SerializationError(reason, path=error.path, hint=error.hint)


def _inside_root(model: type, convert: _Convert) -> _Convert:
    def inside(value: Any, depth: int) -> Any:
        if not isinstance(value, model):
            raise Misfit(f"expected an instance of `{model.__name__}`; found {found(value)}")
        return convert(_attribute(value, "root"), depth)

    return inside


class _Compiler:
    """Builds the function of each node."""

    def __init__(self, binding: Binding, every_branch: bool) -> None:
        self._binding = binding
        self._every_branch = every_branch
        self._schema = binding.schema
        self._records: dict[str, _Convert] = {}

    def compile(self, node: Type) -> Walk[_Convert]:
        node = self._schema.deref(node)
        convert: _Convert = yield self._plain(node)
        conversion = None if isinstance(node, Union) else self._binding.conversions.get(node)
        return convert if conversion is None else _converted(conversion, convert)

    def _plain(self, node: Type) -> Walk[_Convert]:
        match node:
            case Record():
                record: _Convert = yield self._record(node)
                return record
            case Union():
                union: _Convert = yield self._union(node)
                return union
            case Array():
                return _array((yield self.compile(node.items)))
            case Map():
                return _map((yield self.compile(node.values)))
            case Enum():
                return _enum(self._binding.enums[node.fullname])
        return _same

    def _record(self, node: Record) -> Walk[_Convert]:
        known = self._records.get(node.fullname)
        if known is not None:
            return known
        binding = self._binding.records[node.fullname]
        fields: list[tuple[FieldBinding, _Convert]] = []
        record = self._records[node.fullname] = _record(binding, fields)
        for field, bound in zip(node.fields, binding.fields, strict=True):
            convert: _Convert = yield self.compile(field.type)
            fields.append((bound, convert))
        return record

    def _union(self, node: Union) -> Walk[_Convert]:
        kinds = union_kinds(self._binding, node)
        converts: list[_Convert] = []
        for branch in kinds.branches:
            convert: _Convert = yield self.compile(branch)
            converts.append(convert)
        return _BranchFinder(kinds, tuple(converts), self._every_branch).convert


def _same(value: Any, depth: int) -> Any:
    return value


def _converted(conversion: Conversion, convert: _Convert) -> _Convert:
    to_avro = conversion.to_avro

    def converted(value: Any, depth: int) -> Any:
        try:
            value = to_avro(value)
        except (Misfit, RecursionError, MemoryError):
            raise
        except SerializationError as error:
            raise Misfit(error.reason, hint=error.hint) from error
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise Misfit(f"{found(value)} cannot be converted: {reason}") from error
        return convert(value, depth)

    return converted


def _record(binding: RecordBinding, fields: list[tuple[FieldBinding, _Convert]]) -> _Convert:
    cls = binding.cls

    def record(value: Any, depth: int) -> dict[str, Any]:
        if not isinstance(value, cls):
            raise Misfit(f"expected an instance of `{cls.__name__}`; found {found(value)}")
        depth = open_container(depth)
        result = {}
        for field, convert in fields:
            try:
                result[field.name] = convert(_attribute(value, field.attribute), depth)
            except Misfit as misfit:
                misfit.inside_field(field.name)
                raise
        return result

    return record


def _attribute(instance: Any, name: str) -> Any:
    try:
        return instance.__dict__[name]
    except KeyError:
        raise Misfit(
            f"the instance has no attribute `{name}`",
            hint="`model_construct` sets only what it is given: give every field a value",
        ) from None


def _array(convert_item: _Convert) -> _Convert:
    def array(value: Any, depth: int) -> Any:
        if not isinstance(value, ARRAYS):
            raise Misfit(f"expected a list; found {found(value)}")
        depth = open_container(depth)
        result: list[Any] = []
        try:
            for item in value:
                result.append(convert_item(item, depth))  # its length is the place
        except Misfit as misfit:
            misfit.inside_item(len(result))
            raise
        return result

    return array


def _map(convert_value: _Convert) -> _Convert:
    def map_(value: Any, depth: int) -> Any:
        if not isinstance(value, Mapping):
            raise Misfit(f"expected a mapping; found {found(value)}")
        depth = open_container(depth)
        result = {}
        for key, item in value.items():
            try:
                result[key] = convert_value(item, depth)
            except Misfit as misfit:
                misfit.inside_key(key)
                raise
        return result

    return map_


def _enum(binding: EnumBinding) -> _Convert:
    cls = binding.cls
    symbols = {id(member): symbol for symbol, member in binding.members.items()}
    values = (
        []
        if cls is None
        else [(member.value, symbol) for symbol, member in binding.members.items()]
    )

    def enum(value: Any, depth: int) -> Any:
        if cls is not None and isinstance(value, cls):
            return symbols[id(value)]
        for own, symbol in values:  # Pydantic's `use_enum_values`
            if type(own) is type(value) and own == value:
                return symbol
        return value

    return enum


class _BranchFinder:
    """Finds the branch of a union that a value of a model belongs to."""

    def __init__(
        self, kinds: UnionKinds, converts: tuple[_Convert, ...], every_branch: bool
    ) -> None:
        self._kinds = kinds
        self._converts = converts
        self._tags = tuple(type_name(branch) for branch in kinds.branches)
        self._needs_tag = tuple(
            every_branch
            or _is_mistakable(index, kinds.branches)
            or _is_like_a_converted(index, kinds)
            for index in range(len(converts))
        )

    def convert(self, value: Any, depth: int) -> Any:
        index = self._index(value)
        return self._converted(value, depth) if index is None else self._told(index, value, depth)

    def _told(self, index: int, value: Any, depth: int) -> Any:
        needs_tag = self._needs_tag[index] or isinstance(value, RawNumber)
        value = self._converts[index](value, depth)
        return Branch(self._tags[index], value) if needs_tag else value

    def _index(self, value: Any) -> int | None:
        """The branch that the type of the value tells; None: it does not."""
        if value is None and self._kinds.null is not None:
            return self._kinds.null
        if self._kinds.only is not None:
            return self._kinds.only
        if type(value) in self._kinds.by_type or not self._kinds.converted:
            return self._by_class(value)
        return None  # an enum's member is a text too, and may be one that is converted

    def _by_class(self, value: Any) -> int | None:
        """The branch of the value's class, or of the nearest one that it is a subclass of."""
        for kind in type(value).__mro__[:-1]:
            found = self._kinds.by_type.get(kind)
            if found is not None:
                return found[0] if len(found) == 1 else None
        return None

    def _converted(self, value: Any, depth: int) -> Any:
        """Try the conversions; a value that nothing takes is the encoder's to place."""
        for index in self._kinds.converted:
            try:
                converted = self._converts[index](value, depth)
            except Misfit:
                continue
            return Branch(self._tags[index], converted)
        if isinstance(value, RawNumber) and RawNumber in self._kinds.by_type:
            raise Misfit(f"the number {value} may be of several types of the union")
        by_class = self._by_class(value)
        return value if by_class is None else self._told(by_class, value, depth)


def _is_mistakable(index: int, branches: tuple[Type, ...]) -> bool:
    """Whether another branch takes the plain values of this one too."""
    own = _gives(branches[index])
    others = (branch for place, branch in enumerate(branches) if place != index)
    return own != "" and any(own in _takes(other) for other in others)


def _is_like_a_converted(index: int, kinds: UnionKinds) -> bool:
    """Whether a number would be written as a branch that only holds converted ones."""
    return _is_number(kinds.branches[index]) and any(
        _is_number(kinds.branches[other]) for other in kinds.converted if other != index
    )


def _is_number(node: Type) -> bool:
    return isinstance(node, Primitive) and node.name in ("int", "long", "float", "double")


def _gives(node: Type) -> str:
    """What the plain values of a node are; `` where no other type has such."""
    logical = None if isinstance(node, Union | Ref) else node.logical
    if logical is not None and logical.name != "big-decimal":
        return logical.name
    return _PLAIN.get(type_name(node) if isinstance(node, Primitive) else type(node), "")


def _takes(node: Type) -> tuple[str, ...]:
    """What else than its own plain values a node takes: the bytes and texts of logical types."""
    bare = type_name(node) if isinstance(node, Primitive) else type(node)
    return _gives(node), _PLAIN.get(bare, "")


_PLAIN: Final[dict[object, str]] = {
    Record: "mapping",
    Map: "mapping",
    Enum: "text",
    "string": "text",
    Fixed: "bytes",
    "bytes": "bytes",
}
"""What the values of a node are without its logical type, where several types have the same."""
