"""The rules of evolving schemas, each by an example that the code itself judges.

`tables.py` writes what this module gives into `evolving-schemas.md`.
"""

from typing import Any, NamedTuple

from flowodm.avro import Incompatibility, SchemaChange, check, diff, parse


class Example(NamedTuple):
    """A change, as the old schema and the new one."""

    title: str
    old: Any
    new: Any


def record(*fields: Any, name: str = "shop.Order", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def of(kind: Any, name: str = "note", **more: Any) -> dict[str, Any]:
    """A record of one field."""
    return record({"name": name, "type": kind, **more})


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "shop.Status", "symbols": list(symbols), **more}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def logical(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, "logicalType": name}


def fixed(size: int) -> dict[str, Any]:
    return {"type": "fixed", "name": "shop.Token", "size": size}


TWO = [{"name": "id", "type": "int"}, {"name": "note", "type": "string"}]
CLAIMING = record(TWO[0], {**TWO[1], "aliases": ["id"]})
AB, ABC = ("NEW", "PAID"), ("NEW", "PAID", "SENT")

SECTIONS: dict[str, list[Example]] = {
    "Fields": [
        Example("added, with a default", record(), of("string", default="")),
        Example("added, without a default", record(), of("string")),
        Example("removed, had a default", of("string", default=""), record()),
        Example("removed, had no default", of("string"), record()),
        Example("renamed, with an alias", of("string"), of("string", "memo", aliases=["note"])),
        Example(
            "renamed, with an alias; had a default",
            of("string", default=""),
            of("string", "memo", default="", aliases=["note"]),
        ),
        Example("alias added", of("string"), of("string", aliases=["memo"])),
        Example("alias removed", of("string", aliases=["memo"]), of("string")),
        Example(
            "alias that makes it two written fields",
            record(*TWO),
            CLAIMING,
        ),
        Example("default added", of("string"), of("string", default="")),
        Example("default changed", of("string", default="a"), of("string", default="b")),
        Example("default removed", of("string", default=""), of("string")),
        Example("order of the fields", record(*TWO), record(*reversed(TWO))),
    ],
    "Types": [
        Example("promoted", of("int"), of("long")),
        Example("promoted, with a loss", of("int"), of("float")),
        Example("long to a floating number", of("long"), of("double")),
        Example("narrowed", of("long"), of("int")),
        Example("text to bytes", of("string"), of("bytes")),
        Example("bytes to text", of("bytes"), of("string")),
        Example("changed for good", of("int"), of("string")),
        Example("size of a fixed", of(fixed(16)), of(fixed(32))),
    ],
    "Unions": [
        Example("null allowed", of("string"), of(["null", "string"])),
        Example("null no longer allowed", of(["null", "string"]), of("string")),
        Example("branch added", of(["null", "string"]), of(["null", "string", "int"])),
        Example(
            "branch added that another branch reads",
            of(["null", "long"]),
            of(["null", "long", "int"]),
        ),
        Example("branch removed", of(["null", "string", "int"]), of(["null", "string"])),
        Example(
            "branch removed that another branch reads",
            of(["null", "long", "int"]),
            of(["null", "long"]),
        ),
        Example("other order", of(["null", "string"]), of(["string", "null"])),
        Example(
            "other order, and the default is not of the first branch",
            of(["null", "string"], default=None),
            of(["string", "null"], default=None),
        ),
    ],
    "Enums": [
        Example("symbol added", of(enum(*AB)), of(enum(*ABC))),
        Example(
            "symbol added; the old enum has a default",
            of(enum(*AB, default="NEW")),
            of(enum(*ABC, default="NEW")),
        ),
        Example("symbol removed", of(enum(*ABC)), of(enum(*AB))),
        Example(
            "symbol removed; the new enum has a default",
            of(enum(*ABC, default="NEW")),
            of(enum(*AB, default="NEW")),
        ),
        Example("other order", of(enum(*AB)), of(enum(*reversed(AB)))),
        Example("default added", of(enum(*AB)), of(enum(*AB, default="NEW"))),
        Example("default changed", of(enum(*AB, default="NEW")), of(enum(*AB, default="PAID"))),
        Example("default removed", of(enum(*AB, default="NEW")), of(enum(*AB))),
    ],
    "Names": [
        Example("type renamed", record(), record(name="shop.Bill")),
        Example(
            "type renamed, with an alias", record(), record(name="shop.Bill", aliases=["Order"])
        ),
        Example("type's alias added", record(), record(aliases=["Bill"])),
        Example("type's alias removed", record(aliases=["Bill"]), record()),
        Example("namespace", record(), record(name="mall.Order")),
    ],
    "Logical types": [
        Example("added", of("int"), of(logical("int", "date"))),
        Example("removed", of(logical("string", "uuid")), of("string")),
        Example(
            "changed",
            of(logical("long", "timestamp-millis")),
            of(logical("long", "timestamp-micros")),
        ),
        Example("scale of a decimal", of(decimal(12, 2)), of(decimal(12, 4))),
        Example("more precision", of(decimal(12, 2)), of(decimal(14, 2))),
        Example("less precision", of(decimal(12, 2)), of(decimal(10, 2))),
    ],
    "Notes": [
        Example("doc", of("string", doc="What it is."), of("string", doc="What it was.")),
        Example("sort order", of("string"), of("string", order="ignore")),
        Example("attribute", of("string"), of("string", owner="me")),
    ],
}
REASONS: list[Example] = [
    Example("NAME_MISMATCH", record(), record(name="shop.Bill")),
    Example("FIXED_SIZE_MISMATCH", of(fixed(16)), of(fixed(32))),
    Example("MISSING_ENUM_SYMBOLS", of(enum(*ABC)), of(enum(*AB))),
    Example("READER_FIELD_MISSING_DEFAULT_VALUE", record(), of("string")),
    Example("TYPE_MISMATCH", of("string"), of("int")),
    Example("MISSING_UNION_BRANCH", of(["null", "string", "int"]), of(["null", "string"])),
    Example("AMBIGUOUS_FIELD", record(*TWO), CLAIMING),
]
"""Of each type that `check` reports: the writer's schema and the reader's."""


def changes() -> str:
    """Return the tables of every change, a section each."""
    parts = []
    for title, examples in SECTIONS.items():
        rows = [_row(example.title, change_of(example)) for example in examples]
        header = "| Change | Before → after | BACKWARD | FORWARD | What follows, and the cure |"
        parts.append("\n".join((f"### {title}\n", header, "|---" * 5 + "|", *rows)))
    return "\n\n".join(parts)


def change_of(example: Example) -> SchemaChange:
    """The one change between the two schemas."""
    (change,) = diff(parse(example.old), parse(example.new))
    return change


def _row(title: str, change: SchemaChange) -> str:
    said = [_sentence(text) for text in (change.effect, change.cure) if text]
    before, after = (f"`{_cell(side)}`" if side else "–" for side in (change.before, change.after))
    kind = f"`{change.kind}`<br>{title}"
    backward = "safe, for now" if change.transitive_hazard else change.backward.lower()
    sides = f"{backward} | {change.forward.lower()}".replace("breaks", "**breaks**")
    return f"| {kind} | {before} → {after} | {sides} | {_cell('<br>'.join(said)) or '–'} |"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def reasons() -> str:
    """Return the table of what `check` reports, with Java's words for it."""
    lines = ["| Type | What it says | The cure, in the reader or in the writer |", "|---|---|---|"]
    for example in REASONS:
        reason = reason_of(example)
        cure = _cell(_sentence(reason.cure))
        lines.append(f"| `{reason.type}` | {_cell(_sentence(reason.message))} | {cure} |")
    return "\n".join(lines)


def reason_of(example: Example) -> Incompatibility:
    """The one reason why the new schema does not read the old one's records."""
    (reason,) = check(parse(example.new), parse(example.old))
    return reason
