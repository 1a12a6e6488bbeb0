"""Java's ahead-of-time cache for Kafka: with it a broker starts in half the time.

Java 25 keeps loaded and linked classes with their profiles in a file (JEP 483, 514, 515), which
`training` makes. Until it is there, and whenever it is not the file that was made, brokers start
without it, only slower.
"""

import hashlib
import platform
from collections.abc import Sequence
from pathlib import Path

from flowodm.sandbox import jars, java

__all__ = ["digest_file", "file_for", "is_right", "options"]


def options(classpath: Sequence[Path]) -> list[str]:
    """Return the virtual machine's options that use the cache; none while there is no cache."""
    file = file_for(classpath)
    # A cache that Java finds unfit is no news for a broker's log.
    return (
        [f"-XX:AOTCache={file}", "-Xlog:disable", "-Xlog:all=error:stderr"]
        if is_right(file)
        else []
    )


def file_for(classpath: Sequence[Path]) -> Path:
    """Name the cache of one Java and these archives, in this order and of these dates."""
    release = (java.runtime().parent.parent / "release").read_bytes()
    key = hashlib.sha256(release + platform.machine().encode())
    for path in classpath:
        key.update(f"{path}\0{path.stat().st_mtime_ns}\0".encode())
    name = f"kafka-{jars.KAFKA_VERSION}-{key.hexdigest()[:16]}.aot"
    return jars.cache_directory() / "java" / name


def digest_file(file: Path) -> Path:
    """Name the file that holds a cache's SHA-256."""
    return file.with_suffix(".sha256")


def is_right(file: Path) -> bool:
    """Compare a cache with its digest: a damaged one would make Java crash."""
    try:
        wanted = digest_file(file).read_text(encoding="ascii")
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == wanted
    except OSError:
        return False
