"""What changed from one schema to another, who it breaks, and what to do.

```
report.py      `diff`: compare, judge, tell
change.py      one change, and the verdict on several
comparison.py  the walk over both schemas
fields.py, unions.py, named.py, leaves.py
               what is compared, kind by kind
found.py       a change that is not judged yet
judgement.py   one direction of reading: which change explains what the engine holds against it
examples.py    what a value becomes when its bytes are taken for something else
place.py, subjects.py
               where a change is, and what it is about
```
What breaks is decided by `compatibility/engine.py` alone; what is dangerous, here.
"""

from flowodm.avro.difference.change import ChangeKind, Safety, SchemaChange, Severity, verdict
from flowodm.avro.difference.report import diff

__all__ = ["ChangeKind", "Safety", "SchemaChange", "Severity", "diff", "verdict"]
