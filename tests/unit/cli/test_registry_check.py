"""What `registry check --against-topic` shows, whole, as it was reviewed by eye."""

import json
from typing import Any

import pytest

from flowodm.avro import parse
from flowodm.cli.output import Output
from flowodm.cli.registry_check import _write
from flowodm.sources.comparison import compare
from flowodm.sources.loaded import LoadedSchema
from flowodm.subjects.checking import Check
from flowodm.subjects.trial import Issue, Trial
from flowodm.subjects.trial.trial import Place
from tests.unit.cli.hostile import MUST_NOT_SHOW
from tests.unit.cli.test_golden import check, rendered

pytestmark = pytest.mark.unit


def order(scale: int, note: str) -> LoadedSchema:
    price = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": scale}
    schema: dict[str, Any] = {
        "type": "record",
        "name": "Order",
        "fields": [{"name": "price", "type": price}, {"name": "note", "type": note}],
    }
    return LoadedSchema("schemas/order.avsc", parse(schema), json.dumps(schema))


def issue(kind: Any, path: str, before: str, after: str, exact: str | None = None) -> Issue:
    return Issue(kind, path, 12, Place(2, 10_021), Place(2, 10_479), before, after, exact)


def found(*issues: Issue, foreign: tuple[tuple[str, int], ...] = ()) -> Check:
    old, new = order(2, "bytes"), order(4, "string")
    old = LoadedSchema("v3", old.schema, old.text, subject="orders-value", version=3)
    changed = 12 if any(one.kind == "changed" for one in issues) else 0
    unreadable = 12 if any(one.kind == "unreadable" for one in issues) else 0
    same = 5_000 - changed - unreadable
    trial = Trial("orders", "value", 5_000, same, changed, unreadable, 0, foreign, 0, (), issues)
    return Check("orders-value", new, compare(old, new, level="BACKWARD"), trial)


PRICE = issue("changed", "price", "12.34", "0.1234", "12.34")
ITEM = issue("changed", "items[].status", "REFUNDED", "NEW")
NOTE = issue("unreadable", "note", "", "it is not UTF-8 (byte 0 of 1)")


@pytest.mark.parametrize("width", [60, 80, 130])
def test_what_the_data_says_is_shown(width: int) -> None:
    result = found(PRICE, ITEM, NOTE, foreign=(("shop.Refund", 7),))
    check(f"registry-check-{width}.txt", rendered(lambda output: _run(output, result), width))


def test_dangerous_changes_that_no_record_shows_are_told() -> None:
    shown = rendered(lambda output: _run(output, found(PRICE)), 130)
    assert "not met in these records: " in shown
    assert "`note`" in shown


def test_hostile_values_are_shown_harmless() -> None:
    hostile = issue("changed", "a\x1b[2J", "\u202eb", "c\x9b")
    shown = rendered(lambda output: _run(output, found(hostile)), 80)
    assert not set(MUST_NOT_SHOW) & set(shown)


def _run(output: Output, result: Check) -> None:
    assert _write(output, result) == 3
