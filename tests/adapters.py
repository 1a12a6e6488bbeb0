"""What the vector runners call: FlowODM's functions in the runners' shapes."""

from typing import Any

from flowodm.avro import Schema, canonical_form, parse

__all__ = ["canonical"]


def canonical(schema: Any) -> str:
    """The Parsing Canonical Form of a schema given as parsed JSON."""
    return canonical_form(_parsed(schema))


def _parsed(schema: Any) -> Schema:
    """A JSON string is the name of a type here, never a text to read."""
    return parse(f'"{schema}"' if isinstance(schema, str) else schema)
