"""Lines of text to records: what `produce` reads, checked line by line before anything is sent.

```
source.py   bytes to numbered lines
schemas.py  which schema a side is written with: the registry's, a file's, the line's own
reader.py   a line to a `Message`: a value alone, or an envelope
spool.py    messages that wait until all lines are checked
```
"""

from flowodm.lines.reader import LineOptions, LineReader, Message
from flowodm.lines.schemas import SchemaWish, SideSchemas
from flowodm.lines.source import numbered_lines
from flowodm.lines.spool import Spool

__all__ = [
    "LineOptions",
    "LineReader",
    "Message",
    "SchemaWish",
    "SideSchemas",
    "Spool",
    "numbered_lines",
]
