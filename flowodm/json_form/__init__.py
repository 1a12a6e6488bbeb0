"""The JSON form of Avro values, both directions.

| Avro | JSON |
|---|---|
| bytes, fixed | base64 text |
| decimal | text with every digit of the scale: `"12.30"` |
| date, time-*, timestamp-* | RFC 3339 text, in UTC, with the digits of the unit; `local-*` without a zone; beyond the years 1 to 9999 the raw number |
| uuid, enum | text |
| duration | `{"months": 1, "days": 2, "milliseconds": 3}` |
| NaN and the infinities | `"NaN"`, `"Infinity"`, `"-Infinity"` |
| record, map | object |
| union | the branch's own form; tagged where the JSON would not tell (`union.py`) |

`JSON` is the way there: a style that decodes bytes straight into the form. `from_json` is the way
back (`read.py`).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from flowodm.avro.types import Fixed, Primitive, Type, Union
from flowodm.json_form import text
from flowodm.json_form.read import from_json
from flowodm.json_form.union import BranchForm, UnionForm, kind_of, union_form

if TYPE_CHECKING:
    from flowodm.codec.style import Style

__all__ = ["JSON", "from_json"]

Writer = Callable[[Any], Any]

_UNITS: Final = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}


class _JsonStyle:
    """Turns what the decoder read into the JSON form."""

    name = "json"

    def convert(self, node: Type) -> Writer | None:
        """The writer of a type's values; None where the JSON form is the physical value."""
        if isinstance(node, Fixed):
            return _fixed_writer(node)
        return _primitive_writer(node) if isinstance(node, Primitive) else None

    def branch(self, union: Union, index: int) -> Writer | None:
        """What a branch's values go through last: its tag, if they need it."""
        form = _form(union)
        return _tagger(form, form.branches[index])


JSON: "Final[Style]" = _JsonStyle()


@lru_cache(64)
def _form(union: Union) -> UnionForm:
    return union_form(union.branches)


def _fixed_writer(node: Fixed) -> Writer:
    logical = node.logical
    if logical is None:
        return text.write_base64
    if logical.name == "decimal":
        return text.write_decimal(logical.scale or 0)
    return text.write_duration if logical.name == "duration" else text.write_uuid_bytes


def _primitive_writer(node: Primitive) -> Writer | None:
    if node.logical is not None:
        return _logical_writer(node.logical.name, node.logical.scale or 0)
    match node.name:
        case "bytes":
            return text.write_base64
        case "float":
            return text.write_float
        case "double":
            return text.write_double
    return None


def _logical_writer(name: str, scale: int) -> Writer | None:
    kind, _, unit = name.rpartition("-")
    match kind, unit:
        case "", "decimal":
            return text.write_decimal(scale)
        case "big", _:  # the specification says nothing of its JSON: bytes
            return text.write_base64
        case "", "date":
            return text.write_date
        case "time", _:
            return text.write_time(_UNITS[unit])
        case "timestamp" | "local-timestamp", _:
            return text.write_timestamp(_UNITS[unit], local=kind != "timestamp")
    return None


def _tagger(form: UnionForm, branch: BranchForm) -> Writer | None:
    tag, tags = branch.tag, form.certain_tags
    match branch.tagging:
        case "always":
            return lambda value: {tag: value}
        case "rare":
            primary = branch.primary
            return lambda value: value if kind_of(value) == primary else {tag: value}
        case "look_alike":
            return lambda value: (
                {tag: value} if len(value) == 1 and not tags.isdisjoint(value) else value
            )
    return None
