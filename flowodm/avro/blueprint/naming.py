"""Avro's names as Python's: what may be a class, an attribute, a member. Deterministic, ASCII.

An Avro name stays as it is where it can. Where it cannot, the Python name is another one, and the
plan keeps the Avro name beside it.
"""

import builtins
import keyword
import re
from collections.abc import Container, Iterable
from typing import Final

from flowodm.avro.ready import __all__ as ready

__all__ = ["PYDANTIC_NAMES", "Taken", "attribute_names", "class_name", "member_names"]

PYDANTIC_NAMES: Final = frozenset(
    (
        "construct",
        "copy",
        "dict",
        "from_orm",
        "json",
        "parse_file",
        "parse_obj",
        "parse_raw",
        "schema",
        "schema_json",
        "update_forward_refs",
        "validate",
    )
)
"""Public names of Pydantic's `BaseModel`, besides those that begin with `model_`."""

_PROTECTED: Final = ("model_dump", "model_validate")
_MODEL_NAMES: Final = frozenset(
    f"model_{name}"
    for name in (
        "computed_fields",
        "config",
        "construct",
        "copy",
        "extra",
        "fields",
        "fields_set",
        "json_schema",
        "parametrized_name",
        "post_init",
        "rebuild",
    )
)
_TYPE_WORDS: Final = frozenset(("bool", "bytes", "dict", "float", "int", "list", "str"))
"""As an attribute's name, one would hide the type from the annotations after it."""

_MODULE_NAMES: Final = frozenset(ready) | frozenset(
    (
        "Annotated",
        "Any",
        "AvroField",
        "AvroName",
        "AvroType",
        "BaseModel",
        "ConfigDict",
        "Decimal",
        "Duration",
        "Enum",
        "Field",
        "FlowBaseModel",
        "RawNumber",
        "RootModel",
        "Settings",
        "StrEnum",
        "UTC",
        "UUID",
        "Union",
    )
)
"""What a module of models imports; `Settings` is a class inside one."""

_HIDDEN_TYPES: Final = _TYPE_WORDS | (_MODULE_NAMES - {"Settings"})
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_]+")
_HIDDEN_CLASSES: Final = frozenset(dir(builtins)) | _MODULE_NAMES
_TEXT_NAMES: Final = frozenset(dir(str)) | {"mro", "name", "value"}
"""What a member of a `StrEnum` has already."""

_MOST_SPACES: Final = 5


class Taken:
    """The names that are in use in one place, in any case of their letters."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = {name.casefold() for name in names}
        self._numbers: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._names

    def claim(self, name: str) -> str:
        """Take a name, or the first free one of it with a number."""
        folded = free = name.casefold()
        number = self._numbers.get(folded, 1)
        while free in self._names:
            number += 1
            free = f"{folded}{number}"
        self._numbers[folded] = number
        self._names.add(free)
        return name + free[len(folded) :]


def class_name(fullname: str, taken: Taken, *, wanted: str | None = None) -> str:
    """The class of a named type, which is then taken.

    The name itself, with a capital; then with parts of its namespace in front, nearest first;
    then with a number.

    Args:
        fullname: The Avro name.
        taken: The class names in use.
        wanted: Another name than the type's own.
    """
    *spaces, short = fullname.split(".")
    name = _capital(wanted or short)
    if name in _HIDDEN_CLASSES or keyword.iskeyword(name):
        name = f"{name}_"
    longer = name
    for space in reversed(spaces[-_MOST_SPACES:]):
        if longer not in taken:
            break
        longer = _capital(space) + longer
    return taken.claim(longer)


def attribute_names(
    names: Iterable[str], reserved: Container[str], classes: Container[str] = ()
) -> tuple[str, ...]:
    """The attributes of a record's fields.

    Args:
        names: Of the fields.
        reserved: What the class has already.
        classes: The other classes: an attribute would hide one from the annotations after it.
    """
    plain = {name: _attribute(name, reserved, classes) for name in names}
    first: dict[str, str] = {}
    for name, attribute in plain.items():
        if name == attribute:
            first.setdefault(name.casefold(), name)
    taken = Taken(first)
    return tuple(
        attribute if first.get(name.casefold()) == name else _other(attribute, taken)
        for name, attribute in plain.items()
    )


def _other(attribute: str, taken: Taken) -> str:
    return taken.claim(f"{attribute}_" if attribute in taken else attribute)


def member_names(symbols: Iterable[str]) -> tuple[str, ...]:
    """The members of an enum's symbols, which are their values."""
    plain = {symbol: _member(symbol) for symbol in symbols}
    taken = Taken(symbol for symbol, member in plain.items() if symbol == member)
    return tuple(
        member if member == symbol else taken.claim(member) for symbol, member in plain.items()
    )


def _attribute(name: str, reserved: Container[str], classes: Container[str]) -> str:
    plain = _plain(name).lstrip("_") or "field"
    if plain[0].isdigit():
        plain = f"field_{plain}"
    if plain.startswith(_PROTECTED) or plain in _MODEL_NAMES:
        plain = f"field_{plain}"
    hidden = any(plain in names for names in (_HIDDEN_TYPES, PYDANTIC_NAMES, reserved, classes))
    return f"{plain}_" if hidden or keyword.iskeyword(plain) else plain


def _member(symbol: str) -> str:
    plain = _plain(symbol).strip("_") if symbol.startswith("_") else _plain(symbol)
    plain = plain or "UNDERSCORE"
    if plain[0].isdigit():
        plain = f"N{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) or plain in _TEXT_NAMES else plain


def _capital(name: str) -> str:
    """A class's name: `order_item` as `OrderItem`; one with a capital stays as it is."""
    plain = _plain(name).lstrip("_") or "Type"
    if plain[0].isdigit():
        plain = f"Type{plain}"
    if plain[0].isupper():
        return plain
    return "".join(part[0].upper() + part[1:] for part in plain.split("_") if part)


def _plain(name: str) -> str:
    """Nothing but ASCII letters, digits and `_`; only old namespaces hold anything else."""
    return _FOREIGN.sub("_", name)
