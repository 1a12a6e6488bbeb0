"""Avro schemas of a registry, parsed, with everything they reference.

References form a graph that a stranger drew: it is walked depth first, with the path kept against
cycles and the whole counted.
"""

import time
from collections.abc import Callable
from typing import Literal

from flowodm import avro
from flowodm.errors import RegistryUnreachable, SchemaError, SchemaParseError
from flowodm.registry.cache import BoundedCache, BriefCache
from flowodm.registry.flights import again
from flowodm.registry.model import Reference, SchemaDocument
from flowodm.registry.rules import Rules, version_words
from flowodm.registry.shapes import MAX_REFERENCES
from flowodm.registry.wire import MAX_BODY, Steps, worked

__all__ = ["Parsing"]

_BROKEN = 60.0
"""Seconds for which a schema that does not parse is taken as broken."""
_ENTRIES = 10_000
_WEIGHT = 16 * 1024 * 1024
"""Characters of schema text whose trees are kept; a tree is some thirty times its text."""

_REFERENCES_SECONDS = 60.0
"""For all the references of one schema together."""

_SECONDS_PER_CHARACTER = 1e-6
"""Of parsing a schema."""

_Place = tuple[str, int]


class Parsing:
    """Parses the schemas that the rules fetch.

    Args:
        rules: What fetches.
        clock: Monotonic seconds.
    """

    def __init__(self, rules: Rules, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rules = rules
        self._clock = clock
        self.kept: BoundedCache[int | str, avro.Schema] = BoundedCache(
            max_entries=_ENTRIES, max_weight=_WEIGHT
        )
        self._broken: BriefCache[int | str, SchemaError] = BriefCache(
            seconds=_BROKEN, max_entries=_ENTRIES, max_weight=_ENTRIES
        )

    def forget(self) -> None:
        """Empty the caches."""
        self.kept.clear()
        self._broken.clear()

    def by_id(self, schema_id: int) -> Steps[avro.Schema]:
        """Return the schema of an id, parsed."""
        known = self._known(schema_id)
        if known is not None:
            return known
        document = yield from self._rules.schema_by_id(schema_id)
        return (yield from self._keep(schema_id, document, f"schema id {schema_id}"))

    def by_guid(self, guid: str) -> Steps[avro.Schema]:
        """Return the schema of a GUID, parsed."""
        known = self._known(guid)
        if known is not None:
            return known
        document = yield from self._rules.schema_by_guid(guid)
        return (yield from self._keep(guid, document, f"schema `{guid}`"))

    def document(self, document: SchemaDocument, what: str = "the schema") -> Steps[avro.Schema]:
        """Return any schema document, parsed with what it references."""
        return (yield from _References(self._rules, what, self._clock).parse(document, what))

    def _known(self, key: int | str) -> avro.Schema | None:
        broken = self._broken.get(key, self._clock())
        if broken is not None:
            raise again(broken)
        return self.kept.get(key)

    def _keep(self, key: int | str, document: SchemaDocument, what: str) -> Steps[avro.Schema]:
        try:
            schema = yield from self.document(document, what)
        except SchemaError as error:
            self._broken.put(key, error, now=self._clock())
            raise
        self.kept.put(key, schema, len(document.text))
        return schema


class _References:
    """One schema's references, each fetched and parsed once."""

    def __init__(self, rules: Rules, what: str, clock: Callable[[], float]) -> None:
        self._rules = rules
        self._what = what
        self._clock = clock
        self._deadline = clock() + _REFERENCES_SECONDS
        self._length = 0
        self._parsed: dict[_Place, avro.Schema] = {}
        self._path: list[_Place] = []
        self._count = 0

    def parse(self, document: SchemaDocument, what: str) -> Steps[avro.Schema]:
        if document.schema_type != "AVRO":
            raise SchemaError(f"{what} is {document.schema_type}, not Avro")
        known = []
        for reference in document.references:
            known.append((yield from self._referenced(reference)))
        try:
            # A writer's defaults play no part in reading, and registries keep some that do not fit;
            # Java's parser took any namespace until 1.12.
            return (
                yield from worked(
                    lambda: avro.parse(
                        document.text,
                        references=known,
                        validate_defaults=False,
                        strict_namespaces=False,
                    ),
                    len(document.text) * _SECONDS_PER_CHARACTER,
                )
            )
        except SchemaParseError as error:
            raise SchemaParseError(
                f"{what} is no Avro schema: {error.reason}", path=error.path, hint=error.hint
            ) from error

    def _referenced(self, reference: Reference) -> Steps[avro.Schema]:
        place = (reference.subject, reference.version)
        if place in self._parsed:
            return self._parsed[place]
        name = version_words(*_version(reference))
        if place in self._path:
            raise SchemaError(f"{self._what} references itself, through {name}")
        self._count += 1
        if self._count > MAX_REFERENCES:
            raise SchemaError(f"{self._what} has more than {MAX_REFERENCES} references")
        self._path.append(place)
        if self._clock() > self._deadline:
            raise RegistryUnreachable(
                f"the references of {self._what} took more than {_REFERENCES_SECONDS:.0f} s",
                hint="the registry is slow; try again later",
            )
        # A soft-deleted version still gives its meaning to what references it.
        found = yield from self._rules.version(*_version(reference), deleted=True)
        self._length += len(found.schema.text)
        if self._length > MAX_BODY:
            raise SchemaError(f"{self._what} and its references are longer than {MAX_BODY} bytes")
        schema = yield from self.parse(found.schema, f"{name}, which {self._what} references,")
        self._path.pop()
        self._parsed[place] = schema
        return schema


def _version(reference: Reference) -> tuple[str, int | Literal["latest"]]:
    return reference.subject, "latest" if reference.version == -1 else reference.version
