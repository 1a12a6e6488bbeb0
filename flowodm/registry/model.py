"""What a schema registry tells: schemas, where they are registered, verdicts.

Values only. How they are fetched is in `rules.py`, how an answer becomes one of them in
`answers.py`.
"""

from dataclasses import dataclass

__all__ = [
    "CompatibilityVerdict",
    "Reference",
    "RegisteredSchema",
    "SchemaDocument",
    "SubjectVersion",
]


@dataclass(frozen=True, slots=True)
class Reference:
    """A schema's mention of another one that is registered on its own."""

    name: str
    """The name it is used by; for Avro the full name of a type."""
    subject: str
    version: int
    """A number, or -1 for the latest."""


@dataclass(frozen=True, slots=True)
class SchemaDocument:
    """A schema as the registry keeps it: a text in a language, with its references."""

    text: str
    schema_type: str = "AVRO"
    """`AVRO`, `JSON` or `PROTOBUF`."""
    references: tuple[Reference, ...] = ()
    guid: str | None = None
    """The same for equal schemas in every registry; older registries give none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredSchema(SchemaDocument):
    """A schema with the id that messages carry."""

    schema_id: int


@dataclass(frozen=True, slots=True)
class SubjectVersion:
    """One version of a subject."""

    subject: str
    version: int
    schema: RegisteredSchema


@dataclass(frozen=True, slots=True)
class CompatibilityVerdict:
    """Whether a schema may follow those of a subject, in the registry's own judgement."""

    compatible: bool
    messages: tuple[str, ...] = ()
    """The registry's reasons, capped; empty when it gives none."""
