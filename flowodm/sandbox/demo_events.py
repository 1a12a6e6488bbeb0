"""The events of the demo: what a small shop's topics might hold. Pure, and the same for a seed.

Three topics, each with producers of several schema versions at once, as in a company where not
everybody deploys on the same day. One event is a tombstone and one is damaged, so that people see
how those look.
"""

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

__all__ = ["DAMAGED_AT", "TOMBSTONE_AT", "TOPICS", "DemoTopic", "Event", "events"]


@dataclass(frozen=True, slots=True)
class DemoTopic:
    """A topic of the demo."""

    name: str
    partitions: int
    versions: int
    """How many schema versions its values have."""


@dataclass(frozen=True, slots=True)
class Event:
    """A record of the demo, not yet encoded."""

    topic: str
    key: str
    value: dict[str, Any] | None
    """None is a tombstone."""
    version: int
    """Which version of the topic's schema it is written with, from 1."""
    headers: tuple[tuple[str, bytes], ...] = ()
    is_damaged: bool = False


TOPICS = (
    DemoTopic("user-events", 3, 3),
    DemoTopic("payments", 2, 2),
    DemoTopic("readings", 1, 2),
)

TOMBSTONE_AT = 7
DAMAGED_AT = 11

_FIRST_VERSIONS = (1, 1, 1, 2, 2, 2)
"""The versions of the first events; later ones are mixed, the newest most often."""

_PLACES = (
    ("Köln", "50667", "DE"),
    ("Lyon", "69002", "FR"),
    ("Kraków", "31-042", "PL"),
    ("Porto", "4050-253", "PT"),
    ("東京", "100-0001", "JP"),
)
_TAGS = ("new", "eu", "mobile", "returning", "newsletter")
_NETWORKS = ("Visa", "Mastercard", "girocard")
_SENSORS = (("cold-room", 3.2), ("oven", 184.0), ("roof", 17.5))


def events(seed: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[Event]:
    """Yield events without end.

    Args:
        seed: The same seed yields the same events, but for their times.
        now: Tells the time of each event.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret depends on it
    makers = {"user-events": _user_event, "payments": _payment, "readings": _reading}
    number = 0
    while True:
        topic = chance.choices(TOPICS, weights=(6, 3, 2))[0]
        version = _version(chance, number, topic)
        event = makers[topic.name](chance, version, now())
        if number == TOMBSTONE_AT:
            event = Event("user-events", f"u-{chance.randint(1, 20)}", None, 1)
        elif number == DAMAGED_AT:
            event = _damaged(_user_event(chance, 3, now()))
        yield event
        number += 1


def _version(chance: random.Random, number: int, topic: DemoTopic) -> int:
    if number < len(_FIRST_VERSIONS):
        return min(_FIRST_VERSIONS[number], topic.versions)
    return chance.choices(range(1, topic.versions + 1), weights=(1, 3, 8)[-topic.versions :])[0]


def _damaged(event: Event) -> Event:
    return Event(event.topic, event.key, event.value, event.version, is_damaged=True)


def _user_event(chance: random.Random, version: int, at: datetime) -> Event:
    user = f"u-{chance.randint(1, 20)}"
    action = chance.choices(("VIEW", "CLICK", "PURCHASE", "REFUND"), weights=(6, 4, 3, 1))[0]
    if version == 1 and action == "REFUND":
        action = "CLICK"
    value: dict[str, Any] = {"user_id": user, "action": action, "at": _milliseconds(at)}
    if version >= 2:
        value["amount"] = _amount(chance, 250) if action in ("PURCHASE", "REFUND") else None
        value["tags"] = chance.sample(_TAGS, chance.randint(0, 3))
    if version >= 3:
        value["address"] = _address(chance) if chance.random() < 0.7 else None
    return Event("user-events", user, value, version, (("trace-id", _trace(chance)),))


def _address(chance: random.Random) -> dict[str, str]:
    city, code, country = chance.choice(_PLACES)
    return {"city": city, "zip": code, "country": country}


def _payment(chance: random.Random, version: int, at: datetime) -> Event:
    identity = uuid.UUID(int=chance.getrandbits(128), version=4)
    value: dict[str, Any] = {
        "payment_id": identity,
        "amount": _amount(chance, 900),
        "currency": chance.choice(("EUR", "PLN", "JPY")),
        "method": _method(chance, version, at),
        "created": at,
    }
    if version >= 2:
        value["status"] = chance.choices(("PENDING", "SETTLED", "REFUSED"), weights=(3, 6, 1))[0]
    return Event("payments", f"p-{identity.fields[0]:08x}", value, version)


def _method(chance: random.Random, version: int, at: datetime) -> dict[str, Any]:
    kind = chance.choice(("card", "transfer", "voucher")[: version + 1])
    if kind == "card":
        digits = f"{chance.randint(0, 9999):04}"
        return {"network": chance.choice(_NETWORKS), "last_digits": digits}
    if kind == "transfer":
        return {"iban": f"DE{chance.randint(10**19, 10**20 - 1)}"}
    until = (at + timedelta(days=chance.randint(10, 300))).date()
    return {"code": f"{chance.getrandbits(32):08X}", "valid_until": until}


def _reading(chance: random.Random, version: int, at: datetime) -> Event:
    sensor, usual = chance.choice(_SENSORS)
    measured: float | bool | str = round(usual + chance.gauss(0, usual / 40), 2)
    if chance.random() < 0.2:
        measured = chance.choice((True, False, "out of range"))
    value: dict[str, Any] = {"sensor": sensor, "measured": at, "value": measured}
    if version >= 2:
        value["battery"] = chance.randint(5, 100) if chance.random() < 0.6 else None
        value["position"] = {
            "latitude": round(50.9 + chance.random() / 10, 5),
            "longitude": round(6.9 + chance.random() / 10, 5),
        }
    return Event("readings", sensor, value, version)


def _amount(chance: random.Random, largest: int) -> Decimal:
    return Decimal(chance.randint(99, largest * 100)) / 100


def _milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _trace(chance: random.Random) -> bytes:
    return f"{chance.getrandbits(64):016x}".encode()
