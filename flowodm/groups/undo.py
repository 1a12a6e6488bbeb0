"""The undo file of a reset: where a group was, as JSON for a person to read and a program to apply.

Written before the first offset is moved, for the user's eyes alone.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from flowodm.config.store import write_private
from flowodm.errors import ConfigurationError, UsageError
from flowodm.groups.group import Commit
from flowodm.reading.spans import Partition

__all__ = ["Undo", "UndoStep", "read_undo", "undo_name", "write_undo"]

_KIND: Final = "flowodm groups reset"
_VERSION: Final = 1
_MOST_BYTES: Final = 64 * 1024 * 1024
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class UndoStep:
    """One partition of a reset."""

    partition: Partition
    before: Commit | None
    """Where the group was; None: it had no commit."""
    after: Commit
    """Where the reset put it."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes a reset back."""

    group: str
    cluster_id: str | None
    written: datetime
    steps: tuple[UndoStep, ...]


def undo_name(group: str) -> str:
    """Return how the undo file of a reset that is done now is called."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", group)[:100]
    return f"flowodm-undo-{safe}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.json"


def write_undo(undo: Undo, path: Path) -> None:
    """Write an undo file whole or not at all; it must be a new one.

    Raises:
        UsageError: There is a file of that name.
        ConfigurationError: It cannot be written.
    """
    if path.exists():
        raise UsageError(f"`{path}` is there already; an undo file is never written over")
    document = {
        "kind": _KIND,
        "version": _VERSION,
        "group": undo.group,
        "cluster_id": undo.cluster_id,
        "written": undo.written.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "partitions": [
            {
                "topic": step.partition.topic,
                "partition": step.partition.number,
                "before": _to_json(step.before),
                "after": _to_json(step.after),
            }
            for step in undo.steps
        ],
    }
    write_private(path, json.dumps(document, indent=2).encode() + b"\n")


def read_undo(path: Path) -> Undo:
    """Read an undo file.

    Raises:
        ConfigurationError: It cannot be read, or a reset did not write it.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot read `{path}`: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise ConfigurationError(f"`{path}` is too large for an undo file")
    try:
        return _undo(json.loads(data))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"`{path}` is no undo file of `{_KIND}`", hint="a reset says where it writes it"
        ) from error


def _undo(document: Any) -> Undo:
    if (document["kind"], document["version"]) != (_KIND, _VERSION):
        raise ValueError("another kind")
    steps = tuple(_step(one) for one in document["partitions"])
    if len({step.partition for step in steps}) != len(steps):
        raise ValueError("a partition twice")
    cluster_id = document["cluster_id"]
    return Undo(
        _text(document["group"]),
        None if cluster_id is None else _text(cluster_id),
        datetime.fromisoformat(_text(document["written"])),
        steps,
    )


def _step(document: Mapping[str, Any]) -> UndoStep:
    after = _from_json(document["after"])
    if after is None:
        raise ValueError("a step that does nothing")
    number = _number(document["partition"])
    return UndoStep(
        Partition(_text(document["topic"]), number), _from_json(document["before"]), after
    )


def _to_json(commit: Commit | None) -> dict[str, object] | None:
    if commit is None:
        return None
    return {
        "offset": commit.offset,
        "metadata": commit.metadata,
        "leader_epoch": commit.leader_epoch,
    }


def _from_json(document: Mapping[str, Any] | None) -> Commit | None:
    if document is None:
        return None
    epoch = document["leader_epoch"]
    return Commit(
        _number(document["offset"]),
        _text(document["metadata"]),
        None if epoch is None else _number(epoch),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text is expected")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise TypeError("a number from 0 on is expected")
    return value
