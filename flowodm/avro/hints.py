"""What a wrong schema may have been meant as: other languages, near misses, and the cure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from flowodm.avro.logical import LOGICAL_TYPES
from flowodm.avro.names import PRIMITIVES
from flowodm.avro.types import Json
from flowodm.avro.words import shown, similar

__all__ = ["Foreign", "bare_word_hint", "foreign_document", "foreign_text", "type_hint"]


class Foreign(NamedTuple):
    """Something that is no Avro schema, and what to do with it."""

    what: str
    hint: str


_COMMENTS: Final = re.compile(r"(?:\s+|//[^\n]*|/\*.*?(?:\*/|\Z))*", re.DOTALL)

_TEXTS: Final = (
    (
        re.compile(r"syntax\s*=|edition\s*=|message\s+\w+\s*\{|package\s+[\w.]+\s*;"),
        Foreign("a Protobuf file", "Avro schemas are JSON; this file is for protoc"),
    ),
    (
        re.compile(
            r"@\w+|(?:protocol|record|error|enum|fixed)\s+\w+\s*[({]|(?:namespace|schema)\s+[^;{]*;"
        ),
        Foreign(
            "Avro IDL", "turn it into JSON first: `avro-tools idl2schemata FILE.avdl DIRECTORY`"
        ),
    ),
    (re.compile(r"<"), Foreign("XML or HTML", "give the schema itself, as JSON")),
    (
        re.compile(r"(?:---|[A-Za-z_]\w*:\s)"),
        Foreign("YAML", "Avro schemas are JSON: turn it into JSON first"),
    ),
)


def foreign_text(text: str) -> Foreign | None:
    """The other language that a text is written in, if it is a known one."""
    comments = _COMMENTS.match(text)
    start = comments.end() if comments else 0
    return next((foreign for pattern, foreign in _TEXTS if pattern.match(text, start)), None)


def foreign_document(document: Mapping[str, Json]) -> Foreign | None:
    """What a JSON object is instead of a schema, if it is something known."""
    if "protocol" in document and ("types" in document or "messages" in document):
        return Foreign("an Avro protocol", "take one of its `types`")
    if isinstance(document.get("schema"), str):
        return Foreign("a schema registry's answer", "take the text under its `schema`")
    if "$schema" in document or "properties" in document or "$ref" in document:
        return Foreign("a JSON Schema", "an Avro record lists `fields` instead of `properties`")
    return None


_PRIMITIVE_SLIPS: Final = {
    "any": "a union of the types that may come",
    "bigint": "`long`",
    "binary": "`bytes`",
    "bool": "`boolean`",
    "byte": "`int`",
    "char": "`string`",
    "dict": '`{"type": "map", "values": …}`',
    "float32": "`float`",
    "float64": "`double`",
    "int16": "`int`",
    "int32": "`int`",
    "int64": "`long`",
    "int8": "`int`",
    "integer": "`int` or `long`",
    "list": '`{"type": "array", "items": …}`',
    "none": "`null`",
    "number": "`double`",
    "object": '`{"type": "record", …}` or `{"type": "map", …}`',
    "short": "`int`",
    "str": "`string`",
    "struct": '`{"type": "record", …}`',
    "text": "`string`",
    "union": "a JSON array of types",
    "varchar": "`string`",
}

_ATTRIBUTES: Final = {
    "array": '"items": …',
    "enum": '"name": …, "symbols": […]',
    "error": '"name": …, "fields": […]',
    "fixed": '"name": …, "size": …',
    "map": '"values": …',
    "record": '"name": …, "fields": […]',
}


def bare_word_hint(word: str, known: Iterable[str]) -> str:
    """The cure for a text that is one word, and no type's name."""
    near = similar(word, (*PRIMITIVES, *known))
    if near is not None:
        return f"did you mean {shown(near)}?"
    return "a schema's text is JSON; is this the name of a file?"


def type_hint(word: str, near: str | None) -> str | None:
    """The cure for a type's name that nobody defines.

    Args:
        word: The name.
        near: The known name nearest to it.
    """
    folded = word.lower()
    if folded in _ATTRIBUTES:
        return f'write it in full: `{{"type": "{folded}", {_ATTRIBUTES[folded]}}}`'
    if folded in LOGICAL_TYPES:
        carrier = LOGICAL_TYPES[folded][0]
        return f'write `{{"type": "{carrier}", "logicalType": "{folded}"}}`'
    if near is not None:
        return f"did you mean {shown(near)}?"
    if folded in _PRIMITIVE_SLIPS:
        return f"did you mean {_PRIMITIVE_SLIPS[folded]}?"
    if word.lstrip().startswith(("{", "[")):
        return "this is JSON inside a JSON string: decode it once more"
    return "define it before this place, or give the schema that defines it as a reference"
