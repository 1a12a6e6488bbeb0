"""The embedded registry: Confluent's semantics over one SQLite file.

```
server.py       on a socket: 127.0.0.1 only; `__main__.py` is the process that `sandbox up` starts
endpoints.py    `handle(request, store) → response`, and which endpoint is whose
http.py         a request taken apart, a response, an error by its number
candidate.py    a schema that was sent: parsed with its references, given its identity
normal.py       … and its normal form, when `normalize` asks for it
names.py        subjects and their contexts
subjects.py     reading: schemas, subjects, versions
registering.py  looking up and registering
deleting.py     soft and for good
judging.py      compatibility
settings.py     levels and modes
store.py        SQLite
```
Pure but for the store: no clock, and no socket outside `server.py`.
"""

from flowodm.sandbox.registry.server import RegistryServer

__all__ = ["RegistryServer"]
