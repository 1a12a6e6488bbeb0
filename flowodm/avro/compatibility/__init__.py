"""Whether one schema reads what another wrote, as Java's `SchemaCompatibility` judges it.

```
engine.py           every pair of types that meet, each judged once
candidates.py       which branches of a union can read a type at all
incompatibility.py  one reason, in the registry's words too
places.py           where the reasons are, bounded
words.py            reasons and cures in plain words
report.py           `check`: judge, then tell
history.py          the seven levels over the versions of a subject
```
How a value is read into another schema is `resolve.py`'s; what reads without an error and still
means something else is not judged here.
"""

from flowodm.avro.compatibility.history import (
    CompatibilityLevel,
    HistoryVerdict,
    check_history,
    known_level,
)
from flowodm.avro.compatibility.incompatibility import Incompatibility, IncompatibilityType
from flowodm.avro.compatibility.report import check

__all__ = [
    "CompatibilityLevel",
    "HistoryVerdict",
    "Incompatibility",
    "IncompatibilityType",
    "check",
    "check_history",
    "known_level",
]
