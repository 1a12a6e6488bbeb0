"""One difference between two schemas, and those that are looks only: docs, names, defaults."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from flowodm.avro.text import json_text
from flowodm.avro.types import Enum, Field, NamedType, NoDefault, Props, Record, Type
from flowodm.avro.words import shown

__all__ = ["Difference", "field_looks", "listed", "look", "named_looks", "prop_looks"]

_MOST_LISTED: Final = 8
_RULED: Final = ("logicalType", "precision", "scale")


class Difference(NamedTuple):
    """One difference between a model's schema and another."""

    path: str
    """The field, dotted from the root: `items[].price`, `labels{}`; `` for the root."""
    model: str
    """What the model has there."""
    schema: str
    """What the schema has there."""
    effect: str
    """What follows from it; `` when nothing does."""
    is_error: bool

    def line(self) -> str:
        """Say it in one line."""
        place = f"`{self.path}`" if self.path else "the root"
        effect = f"; {self.effect}" if self.effect else ""
        return f"{place}: model has {self.model}, schema has {self.schema}{effect}"


def look(path: str, what: str, model: str | None, schema: str | None) -> Iterator[Difference]:
    """Compare something that changes no value; None: a side has none."""
    if model != schema:
        yield Difference(path, _side(what, model), _side(what, schema), "", False)


def named_looks(path: str, model: NamedType, schema: NamedType) -> Iterator[Difference]:
    """Compare what a named type says of itself; its name is not looked at."""
    yield from look(path, "doc", model.doc, schema.doc)
    yield from look(path, "aliases", listed(model.aliases), listed(schema.aliases))
    if isinstance(model, Record) and isinstance(schema, Record):
        yield from look(path, "type", _record_word(model), _record_word(schema))
    if isinstance(model, Enum) and isinstance(schema, Enum):
        yield from look(path, "default", model.default, schema.default)


def field_looks(path: str, model: Field, schema: Field) -> Iterator[Difference]:
    """Compare what a field says of itself; its type is not looked at."""
    yield from look(path, "default", _default(model), _default(schema))
    yield from look(path, "doc", model.doc, schema.doc)
    yield from look(path, "order", model.order, schema.order)
    yield from look(path, "aliases", listed(model.aliases), listed(schema.aliases))
    yield from look(path, "attributes", _props(model.props), _props(schema.props))


def prop_looks(path: str, model: Type, schema: Type) -> Iterator[Difference]:
    """Compare the attributes of two types that no rule looks at."""
    yield from look(path, "attributes", _type_props(model), _type_props(schema))


def listed(names: tuple[str, ...]) -> str | None:
    """Return some names in one line, the first few of many; None when there are none."""
    if not names:
        return None
    more = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _side(what: str, value: str | None) -> str:
    return f"no {what}" if value is None else f"{what} {shown(value)}"


def _default(field: Field) -> str | None:
    return None if isinstance(field.default, NoDefault) else json_text(field.default)


def _record_word(node: Record) -> str:
    return "error" if node.is_error else "record"


def _type_props(node: Type) -> str | None:
    props: Props = getattr(node, "props", {})
    if getattr(node, "logical", None) is not None:
        props = {name: value for name, value in props.items() if name not in _RULED}
    return _props(props)


def _props(props: Props) -> str | None:
    return json_text(dict(props)) if props else None
