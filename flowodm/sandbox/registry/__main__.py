"""The embedded registry as a process: `python -m flowodm.sandbox.registry --file state.sqlite`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from flowodm.errors import SandboxError
from flowodm.sandbox.registry.server import RegistryServer

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; one line on stdout says when and where.

    Args:
        arguments: The command line, without the program.
    """
    parser = argparse.ArgumentParser(prog="registry", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--file", type=Path, help="the SQLite file; without it, in memory")
    options = parser.parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with RegistryServer(options.file, port=options.port) as server:
            sys.stdout.write(f"ready {server.url}\n")
            sys.stdout.flush()
            while server.is_running and not stopped.wait(1.0):
                pass
            return 0 if stopped.is_set() else 1
    except SandboxError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
