"""The names that classes have in a schema."""

import inspect
import re
from typing import Final

from flowodm.avro.annotations import NAME_ATTRIBUTE, AvroName
from flowodm.avro.deriving.place import Place
from flowodm.avro.names import PRIMITIVES, full_name, is_name, name_fault
from flowodm.avro.words import shown

__all__ = ["aliases_of", "check_fullname", "doc_of", "fullname_of", "name_mark", "short_name"]

_OUTSIDE: Final = re.compile(r"[^A-Za-z0-9_]+")
_RULE: Final = "a name is a letter A-Z, a-z or `_`, then letters, digits and `_`"


def name_mark(cls: type, place: Place) -> AvroName:
    """The class's own `__avro__`; a subclass does not inherit it.

    Raises:
        SchemaError: It is no `AvroName`.
    """
    mark = cls.__dict__.get(NAME_ATTRIBUTE)
    if mark is None:
        return AvroName()
    if not isinstance(mark, AvroName):
        raise place.fault(
            f"`{NAME_ATTRIBUTE}` of `{cls.__name__}` must be an `AvroName`",
            f'`{NAME_ATTRIBUTE} = AvroName("com.example.{cls.__name__}")`',
        )
    return mark


def fullname_of(cls: type, mark: AvroName, place: Place) -> str:
    """The full name of a record or an enum: what its mark says, else the class's name.

    The name of a generic class with its arguments becomes one word: `Page[Item]` is `Page_Item`.

    Raises:
        SchemaError: It is no name.
    """
    if mark.name is not None:
        return check_fullname(full_name(mark.name, None), place)
    name = cls.__name__
    if "[" in name:
        name = _OUTSIDE.sub("_", name).strip("_")
    return check_fullname(name, place)


def check_fullname(fullname: str, place: Place) -> str:
    """The full name, if it is one.

    Raises:
        SchemaError: A part of it breaks the rule for names.
    """
    fault = name_fault(fullname, strict_namespace=False)
    if fault is not None:
        raise place.fault(
            f"{shown(fullname)} cannot be the name of an Avro type", f"{_RULE}: {_CURE}"
        )
    if fullname in PRIMITIVES:
        raise place.fault(f"{shown(fullname)} is the name of a primitive type of Avro", _CURE)
    return fullname


_CURE: Final = 'say another in the class, `__avro__ = AvroName("com.example.Name")`'


def aliases_of(mark: AvroName, place: Place) -> tuple[str, ...]:
    """The aliases, each once.

    Raises:
        SchemaError: One of them is no name.
    """
    for alias in mark.aliases:
        if not is_name(alias.rpartition(".")[2]):
            raise place.fault(f"the alias {shown(alias)} cannot be a name", _RULE)
    return tuple(dict.fromkeys(alias.removeprefix(".") for alias in mark.aliases))


def doc_of(cls: type, mark: AvroName) -> str | None:
    """The doc that the mark says, else the class's own docstring."""
    if mark.doc is not None:
        return mark.doc
    generic = getattr(cls, "__pydantic_generic_metadata__", None) or {}
    for each in (cls, generic.get("origin")):
        text = None if each is None else each.__dict__.get("__doc__")
        if text:
            return inspect.cleandoc(text)
    return None


def short_name(label: str, attribute: str | None) -> str:
    """The name of an enum that no class names: the record's, then the field's."""
    words = (attribute or "").split("_")
    return label + "".join(word[:1].upper() + word[1:] for word in words)
