"""A value of a Pydantic instance as what is drawn: one step, so that drawing decides how deep.

Names are Avro's, as filters and the other outputs have them, where a class's own differ.
"""

from collections.abc import Mapping, Sequence, Set
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import BaseModel, RootModel

from flowodm.avro.values import Duration
from flowodm.display.tree import Branch, Noted, Shown, Symbol, TypedRecord, worded

__all__ = ["opened"]


def opened(value: Any) -> Any:
    """Return what a value is drawn as; what is inside it is still to be opened."""
    match value:
        case Enum():
            return _symbol(value)
        case None | str() | int() | float() | bytes() | dict() | list():
            return value
        case RootModel():
            return opened(value.root)
        case BaseModel():
            return TypedRecord(type(value).__name__, _fields(value))
        case Duration() | Decimal() | date() | time() | UUID() | timedelta():
            return worded(value)
        case Shown() | Symbol() | TypedRecord() | Branch() | Noted():
            return value
        case Mapping():
            return dict(value)
        case Set() | Sequence():
            return list(value)
    return _foreign(value)


def _symbol(member: Enum) -> Symbol:
    symbol = member.value if isinstance(member, str) else member.name
    return Symbol(type(member).__name__, symbol)


def _fields(instance: BaseModel) -> dict[str, Any]:
    return {label: getattr(instance, name) for name, label in _labels(type(instance)).items()}


@lru_cache(1_000)
def _labels(cls: type[BaseModel]) -> dict[str, str]:
    """The fields of a class with their Avro names."""
    return {
        name: field.serialization_alias or field.alias or name
        for name, field in cls.model_fields.items()
    }


def _foreign(value: Any) -> Shown:
    """A value of a class that only the user's model knows."""
    try:
        text = str(value)
    except Exception:  # noqa: BLE001  # whatever the user's own class may raise
        text = f"a {type(value).__name__}"
    return Shown(text, text)
