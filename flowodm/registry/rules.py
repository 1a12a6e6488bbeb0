"""Schemas and versions: every rule of reading and registering, once.

Generators of requests (`wire.py`), driven by the blocking and the asyncio client alike. What is
kept: schemas by id and GUID for ever, in bounded memory; versions for some seconds; the word that
an id is unknown a little longer. Deleting, levels and modes are in `administration.py`, parsing
with references in `parsing.py`.
"""

import time
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from flowodm import avro
from flowodm.avro.types import Json
from flowodm.errors import RegistryError, RegistryUnreachable, SchemaNotFound
from flowodm.registry.cache import BoundedCache, BriefCache
from flowodm.registry.desk import Desk
from flowodm.registry.flights import again
from flowodm.registry.model import (
    CompatibilityVerdict,
    Reference,
    RegisteredSchema,
    SchemaDocument,
    SubjectVersion,
)
from flowodm.registry.shapes import with_id
from flowodm.registry.wire import Steps
from flowodm.registry.words import quoted

__all__ = ["Rules", "SchemaInput", "Version", "subject_words", "version_words"]

Version: TypeAlias = int | Literal["latest"]
SchemaInput: TypeAlias = str | avro.Schema | SchemaDocument
"""A schema to register or to ask about: its text, parsed, or with its type and references."""

_BRIEF = 5.0
"""Seconds for which a version, the latest included, is taken as known."""
_REFUSED = 10.0
"""Seconds for which an id is taken as unknown, or its schema as one that cannot be had."""
_ENTRIES = 10_000
_WEIGHT = 64 * 1024 * 1024
"""Characters of schema text that each cache keeps."""


class Rules:
    """Reads and registers schemas.

    Args:
        desk: Where questions go.
        clock: Monotonic seconds.
    """

    def __init__(self, desk: Desk, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._clock = clock
        self.by_id: BoundedCache[tuple[int, str | None], RegisteredSchema] = BoundedCache(
            max_entries=_ENTRIES, max_weight=_WEIGHT
        )
        self.by_guid: BoundedCache[str, SchemaDocument] = BoundedCache(
            max_entries=_ENTRIES, max_weight=_WEIGHT
        )
        self._versions: BriefCache[tuple[str, Version, bool], SubjectVersion] = BriefCache(
            seconds=_BRIEF, max_entries=_ENTRIES, max_weight=_WEIGHT
        )
        self._refused: BriefCache[tuple[int | str, str | None], RegistryError] = BriefCache(
            seconds=_REFUSED, max_entries=_ENTRIES, max_weight=_ENTRIES
        )

    def forget(self) -> None:
        """Empty every cache."""
        self.by_id.clear()
        self.by_guid.clear()
        self._versions.clear()
        self._refused.clear()

    def forget_versions(self) -> None:
        """Empty what a change to a subject makes doubtful."""
        self._versions.clear()
        self._refused.clear()

    def schema_by_id(self, schema_id: int, subject: str | None = None) -> Steps[RegisteredSchema]:
        """Fetch a schema by the id that messages carry."""
        key = (schema_id, subject)
        known = self.by_id.get(key)
        if known is not None:
            return known
        self._check_refused(key)
        what = f"schema id {schema_id}"
        query = (("subject", subject),) if subject is not None else ()
        try:
            value = yield from self._desk.get(what, "schemas", "ids", str(schema_id), query=query)
            schema = self._desk.shapes.registered(value, what, schema_id)
        except RegistryError as error:
            self._keep_refusal(key, error)
            raise
        self.by_id.put(key, schema, len(schema.text))
        return schema

    def schema_by_guid(self, guid: str) -> Steps[SchemaDocument]:
        """Fetch a schema by its GUID."""
        known = self.by_guid.get(guid)
        if known is not None:
            return known
        key = (guid, None)
        self._check_refused(key)
        what = f"schema `{quoted(guid)}`"
        try:
            value = yield from self._desk.get(what, "schemas", "guids", guid)
            schema = self._desk.shapes.document(value, what)
        except RegistryError as error:
            refusal = self._without_guids(error, what)
            self._keep_refusal(key, refusal)
            raise refusal from error.__cause__
        self.by_guid.put(guid, schema, len(schema.text))
        return schema

    def subjects(
        self, prefix: str | None = None, *, deleted: bool = False
    ) -> Steps[tuple[str, ...]]:
        """List the subjects, in one request."""
        query: list[tuple[str, str]] = []
        if prefix is not None:
            query.append(("subjectPrefix", prefix))
        if deleted:
            query.append(("deleted", "true"))
        value = yield from self._desk.get("the subjects", "subjects", query=tuple(query))
        names = self._desk.shapes.texts(value, "the subjects")
        if prefix is None or prefix.startswith(":"):
            return names
        # Some registries do not know the parameter.
        return tuple(name for name in names if name.startswith(prefix))

    def latest_versions(self, prefix: str | None = None) -> Steps[tuple[SubjectVersion, ...]]:
        """Fetch the latest version of every subject, in one request."""
        query = [("latestOnly", "true")] + ([("subjectPrefix", prefix)] if prefix else [])
        what = "the latest versions"
        value = yield from self._desk.get(what, "schemas", query=tuple(query))
        return self._desk.shapes.subject_versions(value, what)

    def versions(self, subject: str, *, deleted: bool = False) -> Steps[tuple[int, ...]]:
        """List the versions of a subject, oldest first."""
        what = subject_words(subject)
        query = (("deleted", "true"),) if deleted else ()
        value = yield from self._desk.get(what, "subjects", subject, "versions", query=query)
        return self._desk.shapes.numbers(value, what)

    def version(
        self, subject: str, version: Version, *, deleted: bool = False
    ) -> Steps[SubjectVersion]:
        """Fetch one version of a subject."""
        key = (subject, version, deleted)
        known = self._versions.get(key, self._clock())
        if known is not None:
            return known
        what = version_words(subject, version)
        query = (("deleted", "true"),) if deleted else ()
        value = yield from self._desk.get(
            what, "subjects", subject, "versions", str(version), query=query
        )
        found = self._desk.shapes.subject_version(value, what)
        self._versions.put(key, found, now=self._clock(), weight=len(found.schema.text))
        return found

    def lookup(
        self,
        subject: str,
        schema: SchemaInput,
        references: Iterable[Reference] = (),
        *,
        normalize: bool = False,
        deleted: bool = False,
    ) -> Steps[SubjectVersion]:
        """Find the version of a subject that holds a schema."""
        what = f"version of {subject_words(subject)} with this schema"
        query = [(name, "true") for name, on in _flags(normalize=normalize, deleted=deleted) if on]
        value = yield from self._desk.post(
            what, "subjects", subject, body=_body(schema, references), query=tuple(query)
        )
        return self._desk.shapes.subject_version(value, what)

    def register(
        self,
        subject: str,
        schema: SchemaInput,
        references: Iterable[Reference] = (),
        *,
        normalize: bool = False,
        schema_id: int | None = None,
        version: int | None = None,
    ) -> Steps[RegisteredSchema]:
        """Register a schema under a subject; one that is there keeps its id."""
        document = _document(schema, references)
        what = f"this schema for {subject_words(subject)}"
        body = _body(document)
        body.update({} if schema_id is None else {"id": schema_id})
        body.update({} if version is None else {"version": version})
        value = yield from self._desk.post(
            what,
            "subjects",
            subject,
            "versions",
            body=body,
            query=(("normalize", "true"),) if normalize else (),
            is_registration=True,
        )
        self.forget_versions()
        return with_id(document, self._desk.shapes.schema_id(value, what))

    def subject_versions(self, schema_id: int) -> Steps[tuple[tuple[str, int], ...]]:
        """List where a schema is registered."""
        what = f"schema id {schema_id}"
        number = str(schema_id)
        try:
            value = yield from self._desk.get(what, "schemas", "ids", number, "versions")
        except RegistryUnreachable as error:
            if error.status != 404:
                raise
            return (yield from self._subject_versions_by_lookup(schema_id))
        return self._desk.shapes.pairs(value, what)

    def compatibility(
        self,
        subject: str,
        schema: SchemaInput,
        references: Iterable[Reference] = (),
        *,
        version: Version | None = "latest",
        normalize: bool = False,
    ) -> Steps[CompatibilityVerdict]:
        """Ask whether a schema may follow a version of a subject, or all (`None`), and why not."""
        what = f"the compatibility with {subject_words(subject)}"
        query = [("verbose", "true")] + ([("normalize", "true")] if normalize else [])
        place = ["compatibility", "subjects", subject, "versions"]
        if version is not None:
            place.append(str(version))
        value = yield from self._desk.post(
            what, *place, body=_body(schema, references), query=tuple(query)
        )
        return self._desk.shapes.verdict(value, what)

    def _check_refused(self, key: tuple[int | str, str | None]) -> None:
        error = self._refused.get(key, self._clock())
        if error is not None:
            raise again(error)

    def _keep_refusal(self, key: tuple[int | str, str | None], error: RegistryError) -> None:
        """Keep what was said of this schema; an outage or missing rights say nothing of it."""
        if not isinstance(error, RegistryUnreachable) and error.status not in (401, 403):
            self._refused.put(key, error, now=self._clock())

    def _without_guids(self, error: RegistryError, what: str) -> RegistryError:
        """Return what an error means for a GUID, for many registries have no such endpoint."""
        if error.status != 404:
            return error
        return SchemaNotFound(
            f"registry `{self._desk.base}` has no {what}, or knows no GUIDs", status=404
        )

    def _subject_versions_by_lookup(self, schema_id: int) -> Steps[tuple[tuple[str, int], ...]]:
        """Find the versions where the registry has no endpoint that lists them."""
        what = f"schema id {schema_id}"
        value = yield from self._desk.get(what, "schemas", "ids", str(schema_id), "subjects")
        schema = yield from self.schema_by_id(schema_id)
        found: list[tuple[str, int]] = []
        for subject in self._desk.shapes.texts(value, what):
            place = yield from self.lookup(subject, schema)
            found.append((place.subject, place.version))
        return tuple(found)


def subject_words(subject: str) -> str:
    """Return how messages name a subject, which may be anyone's text."""
    return f"subject `{quoted(subject, limit=300)}`"


def version_words(subject: str, version: Version) -> str:
    """Return how messages name a version of a subject."""
    name = "latest version" if version == "latest" else f"version {version}"
    return f"{name} of {subject_words(subject)}"


def _flags(**flags: bool) -> Iterable[tuple[str, bool]]:
    return flags.items()


def _document(schema: SchemaInput, references: Iterable[Reference] = ()) -> SchemaDocument:
    if isinstance(schema, SchemaDocument):
        return schema
    text = schema if isinstance(schema, str) else schema.to_json()
    return SchemaDocument(text, references=tuple(references))


def _body(schema: SchemaInput, references: Iterable[Reference] = ()) -> dict[str, Json]:
    """Return the document that carries a schema to the registry."""
    document = _document(schema, references)
    body: dict[str, Json] = {"schema": document.text}
    if document.schema_type != "AVRO":
        body["schemaType"] = document.schema_type
    if document.references:
        body["references"] = [
            {"name": one.name, "subject": one.subject, "version": one.version}
            for one in document.references
        ]
    return body
