"""The packages that several threads need, imported by one of them at a time.

Two threads that import parts of one package, each beginning at another, may wait for each other;
Python ends that with an error in one of them. Whoever comes first loads the whole here.
"""

from threading import Lock
from typing import Final

__all__ = ["load_registry"]

_LOCK: Final = Lock()


def load_registry() -> None:
    """Import what speaks with a registry, and knows schemas; the second call costs nothing."""
    with _LOCK:
        import flowodm.avro
        import flowodm.registry  # noqa: F401 - Python keeps them
