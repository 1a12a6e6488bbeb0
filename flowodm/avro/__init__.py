"""Avro's schema language: parsed, written, identified. No Kafka, no network, no fastavro.

What has to do with classes needs Pydantic, and loads on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from flowodm.avro.canonical import Algorithm, canonical_form, fingerprint
from flowodm.avro.parse import parse
from flowodm.avro.schema import Schema

if TYPE_CHECKING:
    from flowodm.avro.classes import build_model

__all__ = ["Algorithm", "Schema", "build_model", "canonical_form", "fingerprint", "parse"]

_LAZY = {"build_model": "flowodm.avro.classes"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
