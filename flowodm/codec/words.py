"""How errors speak of a value: what was found, quoted short and harmless."""

from decimal import Decimal

from flowodm.avro.words import kind, shown

__all__ = ["found"]


def found(value: object) -> str:
    """Say what a JSON value is: `the number 12.3`, ``the text `abc` ``, `an array`."""
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "null"
    if isinstance(value, int | float):
        return f"the number {shown(value)[1:-1]}"
    if isinstance(value, Decimal):
        return f"the number {shown(str(value))[1:-1]}"
    if isinstance(value, dict | list):
        return kind(value)
    return f"a Python `{type(value).__name__}`"
