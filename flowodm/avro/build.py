"""A JSON document → the tree: one walk, that settles names, namespaces and references.

JSON itself is `document.py`'s; whether defaults fit is `defaults.py`'s.
"""

from typing import Final, cast

from flowodm.avro.attributes import (
    ENUM_RESERVED,
    FIELD_RESERVED,
    RESERVED,
    JsonObject,
    aliases_of,
    default_of,
    doc_of,
    field_aliases_of,
    name_error,
    order_of,
    props_of,
    schema_error,
    symbols_of,
    text_of,
)
from flowodm.avro.defaults import Defaults
from flowodm.avro.hints import foreign_document, type_hint
from flowodm.avro.logical import logical_type
from flowodm.avro.names import PRIMITIVES, find_name, full_name, is_name, name_fault, namespace_of
from flowodm.avro.schema import Schema
from flowodm.avro.types import (
    Array,
    Enum,
    Field,
    Fixed,
    Json,
    Map,
    NamedType,
    NoDefault,
    Primitive,
    PrimitiveName,
    Record,
    Ref,
    Type,
    Union,
    type_name,
)
from flowodm.avro.walk import Walk, run
from flowodm.avro.words import Path, kind, pointer, shown, similar
from flowodm.errors import SchemaParseError

__all__ = ["Builder"]

_WORDS: Final = ("record", "enum", "array", "map", "fixed", "error")
_NAMED: Final = ("record", "error", "enum", "fixed")
_LARGEST_FIXED: Final = 2**31 - 9
"""Java's largest array, which its parser enforces."""


class Builder:
    """Builds the tree of one document.

    Args:
        known: The types that referenced schemas define, by full name.
        strict_namespaces: Whether namespaces are held to the rule for names.
    """

    def __init__(self, known: dict[str, NamedType], *, strict_namespaces: bool) -> None:
        self._strict_namespaces = strict_namespaces
        self._external = frozenset(known)
        self._names: dict[str, NamedType | None] = {**known}
        self._places: dict[str, Path] = {}
        self._defaults: list[tuple[Field, Path]] = []
        self._document: Json = None

    def schema(self, document: Json, *, validate_defaults: bool) -> Schema:
        """Build the schema of a document that nothing else will change.

        Raises:
            SchemaParseError: With the place, and a hint where there is a cure.
        """
        self._document = document
        root = run(self._type(document, "", None))
        names = {name: node for name, node in self._names.items() if node is not None}
        if validate_defaults:
            self._check_defaults(Defaults(names))
        return Schema(root, names, self._external)

    def _type(self, document: Json, namespace: str, path: Path) -> Walk[Type]:
        if isinstance(document, str):
            return self._use(document, namespace, path)
        if isinstance(document, list):
            return (yield from self._union(document, namespace, path))
        if isinstance(document, dict):
            return (yield from self._object(document, namespace, path))
        hint = 'the type of nothing is the string `"null"`' if document is None else None
        raise schema_error(
            f"a type must be a string, an object or an array, not {kind(document)}", path, hint
        )

    def _use(self, name: str, namespace: str, path: Path) -> Type:
        """What the name of a type means here."""
        if name in PRIMITIVES:
            return Primitive(cast(PrimitiveName, name))
        fullname = find_name(name, namespace, self._names)
        if fullname is not None:
            return Ref(fullname)
        later = _find_definition(self._document, name)
        if later is not None and not self._knows_short(name):
            raise schema_error(
                f"{shown(name)} is used before its definition, at `{pointer(later) or '/'}`",
                path,
                "write the definition at the first use, and the name at the later ones",
            )
        if not name:
            raise schema_error("the name of a type is empty", path)
        near = similar(name, (*PRIMITIVES, *_WORDS, *self._names))
        raise schema_error(f"nothing defines a type {shown(name)}", path, type_hint(name, near))

    def _knows_short(self, name: str) -> bool:
        """Whether a known type has this short name, in whatever namespace."""
        short = name.rpartition(".")[2]
        return any(known.rpartition(".")[2] == short for known in self._names)

    def _union(self, document: list[Json], namespace: str, path: Path) -> Walk[Union]:
        branches: list[Type] = []
        places: dict[str, int] = {}
        for index, inner in enumerate(document):
            if isinstance(inner, list):
                raise schema_error(
                    "a union may not stand directly in a union", (path, index), "merge the two"
                )
            branch = yield self._type(inner, namespace, (path, index))
            name = type_name(branch)
            if name in places:
                raise schema_error(
                    f"the union has {shown(name)} twice: branches {places[name]} and {index}",
                    (path, index),
                    _twice_hint(branch),
                )
            places[name] = index
            branches.append(branch)
        return Union(tuple(branches))

    def _object(self, document: JsonObject, namespace: str, path: Path) -> Walk[Type]:
        word = document.get("type")
        if isinstance(word, str):
            if word in PRIMITIVES:
                return self._primitive(document, cast(PrimitiveName, word))
            if word in ("record", "error"):
                return (yield from self._record(document, namespace, path))
            if word in ("array", "map"):
                return (yield from self._container(document, word, namespace, path))
            if word == "enum":
                return self._enum(document, namespace, path)
            if word == "fixed":
                return self._fixed(document, namespace, path)
        self._check_foreign(document, path)
        if word is None:
            raise schema_error(
                "an object that is a type needs a `type`", path, _type_word_hint(document)
            )
        if isinstance(word, str):
            return self._use(word, namespace, (path, "type"))
        raise schema_error(
            f"the `type` of a type must be a string, not {kind(word)}",
            (path, "type"),
            "write the inner type itself, without the object around it",
        )

    def _check_foreign(self, document: JsonObject, path: Path) -> None:
        foreign = foreign_document(document)
        if foreign is not None:
            raise schema_error(f"this is {foreign.what}, not an Avro schema", path, foreign.hint)

    def _primitive(self, document: JsonObject, word: PrimitiveName) -> Primitive:
        props = props_of(document, RESERVED)
        return Primitive(word, logical_type(word, props), props)

    def _container(
        self, document: JsonObject, word: str, namespace: str, path: Path
    ) -> Walk[Array | Map]:
        key = "items" if word == "array" else "values"
        if key not in document:
            article = "an" if word == "array" else "a"
            raise schema_error(
                f"{article} {word} needs `{key}`", path, f'add `"{key}": …`: the type of each'
            )
        inner = yield self._type(document[key], namespace, (path, key))
        props = props_of(document, RESERVED)
        logical = logical_type(word, props)
        return Array(inner, logical, props) if word == "array" else Map(inner, logical, props)

    def _record(self, document: JsonObject, namespace: str, path: Path) -> Walk[Record]:
        fullname = self._define(document, namespace, path)
        listed = document.get("fields")
        if not isinstance(listed, list):
            what = "needs `fields`" if listed is None else "needs a list of `fields`"
            raise schema_error(
                f"the record {shown(fullname)} {what}", path, "`[]` when it has none"
            )
        fields: dict[str, Field] = {}
        for index, inner in enumerate(listed):
            place = (path, "fields"), index
            each = yield from self._field(inner, namespace_of(fullname), place)
            if each.name in fields:
                raise schema_error(f"the record has two fields {shown(each.name)}", (place, "name"))
            fields[each.name] = each
        props = props_of(document, RESERVED)
        node = Record(
            fullname,
            tuple(fields.values()),
            aliases_of(document, fullname, path),
            doc_of(document),
            document["type"] == "error",
            logical_type("record", props),
            props,
        )
        self._names[fullname] = node
        return node

    def _field(self, document: Json, namespace: str, path: Path) -> Walk[Field]:
        if not isinstance(document, dict):
            raise schema_error(f"a field must be an object, not {kind(document)}", path)
        name = text_of(document, "name", "a field", path)
        if not is_name(name):
            raise name_error(name, "the field's name", (path, "name"))
        if "type" not in document:
            raise schema_error(f"the field {shown(name)} needs a `type`", path)
        node = yield self._type(document["type"], namespace, (path, "type"))
        each = Field(
            name,
            node,
            default_of(document, node),
            doc_of(document),
            order_of(document, path),
            field_aliases_of(document, path),
            props_of(document, FIELD_RESERVED),
        )
        if not isinstance(each.default, NoDefault):
            self._defaults.append((each, (path, "default")))
        return each

    def _enum(self, document: JsonObject, namespace: str, path: Path) -> Enum:
        fullname = self._define(document, namespace, path)
        symbols = symbols_of(document, fullname, path)
        default = document.get("default")
        if default is not None and default not in symbols:
            near = similar(default, symbols) if isinstance(default, str) else None
            raise schema_error(
                f"the default {shown(default)} is not a symbol of the enum {shown(fullname)}",
                (path, "default"),
                near and f"did you mean {shown(near)}?",
            )
        props = props_of(document, ENUM_RESERVED)
        node = Enum(
            fullname,
            symbols,
            default,
            aliases_of(document, fullname, path),
            doc_of(document),
            logical_type("enum", props),
            props,
        )
        self._names[fullname] = node
        return node

    def _fixed(self, document: JsonObject, namespace: str, path: Path) -> Fixed:
        fullname = self._define(document, namespace, path)
        size = document.get("size")
        if size is None:
            raise schema_error(f"the fixed {shown(fullname)} needs a `size`", path, "in bytes")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _LARGEST_FIXED:
            raise schema_error(
                f"the size of a fixed must be a whole number from 0 to {_LARGEST_FIXED},"
                f" not {shown(size)}",
                (path, "size"),
            )
        props = props_of(document, RESERVED)
        node = Fixed(
            fullname,
            size,
            aliases_of(document, fullname, path),
            doc_of(document),
            logical_type("fixed", props, size=size),
            props,
        )
        self._names[fullname] = node
        return node

    def _define(self, document: JsonObject, namespace: str, path: Path) -> str:
        """Take the full name of a definition, and keep it from being defined again."""
        name = text_of(document, "name", f"the {document['type']}", path)
        space = document.get("namespace")
        if space is not None and not isinstance(space, str):
            raise schema_error(
                f"a namespace must be a string, not {kind(space)}", (path, "namespace")
            )
        fullname = full_name(name, namespace if space is None else space)
        fault = name_fault(fullname, strict_namespace=self._strict_namespaces)
        if fault is not None:
            from_name = "." in name or fault == name or space is None
            what = "the name" if from_name else "the namespace"
            raise name_error(fault, what, (path, "name" if from_name else "namespace"))
        if fullname in PRIMITIVES:
            raise schema_error(
                f"{shown(fullname)} is the name of a primitive type",
                (path, "name"),
                "choose another name, or give it a namespace",
            )
        if fullname in self._names:
            raise self._defined_already(fullname, path)
        self._names[fullname] = None
        self._places[fullname] = path
        return fullname

    def _defined_already(self, fullname: str, path: Path) -> SchemaParseError:
        if fullname in self._places:
            where = f"at `{pointer(self._places[fullname]) or '/'}`"
        else:
            where = "by a referenced schema"
        return schema_error(
            f"{shown(fullname)} is defined already, {where}",
            path,
            "write only its name here, or give one of the two another name",
        )

    def _check_defaults(self, defaults: Defaults) -> None:
        for each, path in self._defaults:
            value = cast(Json, each.default)
            if not defaults.fits(each.type, value):
                reason, place = defaults.explain(each.type, value, path)
                raise schema_error(
                    f"the default of the field {shown(each.name)} does not fit: {reason}", place
                )


def _type_word_hint(document: JsonObject) -> str | None:
    """The `type` that an object without one most likely lacks."""
    for key, word in (("fields", "record"), ("symbols", "enum"), ("size", "fixed")):
        if key in document:
            return f'add `"type": "{word}"`'
    for key, word in (("items", "array"), ("values", "map")):
        if key in document:
            return f'add `"type": "{word}"`'
    return None


def _twice_hint(branch: Type) -> str:
    if isinstance(branch, Primitive):
        return "a logical type does not tell branches apart: keep one, or wrap one in a record"
    if isinstance(branch, Array | Map):
        return "wrap one of them in a record"
    return "remove one of them"


def _find_definition(document: Json, name: str) -> Path:
    """Where a document defines a type of that short name, if it does."""
    short = name.rpartition(".")[2]
    todo: list[tuple[Json, Path]] = [(document, None)]
    while todo:
        value, path = todo.pop()
        if isinstance(value, dict):
            defined = value.get("name") if value.get("type") in _NAMED else None
            if isinstance(defined, str) and defined.rpartition(".")[2] == short:
                return path
            todo += ((inner, (path, key)) for key, inner in value.items())
        elif isinstance(value, list):
            todo += ((inner, (path, index)) for index, inner in enumerate(value))
    return None
