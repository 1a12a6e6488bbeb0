"""Hypothesis strategies for Avro: schemas, values and encodings.

They drive `generators.py` with a `Random` that Hypothesis controls, so that failures shrink.
"""

from typing import Any

from hypothesis import strategies as st

from flowodm.avro import Schema
from tests.generators import random_encoding, random_schema, random_value

__all__ = ["avro_encodings", "avro_schemas", "avro_values", "json_values"]


def avro_schemas(*, depth: int = 3, named_root: bool = False) -> st.SearchStrategy[Any]:
    """Schema documents that Java's parser accepts: every feature of the language, finite values.

    Args:
        depth: How deep containers nest.
        named_root: Only records at the root.
    """
    return st.randoms(use_true_random=False).map(
        lambda random: random_schema(random, depth=depth, named_root=named_root)
    )


def avro_values(schema: Schema) -> st.SearchStrategy[Any]:
    """Values of a schema, in the form that the style `VALUES` decodes to."""
    return st.randoms(use_true_random=False).map(lambda random: random_value(random, schema))


def avro_encodings(schema: Schema) -> st.SearchStrategy[bytes]:
    """Bytes of a value of a schema, in any way of writing that the format allows."""
    return st.randoms(use_true_random=False).map(lambda random: random_encoding(random, schema))


def json_values() -> st.SearchStrategy[Any]:
    """Any JSON document."""
    return st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
