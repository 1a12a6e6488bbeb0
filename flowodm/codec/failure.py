"""How a value that cannot be read is told: what, where, why, in one line."""

import json

from flowodm.errors import DeserializationError

__all__ = ["DecodeFailure", "Path", "index_step", "key_step"]

Path = list[str]
"""Steps from the root: field names as they are, `[3]`, `["key"]`."""

_LONGEST_KEY = 40
_LONGEST_PATH = 160


class DecodeFailure(DeserializationError):
    """Bytes that are no value of their schema, or a value that the reader cannot take.

    Args:
        subject: What was met: `index 7`.
        reason: Why it is wrong: `the union has 2 branches`.
        path: The field, dotted from the root; `` for the value itself.
        position: The byte of the Avro body where the subject begins.
    """

    def __init__(self, subject: str, reason: str, *, path: str = "", position: int) -> None:
        where = f" at {path}" if path else ""
        super().__init__(f"{subject}{where}: {reason}", path=path, position=position)
        self.subject = subject
        self.reason = reason

    def under(self, root: str) -> str:
        """The message with the whole path: `index 7 at value.status: the union has 2 branches`.

        Args:
            root: What the value is: `key` or `value`.
        """
        dot = "." if self.path and not self.path.startswith("[") else ""
        return f"{self.subject} at {root}{dot}{self.path}: {self.reason}"


def index_step(index: int) -> str:
    """The step into an item of an array."""
    return f"[{index}]"


def key_step(key: str) -> str:
    """The step into a value of a map; a long key is shortened."""
    short = key if len(key) <= _LONGEST_KEY else key[:_LONGEST_KEY] + "…"
    return f"[{json.dumps(short)}]"


def dotted(path: Path) -> str:
    """The path as people write it; the middle of a very long one is left out."""
    text = ""
    for step in path:
        text += step if step.startswith("[") or not text else "." + step
    if len(text) > _LONGEST_PATH:
        half = _LONGEST_PATH // 2
        text = f"{text[:half]}…{text[-half:]}"
    return text
