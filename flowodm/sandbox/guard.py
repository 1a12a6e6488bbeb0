"""Cleans up after a program that used a `Sandbox`: `python -m flowodm.sandbox.guard DIRECTORY`.

Waits until its standard input ends, which is when that program closes it or is no more (`kill -9`
included), then kills what still runs of the sandbox and removes its directory.
"""

import shutil
import sys
from pathlib import Path

__all__ = ["main"]


def main(directory: Path) -> None:
    """Wait for the end of standard input, then leave nothing of the sandbox behind."""
    sys.stdin.buffer.read()
    from flowodm.sandbox import process

    if process.find(directory) or directory.exists():
        process.kill(directory)
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
