"""Bytes to values and back: framing, Avro, JSON, text. Nothing here talks to Kafka."""

from typing import TYPE_CHECKING

from flowodm.codec.branch import Branch

if TYPE_CHECKING:
    from flowodm.codec.codec import Codec, Format

__all__ = ["Branch", "Codec", "Format"]


def __getattr__(name: str) -> object:
    # The codec brings the registry's client; encoding and decoding alone do without.
    if name in ("Codec", "Format"):
        from flowodm.codec import codec

        return getattr(codec, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
