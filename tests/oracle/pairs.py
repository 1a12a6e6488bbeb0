"""Random pairs of schemas, a reader's and a writer's: mostly one schema and what became of it."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from flowodm.avro import Schema, parse
from flowodm.errors import SchemaParseError
from tests.generators import random_schema
from tests.generators.evolution import evolved

__all__ = ["random_pairs"]

_PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


def random_pairs(seed: int) -> Iterator[tuple[str, str]]:
    """Draw pairs, as texts that both parse; the same ones for the same seed, each once."""
    random = Random(seed)
    drawn: set[tuple[str, str]] = set()
    while True:
        pair = _pair(random)
        if pair is not None and pair not in drawn:
            drawn.add(pair)
            yield pair


def _pair(random: Random) -> tuple[str, str] | None:
    writer = random_schema(random, tangled=random.random() < 0.4)
    if random.random() < 0.1:
        reader = random_schema(random, depth=2)
    else:
        reader = evolved(random, writer, edits=3) if random.random() < 0.8 else writer
        for _ in range(random.choice((0, 0, 1, 1, 2))):
            reader = _bent(random, reader)
    texts = json.dumps(reader), json.dumps(writer)
    if random.random() < 0.4:
        texts = texts[::-1]
    try:
        return texts if all(_is_clear(parse(text)) for text in texts) else None
    except SchemaParseError:
        return None


def _is_clear(schema: Schema) -> bool:
    """Whether no name without a namespace is also one in a namespace.

    Avro 1.12.2 looks for a short name among the definitions that are finished, so that inside
    `a.B` the name `B` is not `a.B`, as the specification has it, where another `B` stands before.
    """
    spaces: dict[str, set[bool]] = {}
    for name in schema.names:
        space, _, short = name.rpartition(".")
        spaces.setdefault(short, set()).add(bool(space))
    return all(len(found) == 1 for found in spaces.values())


def _bent(random: Random, document: Any) -> Any:
    """One edit more, of those that break readers: names, namespaces, sizes, kinds, aliases."""
    root = [copy.deepcopy(document)]
    random.choice((_rename, _rename, _resize, _retype, _claim))(random, root)
    return root[0]


def _rename(random: Random, root: list[Any]) -> None:
    """Rename a definition, or move it; half of the time with an alias for what it was."""
    named = [
        kind for kind in _objects(root) if "name" in kind and "type" in kind and _is_type(kind)
    ]
    if not named:
        return
    kind = random.choice(named)
    was = kind["name"]
    kind["name"] = random.choice((f"x.{was.rpartition('.')[2]}", f"{was}New", "Other"))
    if random.random() < 0.5:
        kind["aliases"] = [*kind.get("aliases", ()), was]


def _resize(random: Random, root: list[Any]) -> None:
    sized = [kind for kind in _objects(root) if kind.get("type") == "fixed"]
    if sized:
        random.choice(sized)["size"] += random.choice((1, 2))


def _retype(random: Random, root: list[Any]) -> None:
    fields = [each for each in _objects(root) if "name" in each and not _is_type(each)]
    if fields:
        field = random.choice(fields)
        field["type"] = random.choice(_PRIMITIVES)
        field.pop("default", None)


def _claim(random: Random, root: list[Any]) -> None:
    """Give a field the name of another as an alias."""
    records = [kind["fields"] for kind in _objects(root) if kind.get("fields")]
    if records:
        fields = random.choice(records)
        field, other = random.choice(fields), random.choice(fields)
        field["aliases"] = [*field.get("aliases", ()), other["name"]]


def _is_type(kind: dict[str, Any]) -> bool:
    return kind.get("type") in ("record", "error", "enum", "fixed")


def _objects(root: Any) -> list[dict[str, Any]]:
    """Every type and field that is an object."""
    found, todo = [], [root]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            found.append(node)
            todo += [node[key] for key in ("fields", "items", "values", "type") if key in node]
    return found
