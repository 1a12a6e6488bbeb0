"""What `flowodm run` is told: a YAML file that declares loops, read and checked.

```
document.py   what a manifest may hold; its JSON Schema, and the table of its keys
read.py       a file → `Manifest`, every error with file and line
contents.py   what one key must be that its type does not say
```
Nothing here imports what a manifest names: that is `flowodm.running`'s matter.
"""

from flowodm.manifest.document import (
    PROFILES,
    DeadLetterSettings,
    HealthSettings,
    LoopSettings,
    ManifestSettings,
    RetrySettings,
    manifest_schema,
)
from flowodm.manifest.read import Manifest, read_manifest

__all__ = [
    "PROFILES",
    "DeadLetterSettings",
    "HealthSettings",
    "LoopSettings",
    "Manifest",
    "ManifestSettings",
    "RetrySettings",
    "manifest_schema",
    "read_manifest",
]
