"""Schemas → Python source.

```
literals.py     texts and bytes as literals
layout.py       expressions on lines of at most 100 columns
expressions.py  annotations, marks and values of a plan as expressions
bodies.py       planned classes
imports.py      what a module imports
module.py       a module
header.py       what stands at its top
plans.py        the plan that all of them stand on
source.py       schemas in, the text of one module out
spaces.py       which file of a package a class goes into
package.py      schemas in, the texts of a package out
```
Pure: nothing here reads or writes a file, and nothing is executed.
"""

from flowodm.avro.generation.bodies import Base
from flowodm.avro.generation.header import MARK
from flowodm.avro.generation.package import generate_package
from flowodm.avro.generation.source import generate_module

__all__ = ["MARK", "Base", "generate_module", "generate_package"]
