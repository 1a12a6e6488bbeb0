"""The embedded registry as `sandbox up` runs it: a process, on a free port of the loopback."""

import resource
import subprocess
import sys


class RegistryProcess:
    """A registry that runs until the `with` block ends.

    Args:
        arguments: Of its command line.
        largest_file: The bytes that a file of it may have.
    """

    def __init__(self, *arguments: str, largest_file: int | None = None) -> None:
        command = [sys.executable, "-m", "flowodm.sandbox.registry", *arguments]
        self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if largest_file is not None:
            resource.prlimit(self.popen.pid, resource.RLIMIT_FSIZE, (largest_file, largest_file))
        assert self.popen.stdout is not None
        self.line = self.popen.stdout.readline().decode()
        self.url = self.line.split()[1] if self.line.startswith("ready ") else ""

    def __enter__(self) -> "RegistryProcess":
        return self

    def __exit__(self, *error: object) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.communicate()
