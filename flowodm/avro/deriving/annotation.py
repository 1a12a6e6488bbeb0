"""What an annotation says once its wrappers are off: `Annotated`, `NewType`, aliases."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, NewType, get_args, get_origin

import annotated_types
from pydantic import Json
from pydantic.fields import FieldInfo
from pydantic.types import EncodedBytes, EncodedStr

from flowodm.avro.annotations import AvroField, AvroType
from flowodm.avro.deriving.place import Place
from flowodm.avro.deriving.props import field_props, type_props
from flowodm.avro.types import Order
from flowodm.avro.words import shown

__all__ = ["Peeled", "bounds_of", "digits_of", "field_mark", "peel"]


@dataclass(frozen=True, slots=True)
class Peeled:
    """An annotation without its wrappers."""

    bare: Any
    metadata: tuple[Any, ...]
    """All that its `Annotated`s and its `Field`s said, the inner first."""
    mark: AvroType
    """What all its `AvroType`s say together."""
    place: Place
    """Where it stands; its label is the alias's name, if there was one."""


def peel(annotation: Any, metadata: tuple[Any, ...], place: Place) -> Peeled:
    """Take the wrappers off.

    Raises:
        SchemaError: An alias holds itself, or a mark stands where it means nothing.
    """
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *marks = get_args(annotation)
            metadata = (*marks, *metadata)
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif _is_alias(annotation):
            place = _inside_alias(annotation, place)
            annotation = annotation.__value__
        elif _is_alias(origin):
            place = _inside_alias(annotation, place)
            annotation = origin.__value__[get_args(annotation)]
        elif type(annotation).__name__ == "PydanticRecursiveRef":
            annotation = _enclosing(annotation, place)
            break
        else:
            break
    metadata = tuple(_flat(metadata))
    _refuse_one_way(metadata, place)
    return Peeled(annotation, metadata, _mark_of(metadata, place), place)


def _is_alias(annotation: Any) -> bool:
    """Whether it was made by a `type` statement, or by the class that stands for one before 3.12."""
    return type(annotation).__name__ == "TypeAliasType"


def _enclosing(reference: Any, place: Place) -> Any:
    """The generic class around a place that Pydantic refers to inside itself.

    Its reference starts with the module, the name and the identity of the class without its
    arguments; the arguments are those of the innermost such class, as it was made inside it.
    """
    outer: Place | None = place
    while outer is not None:
        origin = getattr(outer.cls, "__pydantic_generic_metadata__", {}).get("origin")
        name = f"{getattr(origin, '__module__', '')}.{getattr(origin, '__qualname__', '')}"
        if reference.type_ref.startswith(f"{name}:{id(origin)}"):
            return outer.cls
        outer = outer.outer
    return reference


def _inside_alias(alias: Any, place: Place) -> Place:
    name = getattr(alias, "__name__", place.label)
    if any(alias is each for each in place.open):
        raise place.fault(
            f"the alias `{name}` holds itself, and Avro has no name for it",
            "make it a BaseModel: only records may hold themselves",
        )
    return replace(place, label=name, open=(*place.open, alias))


def _flat(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for each in metadata:
        if isinstance(each, FieldInfo):
            yield from _flat(tuple(each.metadata))
        elif isinstance(each, annotated_types.GroupedMetadata):
            yield from _flat(tuple(each))
        elif each is not None:
            yield each


def _refuse_one_way(metadata: tuple[Any, ...], place: Place) -> None:
    """Refuse what validates another value than it then holds: reading back would do it twice."""
    for each in metadata:
        if each is Json or isinstance(each, Json | EncodedBytes | EncodedStr):
            raise place.fault(
                "a value that is decoded when it is validated cannot be read back",
                "annotate the type of the decoded value itself",
            )


def _mark_of(metadata: tuple[Any, ...], place: Place) -> AvroType:
    marks = [each for each in metadata if isinstance(each, AvroType)]
    if not marks:
        return _NO_MARK
    types = [mark.type for mark in marks if mark.type is not None]
    props = {key: value for mark in marks for key, value in mark.props.items()}
    return AvroType(
        types[-1] if types else None,
        type_props(props, place),
        is_external=any(mark.is_external for mark in marks),
        is_union=any(mark.is_union for mark in marks),
    )


_NO_MARK: Final = AvroType()
_NO_FIELD_MARK: Final = AvroField()


def field_mark(peeled: Peeled) -> AvroField:
    """What the `AvroField` of a field says; of several the outermost.

    Raises:
        SchemaError: Something in it has no meaning.
    """
    marks = [each for each in peeled.metadata if isinstance(each, AvroField)]
    if not marks:
        return _NO_FIELD_MARK
    mark = marks[-1]
    if mark.order not in get_args(Order):
        raise peeled.place.fault(
            f"{shown(mark.order)} is not an order", "one of `ascending`, `descending`, `ignore`"
        )
    aliases = tuple(dict.fromkeys(mark.aliases))
    return AvroField(aliases, mark.order, mark.default, field_props(mark.props, peeled.place))


def bounds_of(metadata: tuple[Any, ...]) -> tuple[float, float]:
    """The least and the greatest value that an annotation's constraints let pass."""
    least, greatest = -math.inf, math.inf
    for each in metadata:
        match each:
            case annotated_types.Ge(ge=int() as bound):
                least = max(least, bound)
            case annotated_types.Gt(gt=int() as bound):
                least = max(least, bound + 1)
            case annotated_types.Le(le=int() as bound):
                greatest = min(greatest, bound)
            case annotated_types.Lt(lt=int() as bound):
                greatest = min(greatest, bound - 1)
    return least, greatest


def digits_of(metadata: tuple[Any, ...]) -> tuple[int | None, int | None]:
    """The `max_digits` and the `decimal_places` that an annotation's constraints give."""
    found: dict[str, int] = {}
    for each in metadata:
        for name in ("max_digits", "decimal_places"):
            value = getattr(each, name, None)
            if isinstance(value, int):
                found[name] = value
    return found.get("max_digits"), found.get("decimal_places")
