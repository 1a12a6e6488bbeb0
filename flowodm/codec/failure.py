"""How a value that cannot be read is told: what, where, why, in one line."""

import json
from typing import Final, TypeAlias

from flowodm.errors import DeserializationError

__all__ = ["DecodeFailure", "Path", "dotted"]

Path: TypeAlias = "list[str | int | tuple[str]]"
"""Steps from the root: a field's name, an item's index, or a map's key in a tuple."""

_LONGEST_KEY: Final = 40
_LONGEST_PATH: Final = 160


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


def dotted(path: Path) -> str:
    """The path as people write it: `items[3].price`, `labels["k"]`.

    A long key is shortened, and the middle of a very long path is left out.
    """
    text = ""
    for step in path:
        if isinstance(step, str):
            text += f".{step}" if text else step
        else:
            text += f"[{step if isinstance(step, int) else _key(step[0])}]"
    if len(text) > _LONGEST_PATH:
        half = _LONGEST_PATH // 2
        text = f"{text[:half]}…{text[-half:]}"
    return text


def _key(key: str) -> str:
    return json.dumps(key if len(key) <= _LONGEST_KEY else key[:_LONGEST_KEY] + "...")
