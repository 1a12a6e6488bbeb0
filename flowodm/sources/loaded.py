"""What comes of a source: a schema with its origin, or why there is none."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flowodm.avro import Schema
from flowodm.errors import FlowODMError

if TYPE_CHECKING:
    from flowodm.registry import Reference

__all__ = ["LoadedSchema", "Unloadable"]


@dataclass(frozen=True, slots=True)
class LoadedSchema:
    """A schema, and where it comes from."""

    label: str
    """What people call the source: a path, `git:main:a.avsc`, `model app:Order`, `orders-value v3`."""
    schema: Schema
    text: str
    """As it was written; of a model, as Java writes its schema."""
    path: Path | None = None
    """The file on this machine, where it is one; of a model, its module's."""
    line: int | None = None
    """Of a model, where its class begins."""
    subject: str | None = None
    """Of a version, its subject; of a model, the one that its values are registered under."""
    version: int | None = None
    schema_id: int | None = None
    references: tuple["Reference", ...] = ()
    """What a version references in its registry."""
    uses: tuple["LoadedSchema", ...] = ()
    """Of a file, those whose types it uses: each stands before those that use it."""

    @property
    def short_label(self) -> str:
        """The label where the subject is named already: `v3`."""
        return self.label if self.version is None else self.label.removeprefix(f"{self.subject} ")

    def closure(self) -> "Iterator[LoadedSchema]":
        """Everything that a file uses, each once, before those that use it: what to register first."""
        seen: set[int] = set()
        stack: list[tuple[LoadedSchema, Iterator[LoadedSchema]]] = [(self, iter(self.uses))]
        while stack:
            at, rest = stack[-1]
            inner = next(rest, None)
            if inner is None:
                stack.pop()
                if stack:
                    yield at
            elif id(inner) not in seen:
                seen.add(id(inner))
                stack.append((inner, iter(inner.uses)))


@dataclass(frozen=True, slots=True)
class Unloadable:
    """A source that gives no schema, and why."""

    label: str
    error: FlowODMError
    path: Path | None = None
