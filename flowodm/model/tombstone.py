"""What a consume verb gives for a record that has a key and no value."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from flowodm.record import Meta

__all__ = ["MaybeTombstone", "Tombstone"]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The deletion of a key: a record without a value. Test for it with `isinstance`."""

    model: type
    """The class that was consumed."""
    key: Any
    """As the model's key serializer reads it; the raw bytes where it cannot."""
    meta: Meta
    """Where the record stood."""


MaybeTombstone: TypeAlias = Any
"""A `Tombstone`, in what a consume verb gives beside the model.

`Any` to a type checker: so `event.user_id` passes without a test on topics that have no
tombstones, and a slip (`event.user_idd`) is still an error of the model.
"""
