"""Records as a file of NDJSON, and one record's value as text."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from flowodm.envelope import EnvelopeWriter
from flowodm.errors import FlowODMError, UsageError
from flowodm.record import Record, Undecodable
from flowodm.tui.sources.records import RecordsSource

__all__ = ["export", "file_name", "value_text"]

_MOST_BYTES: Final = 1_000_000
"""Of a value that is made to text for the clipboard, which takes a tenth of that."""
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(topic: str, now: datetime) -> str:
    """Return the name of an export: the topic, and the moment."""
    return f"{_ODD.sub('_', topic)[:100].lstrip('.-') or 'records'}-{now:%Y%m%d-%H%M%S}.ndjson"


def export(records: Iterable[Record], source: RecordsSource, file: Path) -> int:
    """Write records as `tail -o ndjson` does; return how many. A file that is there stays.

    Raises:
        FlowODMError: The file cannot be written.
    """
    writer, count = EnvelopeWriter(), 0
    try:
        with file.open("xb") as stream:
            for record in records:
                stream.write(writer.line(source.json(record)) + b"\n")
                count += 1
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FlowODMError(f"`{file.name}` cannot be written: {reason}") from error
    return count


def value_text(record: Record, source: RecordsSource) -> str:
    """Return a value as text: itself, or its JSON form.

    Raises:
        UsageError: There is none, or it does not decode.
    """
    if len(record.value or b"") > _MOST_BYTES:
        size = len(record.value or b"")
        raise UsageError(f"{size:,} bytes are too many to copy", hint="e writes them")
    value = source.json(record).value
    if isinstance(value, Undecodable):
        raise UsageError(f"the value does not decode: {value.error}")
    if record.value is None:
        raise UsageError("a tombstone has no value")
    if value.encoding == "text":
        return str(value.value)
    from pydantic_core import to_json

    if value.encoding == "base64":
        from base64 import b64encode

        return b64encode(record.value).decode()
    return to_json(value.value).decode()
