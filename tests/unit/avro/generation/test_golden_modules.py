"""Generated modules, whole, as they were reviewed by eye.

After a change on purpose: FLOWODM_UPDATE_GOLDEN=1 pytest, and look at the difference.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from flowodm.avro import derive, parse
from flowodm.avro.generation import generate_module, generate_package
from tests.generated import BASE, imported

pytestmark = pytest.mark.unit

GOLDEN = Path(__file__).parents[3] / "golden"


def record(name: str, *fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def enum(name: str, *symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


MONEY = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
MOMENT = {"type": "long", "logicalType": "timestamp-millis"}

ORDER = record(
    "com.shop.Order",
    field("id", {"type": "string", "logicalType": "uuid"}, doc="Chosen by the checkout."),
    field(
        "status",
        enum("Status", "NEW", "PAID", "UNKNOWN", default="UNKNOWN", doc="How far it is."),
        default="NEW",
    ),
    field(
        "placed_at",
        MOMENT,
        doc="When the customer pressed the button, in the time of the server that took the order; "
        "never in the browser's.",
    ),
    field("total", MONEY),
    field(
        "lines",
        {
            "type": "array",
            "items": record(
                "Line",
                field("sku", "string"),
                field("quantity", "int", default=1),
                field("unit_price", MONEY),
                doc="One article.\n\nQuantities are in the article's own unit.",
            ),
        },
        default=[],
    ),
    field(
        "ship_to",
        [
            "null",
            record(
                "Address",
                field("street", "string"),
                field("zip", ["null", "string"]),
                field("class", "string", default="home", doc="`home` or `work`."),
            ),
        ],
        default=None,
    ),
    field("checksum", {"type": "fixed", "name": "Md5", "size": 16}),
    field(
        "payment",
        [
            record("Card", field("last4", "string")),
            record("com.legacy.Voucher", field("code", "string")),
        ],
    ),
    field(
        "attributes",
        {"type": "map", "values": "string"},
        default={},
        aliases=["props"],
        order="ignore",
        pii=True,
    ),
    field("coupon", ["null", "string"], default=None, doc="Left empty by most."),
    doc="An order, as the checkout placed it.",
    aliases=["Purchase"],
)
TREE = record(
    "Folder",
    field("name", "string"),
    field("parent", ["null", "Folder"], default=None),
    field(
        "files",
        {
            "type": "array",
            "items": record("File", field("name", "string"), field("folder", ["null", "Folder"])),
        },
        default=[],
    ),
)
ODD = record(
    "order_item",
    field("_id", "long"),
    field("class", enum("Class", "None", "name", "A"), default="None"),
    field("list", {"type": "array", "items": ["null", "string", "long"]}, default=[None, "x"]),
    field("ID", "float", default=0.1),
    field("id", "int", default=-1),
    field("date", {"type": "int", "logicalType": "date"}, default=19_000),
    field("far", {"type": "int", "logicalType": "date"}, default=2**31 - 1),
    field("to", record("To", field("x", "int", default=1), field("y", "int")), default={"y": 2}),
    field("sum", MONEY, default="\u0004\u00d2"),
    field("any", [{"type": "fixed", "name": "A", "size": 2}, "bytes"], default="\u0001\u0002"),
    doc='Says "no" \\ to\ttabs',
)
MODULES = {"order": (ORDER, BASE), "tree": (TREE, None), "odd": (ODD, None)}


def check(name: str, text: str) -> None:
    path = GOLDEN / f"models-{name}.txt"
    if os.environ.get("FLOWODM_UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_as_it_was_reviewed(name: str) -> None:
    document, base = MODULES[name]
    schema = parse(document)
    text = generate_module(schema, base=base, origins=[f"schemas/{name}.avsc"])
    check(name, text)
    root = {"order": "Order", "tree": "Folder", "odd": "OrderItem"}[name]
    assert derive(getattr(imported(text), root)) == schema


def test_a_package_is_as_it_was_reviewed() -> None:
    files = generate_package(parse(ORDER), base=BASE, origins=["schemas/order.avsc"])
    check("package", "".join(f"==> {path} <==\n{files[path]}\n" for path in sorted(files)))
