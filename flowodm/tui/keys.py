"""The user's own keys: `keys.yaml` in their configuration directory, a binding's id to its keys.

```yaml
app.quit: ctrl+x
list.down: j,down
```
"""

from pathlib import Path

from flowodm.documents.validate import did_you_mean
from flowodm.documents.yaml import parse_yaml, read_bytes
from flowodm.errors import ConfigurationError

__all__ = ["FILE_NAME", "read_keys"]

FILE_NAME = "keys.yaml"


def read_keys(file: Path, known: frozenset[str]) -> dict[str, str]:
    """Read the keys that a user has chosen; none where there is no such file.

    Args:
        file: The file.
        known: The ids of the bindings there are.

    Raises:
        ConfigurationError: It is no such file, or names a binding that there is not.
    """
    if not file.is_file():
        return {}
    source = str(file)
    document = parse_yaml(read_bytes(file, source=source), source=source)
    chosen = document.value or {}
    if not isinstance(chosen, dict):
        raise ConfigurationError(f"`{source}` is no mapping of bindings to keys")
    found: dict[str, str] = {}
    for name, keys in chosen.items():
        where = document.where((name,))
        if name not in known:
            raise ConfigurationError(
                f"{where}: there is no binding `{name}`", hint=did_you_mean(str(name), known)
            )
        if not isinstance(keys, str) or not keys:
            raise ConfigurationError(f"{where}: the keys of `{name}` are no text")
        found[name] = keys
    return found
