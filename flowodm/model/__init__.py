"""`FlowBaseModel`: a Pydantic class that is produced to a topic and consumed from it."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowodm.model.base import FlowBaseModel
    from flowodm.model.tombstone import MaybeTombstone, Tombstone

__all__ = ["FlowBaseModel", "MaybeTombstone", "Tombstone"]

_HOMES = {"FlowBaseModel": "base", "MaybeTombstone": "tombstone", "Tombstone": "tombstone"}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"flowodm.model.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
