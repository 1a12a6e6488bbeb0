"""The states that every screen has, each as a world of sources: full, empty, failing, and so on."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event
from typing import Any

from flowodm.codec.framing import frame
from flowodm.config import RegistryConfig
from flowodm.groups import Group
from flowodm.registry import SchemaRegistry
from flowodm.testing.registry import MockRegistry
from flowodm.topics import ConfigEntry
from flowodm.tui.sources.brokers import Brokers
from tests.tui.fake_brokers import FakeBrokers
from tests.tui.fake_groups import FakeGroups
from tests.tui.fake_plan import FakePlan, planned
from tests.tui.fake_produce import VALUE, FakeProduce
from tests.tui.fake_schemas import ORDERS, FakeSchemas
from tests.tui.fake_schemas import record as schema
from tests.tui.fakes import FakeCluster, FakeRecords, Fakes, FakeTopics, record
from tests.tui.hostile_worlds import hostile
from tests.tui.troubles import fail, heal
from tests.tui.visits import VISITS, World
from tests.unit.display.test_plan import BLOCKED, made

WRITING = {"may_write": True}
ODD = schema(("id", "string"), ("amount", "string"), ("extra", "int"))
ORDER = {
    "type": "record",
    "name": "Order",
    "doc": "What somebody bought.",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "lines", "type": {"type": "array", "items": "string"}, "default": []},
    ],
}
VALUES = (
    b'{"id": 17, "status": "PAID", "lines": [{"item": "cup", "count": 2}, {"item": "tea"}]}',
    b"plain text, with \x1b[2J in it",
    b"\0\0\0\0\x2a\x06u-3\xff",
    None,
    b"\xff\xfe\xfd bytes",
)
AVRO_VALUE = b"\x22\x02\x0cgr\xc3\xbc\xc3\x9f\x04\x06cup\x06tea\x00"


@contextmanager
def full() -> Iterator[World]:
    """Everything is there."""
    url = "http://registry.tui.test"
    with MockRegistry(url):
        registry = SchemaRegistry(RegistryConfig(url=url))
        head = frame(registry.register("orders-value", json.dumps(ORDER)).schema_id)
        world = World(_fakes(head), copied=record(json.dumps(VALUE).encode(), offset=5))
        world.fakes.records.registry = registry
        yield world
        registry.close()


def _fakes(head: bytes) -> Fakes:
    names = ["orders", "payments", "a-topic-with-a-rather-long-name.v2", "behind", "offline"]
    headers = (("trace-id", b"4bf92f35"), ("content-type", b"avro/binary"), ("empty", None))
    values = (head + AVRO_VALUE, *VALUES[1:], VALUES[0], *[head + AVRO_VALUE] * 60)
    records = [
        record(value, key=f"k-{n}".encode(), offset=n, headers=headers)
        for n, value in enumerate(values)
    ]
    return Fakes(
        FakeCluster("prod"),
        FakeTopics(names=names, spans={"orders": 1_204_512, "payments": 0}),
        FakeRecords(records),
        schemas=FakeSchemas(files={"new.avsc": ODD}),
    )


@contextmanager
def empty() -> Iterator[World]:
    """Nothing is there, or next to nothing."""
    settings = (ConfigEntry("cleanup.policy", "delete", "default"),)
    idle = Group("billing", "empty", "classic")
    fakes = Fakes(
        topics=FakeTopics(names=[], config=settings, found=(), groups=()),
        records=FakeRecords([]),
        groups=FakeGroups([]),
        schemas=FakeSchemas({}, files={"new.avsc": ODD}),
        brokers=FakeBrokers(Brokers(None, (), 0, 0), ()),
        plan=FakePlan(None),
        produce=FakeProduce(None),
    )
    world = World(fakes, idle_group="billing", versions=(1, 2))
    fakes.groups.group = lambda name: idle  # type: ignore[method-assign]
    known = FakeSchemas({"orders-value": ORDERS[:1] * 2})
    for name in ("subject", "text", "compare"):
        setattr(fakes.schemas, name, getattr(known, name))
    yield world


@contextmanager
def tombstone() -> Iterator[World]:
    """A record with nothing in it."""
    yield World(Fakes(records=FakeRecords([record(None, key=None)])))


@contextmanager
def failing() -> Iterator[World]:
    """Nothing answers, from the first question on."""
    with full() as world:
        fail(world)
        yield world


@contextmanager
def stale() -> Iterator[World]:
    """Everything was there, and then nothing answers."""
    with full() as world:
        world.turned, world.turned_back = fail, heal
        yield world


class _Held:
    """A source that answers nothing until it is let go; what it knows already it says."""

    def __init__(self, source: Any, free: Event) -> None:
        self._source, self._free = source, free

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)
        if not callable(found):
            return found

        def wait(*args: Any) -> Any:
            self._free.wait(60)
            return found(*args)

        return wait


@contextmanager
def loading() -> Iterator[World]:
    """Every question is on its way, but those of the header."""
    free = Event()
    with full() as world:
        fakes = world.fakes
        for name in ("topics", "records", "groups", "schemas", "brokers", "plan", "produce"):
            setattr(fakes, name, _Held(getattr(fakes, name), free))
        world.held = free
        yield world


@contextmanager
def blocked() -> Iterator[World]:
    """A project whose plan cannot be carried out, in a context that only reads."""
    fakes = Fakes(FakeCluster("prod", is_read_only=True), plan=FakePlan(planned(made(BLOCKED))))
    yield World(fakes)


@contextmanager
def undeclaring() -> Iterator[World]:
    """A project that declares nothing."""
    yield World(Fakes(plan=FakePlan("flowodm.yaml")))


def _looking(**options: Any) -> Callable[[], AbstractContextManager[World]]:
    @contextmanager
    def world() -> Iterator[World]:
        with full() as found:
            found.options |= options
            yield found

    return world


ASKED = tuple(
    name
    for name in VISITS
    if name.partition("-")[0] not in ("palette", "help", "confirm", "drift", "record")
    and name
    not in (
        "topics-filtered",
        "topics-nothing-like-it",
        "topic-settings",
        "records-filter-trouble",
        "group-reset-to",
        "reset-refused",
        "produce-trouble",
        "produce-preview",
        "produce-confirm",
        "produce-sent",
        "plan-entry",
    )
)
"""The screens that ask something, each in its plain form."""
HARMED = tuple(name for name in VISITS if not name.startswith(("topics-", "produce-sent")))
"""The screens whose way leads through no name that is typed."""
STATES: dict[str, tuple[Callable[[], AbstractContextManager[World]], tuple[str, ...]]] = {
    "full": (_looking(**WRITING), tuple(VISITS)),
    "loading": (loading, ASKED),
    "empty": (empty, ASKED),
    "tombstone": (tombstone, tuple(name for name in VISITS if name.startswith("record-"))),
    "error": (failing, ASKED),
    "stale": (stale, ASKED),
    "hostile": (hostile, HARMED),
    "blocked": (blocked, ("plan", "drift")),
    "undeclared": (undeclaring, ("plan",)),
    "light": (_looking(**WRITING), ("topics", "record-value", "group", "difference", "plan")),
    "sixteen": (_looking(has_few_colours=True), ("topics", "record-value", "difference", "help")),
    "colourless": (_looking(), ("topics", "record-value", "difference")),
}
