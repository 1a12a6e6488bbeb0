"""Schema text or document → `Schema`.

What a text is and where its references come from is settled here; the tree is `build.py`'s work,
JSON is `document.py`'s.
"""

import re
from collections.abc import Iterable
from typing import Final

from flowodm.avro.build import Builder
from flowodm.avro.document import copy_document, read_json
from flowodm.avro.hints import bare_word_hint, foreign_text
from flowodm.avro.names import PRIMITIVES
from flowodm.avro.schema import Schema
from flowodm.avro.text import definition_text
from flowodm.avro.types import Json, NamedType
from flowodm.avro.words import shown
from flowodm.errors import SchemaParseError

__all__ = ["parse"]

_BARE_WORD: Final = re.compile(r"[A-Za-z_./\\-][\w./\\-]*")


def parse(
    schema: str | bytes | dict[str, Json] | list[Json],
    *,
    references: Iterable[Schema] = (),
    validate_defaults: bool = True,
    strict_namespaces: bool = True,
) -> Schema:
    """Parse an Avro schema.

    The whole Avro 1.12 language, judged as Java's parser does with strict names and validated
    defaults. A text is JSON (comments allowed, as in Java) or the bare name of a type; bytes are
    such a text in UTF-8; a dict or list is a JSON document, which is copied.

    Args:
        schema: The schema.
        references: Schemas whose named types this one may use. They may share definitions, when
            these are equal.
        validate_defaults: False to take a schema whose defaults do not fit their types, as some
            registries store it; a writer's defaults play no part in reading.
        strict_namespaces: False to take namespaces with hyphens (`my-company.events`), as Java
            did until 1.11; no other name may hold one.

    Raises:
        SchemaParseError: It is no Avro schema, with the place, and a hint where there is a cure.
    """
    known = _known_types(references)
    if isinstance(schema, bytes | bytearray | memoryview):
        schema = _decode(bytes(schema))
    document = _read(schema, known) if isinstance(schema, str) else copy_document(schema)
    builder = Builder(known, strict_namespaces=strict_namespaces)
    return builder.schema(document, validate_defaults=validate_defaults)


def _read(text: str, known: dict[str, NamedType]) -> Json:
    text = text.removeprefix("\ufeff")
    word = text.strip()
    if word in PRIMITIVES or word in known:
        return word
    if not word:
        raise SchemaParseError("the text is empty")
    try:
        return read_json(text)
    except SchemaParseError:
        foreign = foreign_text(text)
        if foreign is not None:
            reason = f"this is {foreign.what}, not an Avro schema"
            raise SchemaParseError(reason, hint=foreign.hint) from None
        if _BARE_WORD.fullmatch(word):
            raise SchemaParseError(
                f"nothing defines a type {shown(word)}", hint=bare_word_hint(word, known)
            ) from None
        raise


def _decode(data: bytes) -> str:
    if data.startswith(b"Obj\x01"):
        raise SchemaParseError(
            "this is an Avro container file, not a schema",
            hint="its schema is in its header, under `avro.schema`",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = None
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            hint = "this looks like UTF-16: save it as UTF-8"
        raise SchemaParseError(f"not UTF-8 at byte {error.start}", hint=hint) from None


def _known_types(references: Iterable[Schema]) -> dict[str, NamedType]:
    """The named types of all references, each once."""
    known: dict[str, NamedType] = {}
    homes: dict[str, Schema] = {}
    for schema in references:
        for name, node in schema.names.items():
            other = known.setdefault(name, node)
            home = homes.setdefault(name, schema)
            if other is node:
                continue
            if definition_text(other, home.names) != definition_text(node, schema.names):
                raise SchemaParseError(
                    f"two referenced schemas define {shown(name)}, and not as the same",
                    hint="reference versions that agree",
                )
    return known
