"""From a registry's JSON to the values of `model.py`; unknown attributes are ignored."""

from flowodm.avro.types import Json
from flowodm.errors import RegistryError
from flowodm.registry.model import (
    CompatibilityVerdict,
    Reference,
    RegisteredSchema,
    SchemaDocument,
    SubjectVersion,
)
from flowodm.registry.words import quoted

__all__ = [
    "MAX_REFERENCES",
    "Shapes",
]

MAX_REFERENCES = 100
"""References that one schema may have, those of its references included."""

_MAX_MESSAGES = 100
_MESSAGE_LIMIT = 1000


class Shapes:
    """Reads documents of one registry.

    Args:
        base: The registry's address, named when a document has another shape.
    """

    def __init__(self, base: str) -> None:
        self._base = base

    def document(self, value: Json, what: str) -> SchemaDocument:
        """Read `{"schema": …, "schemaType": …, "references": […], "guid": …}`."""
        entries = self._object(value, what)
        return SchemaDocument(
            text=self._text(entries, "schema", what),
            schema_type=self._schema_type(entries, what),
            references=self._references(entries, what),
            guid=self._optional_text(entries, "guid", what),
        )

    def registered(self, value: Json, what: str, schema_id: int | None = None) -> RegisteredSchema:
        """Read a schema with its id; `schema_id` when it is known from the question."""
        document = self.document(value, what)
        if schema_id is None:
            schema_id = self._number(self._object(value, what), "id", what)
        return with_id(document, schema_id)

    def subject_version(self, value: Json, what: str) -> SubjectVersion:
        """Read one version of a subject."""
        entries = self._object(value, what)
        return SubjectVersion(
            subject=self._text(entries, "subject", what),
            version=self._number(entries, "version", what),
            schema=self.registered(value, what),
        )

    def subject_versions(self, value: Json, what: str) -> tuple[SubjectVersion, ...]:
        """Read a list of versions of subjects."""
        return tuple(self.subject_version(item, what) for item in self._list(value, what))

    def texts(self, value: Json, what: str) -> tuple[str, ...]:
        """Read a list of names."""
        items = self._list(value, what)
        if not all(isinstance(item, str) for item in items):
            raise self._misshapen(what, "a list of texts")
        return tuple(item for item in items if isinstance(item, str))

    def numbers(self, value: Json, what: str) -> tuple[int, ...]:
        """Read a list of versions or ids."""
        items = self._list(value, what)
        if not all(_is_number(item) for item in items):
            raise self._misshapen(what, "a list of numbers")
        return tuple(item for item in items if isinstance(item, int))

    def number(self, value: Json, what: str) -> int:
        """Read a bare number."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._misshapen(what, "a number")
        return value

    def pairs(self, value: Json, what: str) -> tuple[tuple[str, int], ...]:
        """Read a list of `{"subject", "version"}`."""
        entries = [self._object(item, what) for item in self._list(value, what)]
        return tuple(
            (self._text(entry, "subject", what), self._number(entry, "version", what))
            for entry in entries
        )

    def field(self, value: Json, what: str, *names: str) -> str:
        """Read the text under the first of the names that is there."""
        entries = self._object(value, what)
        for name in names:
            if entries.get(name) is not None:
                return self._text(entries, name, what)
        raise self._misshapen(what, f"an object with `{names[0]}`")

    def schema_id(self, value: Json, what: str) -> int:
        """Read the id of what was registered."""
        return self._number(self._object(value, what), "id", what)

    def guid(self, value: Json, what: str) -> str | None:
        """Read the GUID of what was registered, where the registry gives one."""
        return self._optional_text(self._object(value, what), "guid", what)

    def verdict(self, value: Json, what: str) -> CompatibilityVerdict:
        """Read `{"is_compatible", "messages"}`."""
        entries = self._object(value, what)
        compatible = entries.get("is_compatible")
        if not isinstance(compatible, bool):
            raise self._misshapen(what, "an object with `is_compatible`")
        messages = entries.get("messages")
        texts = messages[:_MAX_MESSAGES] if isinstance(messages, list) else []
        return CompatibilityVerdict(
            compatible,
            tuple(quoted(text, limit=_MESSAGE_LIMIT) for text in texts if isinstance(text, str)),
        )

    def _references(self, entries: dict[str, Json], what: str) -> tuple[Reference, ...]:
        value = entries.get("references")
        items = [] if value is None else self._list(value, what)
        if len(items) > MAX_REFERENCES:
            raise RegistryError(
                f"{what} at registry `{self._base}` has {len(items)} references, "
                f"more than {MAX_REFERENCES}"
            )
        return tuple(self._reference(item, what) for item in items)

    def _reference(self, item: Json, what: str) -> Reference:
        entries = self._object(item, what)
        return Reference(
            name=self._text(entries, "name", what),
            subject=self._text(entries, "subject", what),
            version=self._number(entries, "version", what),
        )

    def _schema_type(self, entries: dict[str, Json], what: str) -> str:
        name = self._optional_text(entries, "schemaType", what) or "AVRO"
        return quoted(name, limit=40)

    def _text(self, entries: dict[str, Json], name: str, what: str) -> str:
        value = entries.get(name)
        if not isinstance(value, str):
            raise self._misshapen(what, f"an object with a text `{name}`")
        return value

    def _optional_text(self, entries: dict[str, Json], name: str, what: str) -> str | None:
        return None if entries.get(name) is None else self._text(entries, name, what)

    def _number(self, entries: dict[str, Json], name: str, what: str) -> int:
        value = entries.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._misshapen(what, f"an object with a number `{name}`")
        return value

    def _object(self, value: Json, what: str) -> dict[str, Json]:
        if not isinstance(value, dict):
            raise self._misshapen(what, "an object")
        return value

    def _list(self, value: Json, what: str) -> list[Json]:
        if not isinstance(value, list):
            raise self._misshapen(what, "a list")
        return value

    def _misshapen(self, what: str, expected: str) -> RegistryError:
        return RegistryError(
            f"registry `{self._base}` answered {what} with JSON that is not {expected}",
            hint="is this the registry's URL?",
        )


def with_id(document: SchemaDocument, schema_id: int) -> RegisteredSchema:
    """Return the document under its id."""
    return RegisteredSchema(
        text=document.text,
        schema_type=document.schema_type,
        references=document.references,
        guid=document.guid,
        schema_id=schema_id,
    )


def _is_number(item: Json) -> bool:
    return isinstance(item, int) and not isinstance(item, bool)
