"""Schemas as Python source: the module, with a header that says where it came from."""

from collections.abc import Sequence

from flowodm.avro.generation.bodies import Base
from flowodm.avro.generation.header import header
from flowodm.avro.generation.module import Parts, module_text
from flowodm.avro.generation.plans import named_fixeds, planned
from flowodm.avro.schema import Schema

__all__ = ["generate_module"]


def generate_module(
    *schemas: Schema,
    origins: Sequence[str] = (),
    base: Base | None = None,
    name: str | None = None,
) -> str:
    """Write the Python module that holds the classes of schemas.

    It is what a person would have written: formatted as Black formats at 100 columns, typed, with
    the imports that it needs. The same schemas give the same text, byte for byte, and
    `derive` gives the schema of every class back. Nothing of a schema is executed, here or when
    the module is imported: what it says stands there as literals.

    Args:
        schemas: The schemas; a type that one defines and another leaves to it has one class.
        origins: Where they came from, for the header.
        base: What the classes of their roots inherit from; None: Pydantic's `BaseModel`.
        name: The name of the class of the first root; None: from the schema.

    Raises:
        SchemaError: A schema is too large or too deep for Python classes, or the schemas
            contradict each other.
    """
    plan = planned(schemas, base, name)
    fixeds = named_fixeds(plan)
    records = frozenset(root.name for root in plan.roots if root.is_record)
    parts = Parts(plan.classes, tuple(root for root in plan.roots if not root.is_record), fixeds)
    return module_text(header(schemas, origins), parts, plan.fixeds, base, records)
