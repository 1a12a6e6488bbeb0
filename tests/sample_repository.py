"""A repository of five subjects, three of them changed: for the tests of what a review shows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flowodm.registry import SchemaRegistry

__all__ = ["NEW", "OLD", "register_old", "write_new"]


def _record(name: str, *fields: Mapping[str, object]) -> str:
    record = {"type": "record", "name": name, "namespace": "shop", "fields": fields}
    return json.dumps(record, indent=2) + "\n"


def _field(name: str, type_: object, **more: object) -> Mapping[str, object]:
    return {"name": name, "type": type_, **more}


def _decimal(scale: int) -> Mapping[str, object]:
    return {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": scale}


_USER_EVENT = (_field("user_id", "string"), _field("amount", _decimal(2)))
_REFUND: Final = _record("Refund", _field("id", "long"))

OLD: Final = {
    "user-events-value": _record("UserEvent", *_USER_EVENT, _field("source", "string")),
    "payments-value": _record("Payment", _field("id", "long"), _field("price", _decimal(2))),
    "coupons-value": _record("Coupon", _field("code", "string")),
    "refunds-value": _REFUND,
}
"""What is registered, all at BACKWARD; and the schema of the model, under `readings-value`."""

NEW: Final = {
    "user-event": _record(
        "UserEvent",
        _field("user_id", "string", doc="Who it was."),
        _field("amount", "int"),
    ),
    "payment": _record("Payment", _field("id", "long"), _field("price", _decimal(4))),
    "coupon": _record(
        "Coupon",
        _field("code", "string"),
        _field("ends", ["null", {"type": "int", "logicalType": "date"}], default=None),
    ),
    "refund": _REFUND,
}
"""What the files hold."""

_CONFIGURATION: Final = """\
version: 1
schemas: [schemas/]
models: [shop_review.events]
topics:
  user-events: {value: schemas/user-event.avsc, compatibility: BACKWARD}
  payments: {value: schemas/payment.avsc}
  coupons: {value: schemas/coupon.avsc}
  refunds: {value: schemas/refund.avsc}
"""
_MODELS: Final = """\
from flowodm import FlowBaseModel


class Reading(FlowBaseModel):
    class Settings:
        topic = "readings"

    sensor: str
    celsius: float
"""
_READING: Final = (
    '{"type":"record","name":"Reading","fields":[{"name":"sensor","type":"string"},{"name":"celsius","type":"double"}]}'
)


def write_new(folder: Path) -> None:
    """Write the repository as it is now."""
    (folder / "schemas").mkdir()
    (folder / "shop_review").mkdir()
    (folder / "shop_review" / "__init__.py").touch()
    (folder / "shop_review" / "events.py").write_text(_MODELS)
    (folder / "flowodm.yaml").write_text(_CONFIGURATION)
    for name, text in NEW.items():
        (folder / "schemas" / f"{name}.avsc").write_text(text)


def register_old(registry: SchemaRegistry) -> None:
    """Register what the repository had before."""
    for subject, text in {**OLD, "readings-value": _READING}.items():
        registry.register(subject, text)
        registry.set_compatibility_level("BACKWARD", subject)
