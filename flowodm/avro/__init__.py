"""Avro's schema language: parsed, written, identified. No Kafka, no network, no fastavro."""

from flowodm.avro.canonical import Algorithm, canonical_form, fingerprint
from flowodm.avro.parse import parse
from flowodm.avro.schema import Schema

__all__ = ["Algorithm", "Schema", "canonical_form", "fingerprint", "parse"]
