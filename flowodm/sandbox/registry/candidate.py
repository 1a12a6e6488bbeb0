"""Schemas coming into the embedded registry: the body read, parsed, given its identity.

What is stored is Avro's text as Java's `Schema.toString()` writes it; identity is that text with
its references, so docs, aliases, enum defaults and props count and blanks do not.
"""

import hashlib
import json
import uuid
from dataclasses import dataclass

from flowodm import avro
from flowodm.avro.types import Json
from flowodm.errors import SchemaParseError
from flowodm.registry.model import Reference
from flowodm.sandbox.registry.http import Refusal, RegistryRequest
from flowodm.sandbox.registry.names import plain
from flowodm.sandbox.registry.normal import normal_text
from flowodm.sandbox.registry.store import Store, StoredSchema

__all__ = ["MAX_NUMBER", "Candidate", "parse_stored", "read_candidate", "version_number"]

MAX_NUMBER = 2**31 - 1
"""The largest id and version."""

MAX_REFERENCES = 100
_LATEST = -1
_UNKEPT = ("metadata", "ruleSet")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A schema that was sent: parsed, not stored."""

    schema: avro.Schema
    text: str
    """What is stored."""
    references: tuple[Reference, ...]
    guid: str
    schema_id: int | None
    """The id it was sent with, for IMPORT mode."""
    version: int | None
    """The version it was sent with."""


def read_candidate(request: RegistryRequest, store: Store) -> Candidate:
    """Read the schema of a body and parse it with what it references.

    Raises:
        Refusal: 42201 when it is no valid schema.
    """
    document = request.document()
    _check_kind(document)
    text = document.get("schema")
    if text is not None and not isinstance(text, str):
        raise Refusal(400, "`schema` is not a text")
    if text is None or not text.strip():
        raise Refusal(42201, "Empty schema")
    references = _read_references(document, store)
    schema = _Resolution(store).parse(text, references)
    if request.flag("normalize"):
        references = tuple(sorted(set(references), key=lambda one: (one.name, one.subject)))
        stored = normal_text(schema)
    else:
        stored = schema.to_json()
    return Candidate(
        schema,
        stored,
        references,
        _guid(stored, references),
        schema_id=_number(document, "id", lowest=-1),
        version=_number(document, "version", lowest=-1),
    )


def parse_stored(store: Store, stored: StoredSchema) -> avro.Schema:
    """Parse a schema of the store with what it references."""
    return _Resolution(store).parse(stored.text, stored.references, is_stored=True)


def version_number(text: str) -> int | None:
    """Read a version of a path: a number, or None for the latest.

    Raises:
        Refusal: 42202.
    """
    if text in ("latest", "-1"):
        return None
    if text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= MAX_NUMBER:
        return int(text)
    raise Refusal(
        42202,
        f"The specified version '{text[:40]}' is not a valid version id. Allowed values are "
        'between [1, 2^31-1] and the string "latest"',
    )


def _check_kind(document: dict[str, Json]) -> None:
    kind = document.get("schemaType")
    if kind is not None and not isinstance(kind, str):
        raise Refusal(400, "`schemaType` is not a text")
    if kind and kind != "AVRO":
        raise Refusal(
            42201, f"Invalid schema type {_quoted(kind[:40])}: this registry keeps AVRO only"
        )
    for name in _UNKEPT:
        if document.get(name):
            raise Refusal(42201, f"Invalid schema: this registry keeps no `{name}`")


def _number(document: dict[str, Json], name: str, *, lowest: int) -> int | None:
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal(400, f"`{name}` is not a number")
    if not lowest <= value <= MAX_NUMBER:
        raise Refusal(400, f"`{name}` is out of range")
    return value if value > 0 else None


def _read_references(document: dict[str, Json], store: Store) -> tuple[Reference, ...]:
    entries = document.get("references")
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise Refusal(400, "`references` is not a list")
    if len(entries) > MAX_REFERENCES:
        raise Refusal(42201, f"Invalid schema: more than {MAX_REFERENCES} references")
    return tuple(_read_reference(entry, store) for entry in entries)


def _read_reference(entry: Json, store: Store) -> Reference:
    if not isinstance(entry, dict):
        raise Refusal(400, "A reference is not an object")
    name, subject, version = entry.get("name"), entry.get("subject"), entry.get("version")
    if not isinstance(name, str) or not isinstance(subject, str):
        raise Refusal(400, "A reference's `name` and `subject` are texts")
    if isinstance(version, bool) or not isinstance(version, int):
        raise Refusal(400, "A reference's `version` is a number")
    if not _is_unicode(name + subject) or not _LATEST <= version <= MAX_NUMBER:
        raise _no_reference(subject, version)
    # "The latest" is settled now: what is stored never changes its meaning.
    target = plain(subject)
    found = store.version(target, None if version == _LATEST else version, "included")
    if found is None:
        raise _no_reference(subject, version)
    return Reference(name, target, found.version)


def _no_reference(subject: str, version: int) -> Refusal:
    return Refusal(
        42201,
        "Invalid schema: No schema reference found for subject "
        f'"{_quoted(subject[:200])}" and version {max(min(version, MAX_NUMBER), _LATEST)}',
    )


def _quoted(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _guid(text: str, references: tuple[Reference, ...]) -> str:
    """Return the GUID that equal schemas have in every embedded registry."""
    identity = [text, [[one.name, one.subject, one.version] for one in references]]
    digest = hashlib.md5(json.dumps(identity).encode("ascii"), usedforsecurity=False).digest()
    return str(uuid.UUID(bytes=digest))


class _Resolution:
    """A schema parsed with what it references, each once, in order."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._parsed: dict[tuple[str, int], avro.Schema] = {}
        self._path: list[tuple[str, int]] = []

    def parse(
        self, text: str, references: tuple[Reference, ...], *, is_stored: bool = False
    ) -> avro.Schema:
        known = tuple(self._referenced(one) for one in references)
        kept = self._store.parsed.get((text, known)) if is_stored else None
        if kept is not None:
            return kept
        try:
            schema = avro.parse(text, references=known, validate_defaults=not is_stored)
        except SchemaParseError as error:
            raise Refusal(42201, f"Invalid schema: {error.message}") from error
        if is_stored:
            self._store.parsed.put((text, known), schema, len(text))
        return schema

    def _referenced(self, reference: Reference) -> avro.Schema:
        place = (reference.subject, reference.version)
        if place in self._parsed:
            return self._parsed[place]
        if place in self._path or len(self._path) + len(self._parsed) >= MAX_REFERENCES:
            raise Refusal(42201, "Invalid schema: its references are a circle, or too many")
        stored = self._stored(reference)
        self._path.append(place)
        schema = self.parse(stored.text, stored.references, is_stored=True)
        self._path.pop()
        self._parsed[place] = schema
        return schema

    def _stored(self, reference: Reference) -> StoredSchema:
        found = self._store.version(reference.subject, reference.version, "included")
        if found is None:
            raise _no_reference(reference.subject, reference.version)
        return found.schema
