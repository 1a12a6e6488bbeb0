"""The attributes of types and fields: each read from a JSON object, checked, or refused.

Which types there are, and what their names mean, is `build.py`'s.
"""

import re
from typing import Final, TypeAlias, cast

from flowodm.avro.names import full_name, is_name, namespace_of
from flowodm.avro.types import NO_DEFAULT, Json, NoDefault, Order, Primitive, Props, Type
from flowodm.avro.words import Path, kind, pointer, shown
from flowodm.errors import SchemaParseError

__all__ = [
    "ENUM_RESERVED",
    "FIELD_RESERVED",
    "RESERVED",
    "JsonObject",
    "aliases_of",
    "default_of",
    "doc_of",
    "field_aliases_of",
    "name_error",
    "order_of",
    "props_of",
    "schema_error",
    "symbols_of",
    "text_of",
]

JsonObject: TypeAlias = dict[str, Json]

RESERVED: Final = frozenset(
    ["aliases", "doc", "fields", "items", "name", "namespace", "size", "symbols", "type", "values"]
)
"""The attributes of a type that the specification names; logical types have none of their own."""

ENUM_RESERVED: Final = RESERVED | {"default"}
FIELD_RESERVED: Final = frozenset(["aliases", "default", "doc", "name", "order", "type"])

_ORDERS: Final = ("ascending", "descending", "ignore")


def schema_error(reason: str, path: Path, hint: str | None = None) -> SchemaParseError:
    """An error about one place."""
    return SchemaParseError(reason, path=pointer(path), hint=hint)


def name_error(name: str, what: str, path: Path) -> SchemaParseError:
    """An error about a name, `name` being its faulty part and `what` its role."""
    said = f"{what} {shown(name)} is not allowed" if name else f"{what} has an empty part"
    return schema_error(
        said, path, "a name is a letter A-Z, a-z or `_`, then letters, digits and `_`"
    )


def text_of(document: JsonObject, key: str, what: str, path: Path) -> str:
    """A text that `what` must have."""
    value = document.get(key)
    if value is None:
        raise schema_error(f"{what} needs a `{key}`", path)
    if not isinstance(value, str):
        raise schema_error(
            f"the `{key}` of {what} must be a string, not {kind(value)}", (path, key)
        )
    return value


def props_of(document: JsonObject, reserved: frozenset[str]) -> Props:
    """Every attribute that the specification does not name, in order."""
    return {key: value for key, value in document.items() if key not in reserved}


def doc_of(document: JsonObject) -> str | None:
    """A doc that is no string is left out, as Java does."""
    doc = document.get("doc")
    return doc if isinstance(doc, str) else None


def _listed_aliases(document: JsonObject, path: Path) -> list[str]:
    listed = document.get("aliases", [])
    if not isinstance(listed, list):
        raise schema_error(f"`aliases` must be an array, not {kind(listed)}", (path, "aliases"))
    for index, alias in enumerate(listed):
        if not isinstance(alias, str):
            raise schema_error(
                f"an alias must be a string, not {kind(alias)}", ((path, "aliases"), index)
            )
    return cast("list[str]", listed)


def field_aliases_of(document: JsonObject, path: Path) -> tuple[str, ...]:
    """The aliases of a field.

    Not held to the rule for names, as in Java: one that breaks it just never matches.
    """
    return tuple(dict.fromkeys(_listed_aliases(document, path)))


def aliases_of(document: JsonObject, fullname: str, path: Path) -> tuple[str, ...]:
    """The aliases of the type `fullname`, as full names.

    Only the last part must be a name, as in Java: an old namespace may break the rule.
    """
    aliases: dict[str, None] = {}
    for index, alias in enumerate(_listed_aliases(document, path)):
        full = full_name(alias, namespace_of(fullname))
        short = full.rpartition(".")[2]
        if not is_name(short):
            raise name_error(short, "the alias", ((path, "aliases"), index))
        aliases[full] = None
    return tuple(aliases)


def symbols_of(document: JsonObject, fullname: str, path: Path) -> tuple[str, ...]:
    """The symbols of the enum `fullname`: names, each once."""
    listed = document.get("symbols")
    if not isinstance(listed, list):
        what = "needs `symbols`" if listed is None else "needs a list of `symbols`"
        raise schema_error(f"the enum {shown(fullname)} {what}", path)
    seen: set[str] = set()
    for index, symbol in enumerate(listed):
        place = (path, "symbols"), index
        if not isinstance(symbol, str):
            raise schema_error(f"a symbol must be a string, not {kind(symbol)}", place)
        if not is_name(symbol):
            raise name_error(symbol, "the symbol", place)
        if symbol in seen:
            raise schema_error(f"the enum has the symbol {shown(symbol)} twice", place)
        seen.add(symbol)
    return tuple(cast("list[str]", listed))


def order_of(document: JsonObject, path: Path) -> Order:
    """The order of a field, in any case of letters, as Java reads it."""
    value = document.get("order", "ascending")
    order = value.lower() if isinstance(value, str) else value
    if order not in _ORDERS:
        raise schema_error(
            f"{shown(value)} is not an order",
            (path, "order"),
            "one of `ascending`, `descending`, `ignore`",
        )
    return cast(Order, order)


_JAVA_DOUBLE: Final = re.compile(
    r"[\x00-\x20]*([+-]?(?:NaN|Infinity|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))"
    r"[fFdD]?[\x00-\x20]*"
)


def default_of(document: JsonObject, node: Type) -> Json | NoDefault:
    """The default as written; for a float or double also from a string, as Java reads it."""
    if "default" not in document:
        return NO_DEFAULT
    value = document["default"]
    if isinstance(value, str) and isinstance(node, Primitive) and node.name in ("float", "double"):
        match = _JAVA_DOUBLE.fullmatch(value)
        return float(match[1]) if match else value
    return value
