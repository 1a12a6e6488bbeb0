"""Where schemas come from: one grammar of sources, whoever asks.

```
schemas/user-event.avsc       a file; types that it uses may stand in others beside it
schemas/                      every `.avsc` in a directory, in whatever order they need each other
git:REV:path                  a file or directory as it was in a commit; `git::path` as it is staged
model:pkg.mod:Class           the schema of a Pydantic class; `model:pkg.mod` for all in a module
SUBJECT@3  SUBJECT@latest     a version in the registry
3  v3  latest                 the same, where the subject is known
context:NAME                  the same subject in another context's registry
context:NAME:SUBJECT@3        a version in another context's registry
-                             standard input
```

forms.py        what a text asks for: pure
loaded.py       what comes of it: a schema with its origin, or why there is none
shelf.py        files in a directory, read with bounds
git.py          the same out of a commit
needs.py        which names a JSON document defines, and which it only uses
library.py      files that use each other's types, in an order that works
model_class.py  a class or module that is named, imported
sources.py      `Sources`: all of it put together

What is done with schemas is the business of those who load them.
"""

from flowodm.sources.git import NotInRevision
from flowodm.sources.loaded import LoadedSchema, Unloadable
from flowodm.sources.sources import Sources, load_source

__all__ = ["LoadedSchema", "NotInRevision", "Sources", "Unloadable", "load_source"]
