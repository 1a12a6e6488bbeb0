"""Instances of Pydantic classes are drawn as they would be written, with Avro's names."""

from collections import deque
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, RootModel, SecretStr

from flowodm.avro.values import Duration, RawNumber
from flowodm.display.layout import JSON, bare_line, draw

pytestmark = pytest.mark.unit


class Action(StrEnum):
    PURCHASE = "PURCHASE"
    NONE_ = "None"


class Level(IntEnum):
    LOW = 1


class Plain(Enum):
    ONE = object()


class Address(BaseModel):
    city: str
    class_: str = Field(alias="class")


class Event(BaseModel):
    user_id: str
    action: Action
    address: Address


class Tags(RootModel[list[str]]):
    pass


class Rude:
    def __str__(self) -> str:
        raise RuntimeError("no")


def drawn(value: Any) -> str:
    return "\n".join(draw(value, 100).lines)


EVENT = Event(
    user_id="u-17",
    action=Action.PURCHASE,
    address=Address.model_validate({"city": "Köln", "class": "x"}),
)


def test_an_instance_looks_as_it_is_constructed() -> None:
    assert drawn(EVENT) == (
        "Event(user_id='u-17', action=Action.PURCHASE, address=Address(city='Köln', class='x'))"
    )


def test_an_instance_on_one_line_is_bare() -> None:
    assert bare_line(EVENT, 80) == (
        "user_id=u-17 action=PURCHASE address={'city': 'Köln', 'class': 'x'}"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Action.NONE_, "Action.None"),
        (Level.LOW, "Level.LOW"),
        (Plain.ONE, "Plain.ONE"),
        (Decimal("12.30"), "Decimal('12.30')"),
        (Decimal("1E-7"), "Decimal('0.0000001')"),
        (datetime(2026, 11, 23, 12, 4, 5, 118_000, tzinfo=UTC), "2026-11-23 12:04:05.118Z"),
        (datetime(2026, 11, 23, 12, 4, 5, 118_007, tzinfo=UTC), "2026-11-23 12:04:05.118007Z"),
        (datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=2))), "2026-11-22 22:00:00.000Z"),
        (datetime(2026, 11, 23), "2026-11-23 00:00:00.000"),
        (date(2026, 11, 23), "2026-11-23"),
        (time(12, 4, 5, 7), "12:04:05.000007"),
        (timedelta(seconds=61), "0:01:01"),
        (UUID(int=1), "UUID('00000000-0000-0000-0000-000000000001')"),
        (Duration(1, 2, 3), "Duration(months=1, days=2, milliseconds=3)"),
        (RawNumber(10**9), "1000000000"),
        (True, "True"),
        (b"\x00", "b'\\x00'"),
        (("a", 1), "['a', 1]"),
        (frozenset({7}), "[7]"),
        (deque([1]), "[1]"),
        (Tags(["a"]), "['a']"),
        (SecretStr("hush"), "**********"),
        (Rude(), "a Rude"),
    ],
)
def test_every_value_of_a_class_has_a_look(value: Any, shown: str) -> None:
    assert drawn(value) == shown


def test_values_of_json_are_left_as_json() -> None:
    value = {"a": Decimal("1.10"), "b": [None, True]}
    assert bare_line(value, 80, JSON) == "a=1.10 b=[null, true]"


def test_what_is_deep_or_wide_costs_no_more_than_what_is_shown() -> None:
    class Node(BaseModel):
        next: "Node | None" = None
        numbers: tuple[int, ...] = ()

    node = Node(numbers=tuple(range(10_000)))
    for _ in range(5_000):
        node = Node.model_construct(next=node, numbers=())
    drawing = draw(node, 80)
    assert len(drawing.lines) < 200
    assert not drawing.is_whole
