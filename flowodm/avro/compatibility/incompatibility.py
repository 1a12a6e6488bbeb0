"""One reason why a reader cannot read what a writer wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

__all__ = ["Incompatibility", "IncompatibilityType"]

IncompatibilityType: TypeAlias = Literal[
    "NAME_MISMATCH",
    "FIXED_SIZE_MISMATCH",
    "MISSING_ENUM_SYMBOLS",
    "READER_FIELD_MISSING_DEFAULT_VALUE",
    "TYPE_MISMATCH",
    "MISSING_UNION_BRANCH",
    "AMBIGUOUS_FIELD",
]
"""Java's six, and what Java throws an exception for: a field that several written ones claim."""

_DESCRIPTIONS: Final[Mapping[str, str]] = {
    "NAME_MISMATCH": "The name of the schema has changed (path '{path}')",
    "FIXED_SIZE_MISMATCH": "The size of FIXED type field at path '{path}' in the {reader} schema"
    " does not match with the {writer} schema",
    "MISSING_ENUM_SYMBOLS": "The {reader} schema is missing enum symbols '{message}' at path"
    " '{path}' in the {writer} schema",
    "READER_FIELD_MISSING_DEFAULT_VALUE": "The field '{message}' at path '{path}' in the {reader}"
    " schema has no default value and is missing in the {writer} schema",
    "TYPE_MISMATCH": "The type (path '{path}') of a field in the {reader} schema does not match"
    " with the {writer} schema",
    "MISSING_UNION_BRANCH": "The {reader} schema is missing a type inside a union field at path"
    " '{path}' in the {writer} schema",
}


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One reason why a reader cannot read what a writer wrote."""

    type: IncompatibilityType
    location: str
    """A JSON pointer, `/` for the root. A record's fields are counted in the reader, a union's
    branches in the writer."""
    message: str
    """What is wrong, in plain words; in exact mode Java's own message."""
    cure: str
    """What to change, in plain words."""
    reader: str
    """What the reader has there: a type, a name, a field."""
    writer: str
    """What the writer has there."""
    java_message: str
    """Java's own message, which registries give as `additionalInfo`; of an ambiguous field whole
    only in exact mode, as it has all of the writer's record in it."""

    def registry_text(self, reader: str = "new", writer: str = "old") -> str:
        """Write it as a schema registry does.

        Args:
            reader: What the reader's schema is called: `new` when the new schema reads, `old`
                when it is read.
            writer: What the writer's schema is called.
        """
        if self.type == "AMBIGUOUS_FIELD":
            return f"Unexpected exception during compatibility check: {self.java_message}"
        description = _DESCRIPTIONS[self.type].format(
            path=self.location, message=self.java_message, reader=reader, writer=writer
        )
        return (
            f"{{errorType:'{self.type}', description:'{description}',"
            f" additionalInfo:'{self.java_message}'}}"
        )
