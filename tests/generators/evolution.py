"""Readers evolved from a writer's schema, as people change schemas."""

import copy
from contextlib import suppress
from random import Random
from typing import Any

from flowodm.avro import parse
from flowodm.errors import SchemaParseError
from tests.generators.schemas import PRIMITIVES, Document, Impossible, SchemaGenerator

__all__ = ["evolved"]

PROMOTED = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}


def evolved(random: Random, document: Document, *, edits: int = 3) -> Document:
    """A reader's schema as people make one out of a writer's; not always one that can read it.

    Fields move, come with defaults, go, and are renamed with aliases; numbers are promoted;
    unions, nulls and symbols come and go.
    """
    for _ in range(random.randint(1, edits)):
        for _ in range(5):
            attempt = copy.deepcopy(document)
            attempt = _Evolution(random, attempt).edit()
            try:
                parse(attempt)
            except SchemaParseError:
                continue  # a definition was cut off from its uses: try another edit
            document = attempt
            break
    return document


class _Evolution:
    """One edit of a document, in place."""

    def __init__(self, random: Random, document: Document) -> None:
        self.random = random
        self.root = [document]
        self.places: list[tuple[Any, Any]] = []
        """Everything that holds a type, with the key or index of it."""
        self.find((self.root, 0))

    def find(self, place: tuple[Any, Any]) -> None:
        todo = [place]
        while todo:
            holder, key = todo.pop()
            self.places.append((holder, key))
            kind = holder[key]
            if isinstance(kind, list):
                todo += ((kind, index) for index in range(len(kind)))
            elif isinstance(kind, dict):
                inner = {"array": ["items"], "map": ["values"]}.get(kind["type"], [])
                todo += ((kind, name) for name in inner)
                todo += ((field, "type") for field in kind.get("fields", ()))

    def edit(self) -> Document:
        records = [
            kind["fields"]
            for holder, key in self.places
            if isinstance(kind := holder[key], dict) and "fields" in kind
        ]
        if records and self.random.random() < 0.55:
            self.edit_fields(self.random.choice(records))
        else:
            self.edit_type(*self.random.choice(self.places))
        return self.root[0]

    def edit_fields(self, fields: list[Document]) -> None:
        match self.random.randint(0, 4):
            case 0:
                self.random.shuffle(fields)
            case 1 if fields:
                fields.pop(self.random.randrange(len(fields)))
            case 2 if fields:
                field = self.random.choice(fields)
                field["aliases"] = [*field.get("aliases", ()), field["name"]]
                field["name"] = self.random.choice(
                    (f"renamed{self.random.randint(0, 999)}", "old_a")
                )
            case 3 if fields:
                self.random.choice(fields).pop("default", None)
            case _:
                fields.insert(self.random.randint(0, len(fields)), self.new_field())

    def new_field(self) -> Document:
        maker = SchemaGenerator(self.random)
        prefix = f"New{self.random.randint(0, 999)}"
        field = maker.field(f"added{self.random.randint(0, 999)}", 1, prefix)
        with suppress(Impossible):
            field.setdefault("default", maker.default(field["type"], prefix, 3))
        field["type"] = _renamed(field["type"], prefix)
        return field

    def edit_type(self, holder: Any, key: Any) -> None:
        kind = holder[key]
        if isinstance(kind, list):
            self.edit_union(kind)
        elif isinstance(kind, dict) and kind["type"] == "enum":
            self.edit_enum(kind)
        elif self.random.random() < 0.5 and not isinstance(holder, list):
            branches = [kind, "null"] if kind != "null" else [kind, "string"]
            self.random.shuffle(branches)
            holder[key] = branches
        elif isinstance(kind, str) and kind in PROMOTED:
            holder[key] = self.random.choice(PROMOTED[kind])

    def edit_union(self, branches: list[Document]) -> None:
        match self.random.randint(0, 2):
            case 0:
                self.random.shuffle(branches)
            case 1 if branches:
                branches.pop(self.random.randrange(len(branches)))
            case _:
                branches.insert(
                    self.random.randint(0, len(branches)), self.random.choice(PRIMITIVES)
                )

    def edit_enum(self, kind: Document) -> None:
        if self.random.random() < 0.5:
            kind["symbols"].insert(0, f"S{self.random.randint(0, 99)}")
        elif kind["symbols"]:
            kind["symbols"].pop()
            if kind["symbols"] and self.random.random() < 0.6:
                kind["default"] = kind["symbols"][0]
            else:
                kind.pop("default", None)


def _renamed(kind: Document, prefix: str) -> Document:
    """The type with every definition in it in a namespace of its own."""
    if isinstance(kind, list):
        return [_renamed(branch, prefix) for branch in kind]
    if (
        isinstance(kind, dict)
        and "name" in kind
        and "namespace" not in kind
        and "." not in kind["name"]
    ):
        return {**kind, "namespace": prefix}
    return kind
