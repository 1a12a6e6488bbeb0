"""The schema registry's client, blocking and asyncio, over one implementation of the rules.

```
client.py · aio.py                        the two faces, thin
core.py                                   what they share, wired
rules.py · parsing.py · administration.py every operation, as generators of requests
desk.py · exchange.py · oauth.py          a question: credentials, failover, retries, deadline
answers.py · shapes.py · model.py         what came back: an error with a name, or a value
transport.py · transport_async.py         the two drivers: sockets, deadlines (loaded when used)
local.py                                  a registry in this process, in a socket's place
settings.py · tls.py · causes.py · body.py · words.py · cache.py · flights.py · wire.py
```

Codecs are in `flowodm.codec`, the embedded registry in `flowodm.sandbox`.
"""

from typing import TYPE_CHECKING

from flowodm.registry.client import SchemaRegistry
from flowodm.registry.model import (
    CompatibilityVerdict,
    Reference,
    RegisteredSchema,
    SchemaDocument,
    SubjectVersion,
)

if TYPE_CHECKING:
    from flowodm.registry.aio import AsyncSchemaRegistry

__all__ = [
    "AsyncSchemaRegistry",
    "CompatibilityVerdict",
    "Reference",
    "RegisteredSchema",
    "SchemaDocument",
    "SchemaRegistry",
    "SubjectVersion",
]


def __getattr__(name: str) -> object:
    # asyncio takes longer to import than all the rest here.
    if name == "AsyncSchemaRegistry":
        from flowodm.registry.aio import AsyncSchemaRegistry

        return AsyncSchemaRegistry
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
