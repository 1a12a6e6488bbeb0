"""Schemas → Python source.

```
literals.py     texts and bytes as literals
layout.py       expressions on lines of at most 100 columns
expressions.py  annotations, marks and values of a plan as expressions
bodies.py       planned classes
imports.py      what a module imports
module.py       a module
source.py       the door: schemas in, text out
```
Pure: nothing here reads or writes a file, and nothing is executed.
"""

from flowodm.avro.generation.bodies import Base
from flowodm.avro.generation.source import generate_module

__all__ = ["Base", "generate_module"]
