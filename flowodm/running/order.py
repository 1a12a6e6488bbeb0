"""`WorkerOrder`: what a worker process is to do, on its way there."""

import pickle
from dataclasses import dataclass
from typing import IO, BinaryIO

from flowodm.config import Context
from flowodm.manifest import Manifest

__all__ = ["WorkerOrder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOrder:
    """What a worker is to do."""

    manifest: Manifest
    context: Context
    to_end: bool = False
    verbosity: int = 0

    def write(self, stream: IO[bytes]) -> None:
        """Hand the order to a worker; it holds secrets, and the pipe is its own."""
        data = pickle.dumps(self)
        stream.write(len(data).to_bytes(8, "big") + data)
        stream.flush()

    @staticmethod
    def read(stream: BinaryIO) -> "WorkerOrder":
        """Take the order from the supervisor, which wrote it itself."""
        length = int.from_bytes(stream.read(8), "big")
        order = pickle.loads(stream.read(length))  # noqa: S301 - of our own parent's making
        assert isinstance(order, WorkerOrder)
        return order
