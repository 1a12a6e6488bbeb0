"""The names that both directions use."""

from typing import Final

__all__ = ["FIELDS", "FRAME", "MORE_FIELDS"]

FIELDS: Final = (
    "topic",
    "partition",
    "offset",
    "tstype",
    "ts",
    "headers",
    "key_encoding",
    "key",
    "payload_encoding",
    "payload",
    "key_schema_id",
    "value_schema_id",
)
"""The fields that every envelope has, in order."""

MORE_FIELDS: Final = ("key_raw", "payload_raw", "key_error", "payload_error")
"""The fields that follow where there is something to say."""

FRAME: Final = 5
"""The bytes of Confluent's framing in front of a framed side."""
