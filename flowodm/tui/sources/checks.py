"""What is wrong with a filter or a position, while it is being typed."""

from datetime import UTC, datetime

from flowodm.errors import UsageError
from flowodm.tui.sources.records import parse_seek

__all__ = ["filter_trouble", "seek_trouble"]


def filter_trouble(text: str) -> str | None:
    """Say what is wrong with a filter; None: nothing."""
    if not text.strip():
        return None
    from flowodm.query import Filter

    try:
        Filter(where=text)
    except UsageError as error:
        return error.message
    return None


def seek_trouble(text: str) -> str | None:
    """Say what is wrong with a position; None: nothing."""
    if not text.strip():
        return None
    try:
        parse_seek(text, now=datetime.now(UTC))
    except UsageError as error:
        return error.message + (f"; {error.hint}" if error.hint else "")
    return None
