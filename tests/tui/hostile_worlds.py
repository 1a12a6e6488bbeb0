"""Worlds in which each name, value and error is written to harm: by the kind of what is written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flowodm.config import RegistryConfig
from flowodm.contexts.listing import ContextEntry
from flowodm.errors import BrokerError
from flowodm.groups import Coordinator, Group
from flowodm.plan import Blocker, Desired, DesiredTopic
from flowodm.reader import Notice
from flowodm.record import Record
from flowodm.registry import SchemaRegistry
from flowodm.subjects.settings import Setting
from flowodm.testing.registry import MockRegistry
from flowodm.topics import ConfigEntry, PartitionDetail, TopicSubject
from flowodm.tui.sources.brokers import Broker, Brokers
from flowodm.tui.sources.schemas import Use, VersionText
from tests.tui.fake_brokers import FakeBrokers
from tests.tui.fake_groups import FakeGroups, group, member, partition
from tests.tui.fake_plan import FakePlan, planned
from tests.tui.fake_produce import FakeProduce, hostile_schema, writer
from tests.tui.fake_schemas import ORDERS, FakeSchemas
from tests.tui.fake_schemas import record as schema
from tests.tui.fakes import FakeCluster, FakeRecords, Fakes, FakeTopics, record
from tests.tui.troubles import break_all, heal
from tests.tui.visits import World
from tests.unit.cli.hostile import HOSTILE_TEXTS
from tests.unit.display.test_plan import CONTEXT, made

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
UNSEEN = (
    "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
    "\u200b\u200c\u200d\u2060\u2063\ufeff\U000e0041\U000e007f\xad\u3164\uffa0\u115f\u17b4\u180e"
    "\ufe00\ufe0f\U000e0100\ufff9\ufffa\ufffb"
)
"""What separates lines, turns text round, has no width, selects, tags, fills and annotates."""
KINDS = {
    "escapes": "\x1b[2J\x1b]52;c;aGk=\x07\x1b]8;;http://e\x1b\\\x1b]0;t\x07\r\b\x00"
    + "".join(map(chr, range(0x20))),
    "c1": "\x9b31m\x9d0;t\x9c\x7f\x85\x90" + "".join(map(chr, range(0x7F, 0xA0))),
    "hiding": f"{UNSEEN}abc\u202egnp.exe",
    "markup": "".join(MARKUP)
    + "$(touch harmed){{7*7}} ${HOME} %(name)s %s {0} [@click=app.bell]x[/]",
    "letters": "\ud800\udfff" + " ".join(ODD_LETTERS) + " \u05d0\u0628" + "9" * 400,
    "long": "\x1b[2J[/x]\u202e" * 5_000,
}
"""One text of each kind; what matters most is its beginning, as most of the screens show no more."""


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
        options={"may_write": True},
    )


@contextmanager
def harmful(text: str) -> Iterator[World]:
    """What `hostile` is, and what takes a registry, time or room: for bytes, and not for pictures."""
    url = "http://registry.tui.test"
    with hostile(text) as world, MockRegistry(url):
        fakes, registry = world.fakes, SchemaRegistry(RegistryConfig(url=url))
        fakes.records.registry = registry
        fakes.records.records[:0] = _odd_records(text, registry)
        fakes.records.notices = (Notice(text, True),)
        fakes.plan.told = (text,)
        fakes.groups.reset_error = BrokerError(f"the broker says {text}", hint=text)
        subject, detail = fakes.schemas.subject, fakes.topics.detail
        fakes.schemas.subject = lambda name: replace(  # type: ignore[method-assign]
            subject(name),
            schema_type=text,
            level=Setting("level", name, text, False),
            mode=Setting("mode", name, text, True),
            use=Use(text, False, None),
            sharers=((text, 1),),
            referrers=(text,),
        )
        fakes.schemas.levels = lambda names: {  # type: ignore[method-assign]
            name: Setting("level", name, text, False) for name in names
        }
        fakes.topics.detail = lambda name: replace(  # type: ignore[method-assign]
            detail(name),
            topic_id=text,
            partitions=(PartitionDetail(0, None, (1,), (), None, None, text),),
        )
        yield world
        registry.close()


def _odd_records(text: str, registry: SchemaRegistry) -> list[Record]:
    """Records of a schema that is written to harm, of bytes that no text is, too deep, too large."""
    good = text.encode("utf-8", "ignore").decode()
    kind = odd_schema(good)
    schema_id = registry.register("orders-value", json.dumps(kind)).schema_id
    value = {"words": {good: good}, "text": good, "at": 2**62, "how": "B", "octets": "G1sySg=="}
    framed = writer(kind, schema_id=schema_id).write(value)
    values = (
        framed,
        framed[:-3],
        framed + b"\x1b]0;t\x07",
        b"[" * 20_000 + b"]" * 20_000,
        b'{"a":' * 20_000,
        b"9" * 5_000,
        b'{"n": 1e400000, "m": -0.0, "l": ' + b"1" * 5_000 + b"}",
        bytes(range(256)),
        b"\xed\xa0\x80\xc0\xaf\xf8\x88\x80\x80\x80",
    )
    key = text.encode("utf-8", "surrogatepass")
    found = [
        record(one, key=key, offset=number, topic=text, headers=((text, key), (text, one)))
        for number, one in enumerate(values)
    ]
    return [*found, found[0]._replace(timestamp=2**62), found[1]._replace(timestamp=-(2**62))]


def odd_schema(text: str) -> dict[str, Any]:
    """A schema with a text wherever Avro takes any."""
    fields = (
        ("words", {"type": "map", "values": "string"}, {text: text}),
        ("text", "string", text),
        ("at", {"type": "long", "logicalType": "timestamp-millis"}, 2**62),
        (
            "how",
            {"type": "enum", "name": "How", "symbols": ["A", "B"], "doc": text, text: text},
            "A",
        ),
        ("octets", "bytes", "\x1b[2J"),
    )
    return {
        "type": "record",
        "name": "Odd",
        "doc": text,
        text[:40]: {text: [text]},
        "fields": [
            {"name": name, "type": kind, "default": default, "doc": text, f"x{text[:40]}": text}
            for name, kind, default in fields
        ],
    }


@contextmanager
def hostile_errors(text: str) -> Iterator[World]:
    """Everything was there, and then the errors are written to harm."""
    error = BrokerError(f"the broker says {text}", hint=text)
    with hostile(text) as world:

        def turn(world: World) -> None:
            break_all(world.fakes, error, error, error)

        world.turned, world.turned_back = turn, heal
        yield world


@contextmanager
def hostile_refusals(text: str) -> Iterator[World]:
    """Nothing answers but with errors that are written to harm."""
    error = BrokerError(f"the broker says {text}", hint=text)
    with hostile(text) as world:
        break_all(world.fakes, error, error, error)
        named = {"type": "enum", "name": text, "symbols": [text], "aliases": [text]}
        world.fakes.schemas.files = {text: named}  # no such name may be: the parser tells of it
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
