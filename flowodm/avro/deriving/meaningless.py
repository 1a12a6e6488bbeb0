"""The errors of annotations that no Avro type stands for, each with its cure."""

import typing
from typing import Any, Literal, TypeVar, get_origin

from flowodm.avro.deriving.annotation import Peeled
from flowodm.avro.deriving.place import annotation_text
from flowodm.avro.deriving.scalars import fixed_base
from flowodm.avro.types import Array, Map, Primitive, Type, type_name
from flowodm.avro.words import shown
from flowodm.errors import SchemaError

__all__ = ["no_type", "twice"]

_LISTS = (list, set, frozenset, tuple)


def no_type(peeled: Peeled) -> SchemaError:
    """The error of an annotation that has no Avro type."""
    return peeled.place.fault(
        f"no Avro type stands for {annotation_text(peeled.bare)}", _cure(peeled.bare)
    )


def _cure(bare: Any) -> str:
    origin = get_origin(bare)
    if bare is typing.Any or bare is object:
        return "say what it may be: a union, a `dict[str, T]`, a BaseModel"
    if isinstance(bare, TypeVar):
        return "give the generic class its types: `Page[Item]` instead of `Page`"
    if bare is tuple or origin is tuple:
        return "`tuple[T, ...]` is an array; for items of different types, make it a BaseModel"
    if bare in _LISTS or origin in _LISTS:
        return "say of what: `list[T]`, `set[T]`"
    if bare is dict or origin is dict:
        return "an Avro map is a `dict[str, T]`; for other keys, take a list of a BaseModel"
    if origin is Literal:
        return "a `Literal` of texts is an enum, and one of whole numbers in 64 bits a long"
    if isinstance(bare, str | typing.ForwardRef):
        return "write the type itself, without quotes around it"
    if fixed_base(bare) is not None:
        return 'say how many bytes it has: `AvroType({"type": "fixed", "name": …, "size": …})`'
    if isinstance(bare, type):
        return "make it a BaseModel, or annotate what is to be written of it"
    return "annotate what is to be written: a number, a text, bytes, a list, a dict, a BaseModel"


def twice(branch: Type, peeled: Peeled) -> SchemaError:
    """The error of a union with two branches that Avro cannot tell apart."""
    if isinstance(branch, Array):
        cure = "one list of both: `list[A | B]`; or wrap one in a BaseModel"
    elif isinstance(branch, Map):
        cure = "one dict of both: `dict[str, A | B]`; or wrap one in a BaseModel"
    elif isinstance(branch, Primitive):
        cure = "wrap one in a BaseModel, or give one another Avro type with an `AvroType`"
    else:
        cure = "leave one of them out"
    what = shown(type_name(branch))
    return peeled.place.fault(
        f"{annotation_text(peeled.bare)} has two types that are {what} in Avro,"
        " and a union may hold only one",
        cure,
    )
