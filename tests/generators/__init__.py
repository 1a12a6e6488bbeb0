"""Random Avro schemas, evolved readers, values and encodings, from one `random.Random`.

One generator serves both worlds: Hypothesis drives it through `st.randoms()` (see
`tests/strategies.py`), and the fuzz tests through a seeded `Random`.
"""

from tests.generators.encodings import random_encoding, zigzag
from tests.generators.evolution import evolved
from tests.generators.schemas import SchemaGenerator, random_schema
from tests.generators.values import random_value

__all__ = [
    "SchemaGenerator",
    "evolved",
    "random_encoding",
    "random_schema",
    "random_value",
    "zigzag",
]
