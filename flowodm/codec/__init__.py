"""Bytes to values and back: framing, Avro, JSON, text. Nothing here talks to Kafka."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowodm.codec.branch import Branch
    from flowodm.codec.codec import Codec, Format

__all__ = ["Branch", "Codec", "Format"]

_HOMES = {"Branch": "branch", "Codec": "codec", "Format": "codec"}


def __getattr__(name: str) -> object:
    # The codec brings the registry's client; encoding, decoding and help do without.
    if name in _HOMES:
        return getattr(import_module(f"flowodm.codec.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
