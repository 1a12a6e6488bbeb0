"""The states that every screen has, each as a world of sources: full, empty, failing, and so on."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from threading import Event
from typing import Any

from flowodm.codec.framing import frame
from flowodm.config import RegistryConfig
from flowodm.contexts.listing import ContextEntry
from flowodm.errors import (
    BrokerError,
    BrokerUnreachable,
    ConfigurationError,
    FlowODMError,
    RegistryUnreachable,
)
from flowodm.groups import Coordinator, Group
from flowodm.plan import Blocker, Desired, DesiredTopic
from flowodm.registry import SchemaRegistry
from flowodm.testing.registry import MockRegistry
from flowodm.topics import ConfigEntry, TopicSubject
from flowodm.tui.sources.brokers import Broker, Brokers
from flowodm.tui.sources.schemas import VersionText
from tests.tui.fake_brokers import FakeBrokers
from tests.tui.fake_groups import FakeGroups, group, member, partition
from tests.tui.fake_plan import FakePlan, planned
from tests.tui.fake_produce import VALUE, FakeProduce, hostile_schema
from tests.tui.fake_schemas import ORDERS, FakeSchemas
from tests.tui.fake_schemas import record as schema
from tests.tui.fakes import FakeCluster, FakeRecords, Fakes, FakeTopics, record
from tests.tui.visits import VISITS, World
from tests.unit.cli.hostile import HOSTILE_TEXTS
from tests.unit.display.test_plan import BLOCKED, CONTEXT, made

DOWN = BrokerUnreachable(
    "cannot reach a broker at localhost:9092 (connection refused, 3 tries in 2.0 s)",
    hint="start a local one: flowodm sandbox up · check the address: flowodm doctor",
)
REGISTRY_DOWN = RegistryUnreachable(
    "cannot reach the registry at http://localhost:8081 (connection refused)",
    hint="check the address: flowodm doctor",
)
BAD_FILE = ConfigurationError(
    "flowodm.yaml:12: unknown key `bootstrap_server` in context `local`",
    hint="did you mean `bootstrap_servers`?",
)
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


def fail(world: World) -> None:
    """Let everything fail from now on."""
    _break(world.fakes, DOWN, REGISTRY_DOWN, BAD_FILE)
    world.clock.now += 42


def _heal(world: World) -> None:
    _break(world.fakes, None, None, None)


def _break(
    fakes: Fakes,
    brokers: FlowODMError | None,
    registry: FlowODMError | None,
    file: FlowODMError | None,
) -> None:
    for one in (fakes.cluster, fakes.topics, fakes.groups, fakes.brokers, fakes.plan):
        one.error = brokers
    fakes.records.error = fakes.records.broken = brokers
    fakes.topics.readers_error = fakes.topics.settings_error = brokers
    fakes.records.decode_error = registry
    fakes.cluster.registry_error = fakes.topics.schemas_error = registry
    fakes.schemas.error = fakes.schemas.level_error = fakes.produce.error = registry
    fakes.brokers.contexts_error = file


@contextmanager
def stale() -> Iterator[World]:
    """Everything was there, and then nothing answers."""
    with full() as world:
        world.turned, world.turned_back = fail, _heal
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


MARKUP = ("[/x]", "[@click=app.quit]quit[/]", "[link=http://evil]y[/link]", "[bold red]b[/]")
ODD_LETTERS = (
    "e\u0301\u0301\u0301 combining",
    "漢字 wide",
    "👩\u200d👩\u200d👧 joined",
    "NaN",
    "-1e999",
)
TEXTS = (*HOSTILE_TEXTS, *MARKUP, *ODD_LETTERS)
"""What anybody may write, one by one."""
KINDS = {
    "escapes": "\x1b[2J\x1b]52;c;aGk=\x07\x1b]8;;http://e\x1b\\\x1b]0;t\x07\r\b\x00",
    "c1": "\x9b31m\x9d0;t\x9c\x7f\x85\x90",
    "hiding": "\u2028\u2029\u202e\u2066\u200b\ufeff\U000e0041\xad\u3164",
    "markup": "".join(MARKUP),
    "letters": "\ud800\udfff" + " ".join(ODD_LETTERS),
    "long": "\x1b[2J[/x]\u202e" * 5_000,
}
"""One text of each kind, short enough to be seen whole, or far too long."""


@contextmanager
def hostile(text: str = "\x1b[2J[/x]\u202e\u200b\x9b\ud800") -> Iterator[World]:
    """Each name, value and error is written to harm.

    Args:
        text: What everything on a page is called; lists hold all of `TEXTS`.
    """
    error = BrokerError(f"the broker says {text}", hint=text)
    fakes = Fakes(
        FakeCluster(text, servers=text),
        FakeTopics(
            names=[text, *(f"t{one}" for one in TEXTS)],
            config=(ConfigEntry(text, text), ConfigEntry(text, text, text), ConfigEntry("x", None)),
            found=(TopicSubject(text, 1, 2, text),),
            groups=(_hostile_group(text, text),),
        ),
        FakeRecords(_hostile_records(text)),
        FakeGroups(
            [
                _hostile_group(text, text),
                replace(_hostile_group(f"{text} ", text), state="empty", members=()),
            ]
            + [_hostile_group(f"g{one}", one) for one in TEXTS],
            failures=(error,),
            note=text,
        ),
        FakeSchemas(
            {text: _hostile_versions(text)} | {f"s{one}": ORDERS[:1] for one in TEXTS},
            files={text: schema(("x", "int"), doc=text)},
        ),
        FakeBrokers(
            Brokers(text, tuple(Broker(n, text, text, n == 1, 1, 1, n) for n in (1, 2)), 1, 0),
            tuple(ContextEntry(one, one, False, one) for one in (text, *TEXTS)),
        ),
        FakePlan(_hostile_plan(text)),
        FakeProduce(hostile_schema(text, *TEXTS), send_error=error),
    )
    plan = fakes.groups.plan
    fakes.groups.plan = lambda name, topic, _: plan(name, topic, "start")  # type: ignore[method-assign]
    fakes.schemas.text = lambda _, version: VersionText(version, 1, f"{text}\n{text}", text)  # type: ignore[method-assign]
    yield World(
        fakes,
        topic=text,
        group=text,
        idle_group=f"{text} ",
        subject=text,
        versions=(1, 2),
        file=text,
        position=text,
        copied=_hostile_records(text)[0],
        options=WRITING,
    )


@contextmanager
def hostile_errors(text: str) -> Iterator[World]:
    """Everything was there, and then the errors are written to harm."""
    error = BrokerError(f"the broker says {text}", hint=text)
    with hostile(text) as world:

        def turn(world: World) -> None:
            _break(world.fakes, error, error, error)

        world.turned, world.turned_back = turn, _heal
        yield world


@contextmanager
def hostile_refusals(text: str) -> Iterator[World]:
    """Nothing answers but with errors that are written to harm."""
    error = BrokerError(f"the broker says {text}", hint=text)
    with hostile(text) as world:
        _break(world.fakes, error, error, error)
        yield world


def _hostile_group(name: str, text: str) -> Group:
    held = replace(member(text, 0, topic=text), host=text, instance_id=text)
    odd = replace(partition(1, topic=text), error=BrokerError(text))
    found = group(name, topic=text)
    return replace(
        found,
        protocol=text,
        assignor=text,
        coordinator=Coordinator(1, text),
        members=(held,),
        partitions=(*found.partitions, odd),
    )


def _hostile_versions(text: str) -> tuple[dict[str, Any], ...]:
    fields = {"name": "f", "type": "string", "default": text, "doc": text}
    kind = {"type": "record", "name": "Order", "doc": text, "note": text}
    return (
        kind | {"fields": [fields]},
        kind | {"fields": [fields | {"type": "bytes", "default": ""}], text[:40]: text},
    )


def _hostile_records(text: str) -> list[Any]:
    values = [one.encode("utf-8", "surrogatepass") for one in (text, *TEXTS)]
    values += [
        json.dumps({one[:99]: [one[:99], {one[:99]: None}]}).encode() for one in (text, *TEXTS)
    ]
    values += [b"NaN", b'{"a": NaN}', b"\0\0\0\0\x63" + b"\xff" * 40, b"", b"\xff\xfe\x1b[2J"]
    return [
        record(
            value, key=value[:50], offset=number, topic=text, headers=((text, value), (text, None))
        )
        for number, value in enumerate(values)
    ]


def _hostile_plan(text: str) -> Any:
    desired = Desired(
        (DesiredTopic(text, 1, None, {text: text}),),
        faults=(Blocker("subject", text, text, text, (text,), text),),
        models=(text,),
        source=text,
    )
    return planned(made(desired), CONTEXT.model_copy(update={"name": text}))


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
