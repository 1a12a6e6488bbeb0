"""The plan of some schemas' classes, as source needs it."""

from collections.abc import Sequence

from flowodm.avro.blueprint import Blueprint, blueprint
from flowodm.avro.blueprint.plan import Marked
from flowodm.avro.generation.bodies import Base
from flowodm.avro.generation.module import annotations_of, marked_in
from flowodm.avro.schema import Schema
from flowodm.avro.words import shown
from flowodm.errors import SchemaError

__all__ = ["named_fixeds", "planned"]


def planned(schemas: Sequence[Schema], base: Base | None, name: str | None) -> Blueprint:
    """Plan the classes.

    Raises:
        SchemaError: A schema is too large or too deep for Python classes, or the schemas
            contradict each other.
    """
    reserved = base.reserved | {"Settings"} if base is not None else frozenset()
    try:
        return blueprint(*schemas, reserved=reserved, root_name=name)
    except RecursionError:
        raise SchemaError(
            f"the types of {shown(schemas[0].name)} lead into one another too deeply for Python"
            " classes"
        ) from None


def named_fixeds(plan: Blueprint) -> dict[str, Marked]:
    """The annotations of fixeds that get a name, by it, in the order of their use."""
    annotations = [each for cls in plan.classes for each in annotations_of(cls)]
    annotations += (root.annotation for root in plan.roots)
    found: dict[str, Marked] = {}
    for annotation in annotations:
        for marked in marked_in(annotation):
            if marked.fixed is not None and marked.fixed in plan.fixeds:
                found.setdefault(plan.fixeds[marked.fixed], marked)
    return found
