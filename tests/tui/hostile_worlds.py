"""Worlds in which each name, value and error is written to harm: by the kind of what is written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flowodm.contexts.listing import ContextEntry
from flowodm.errors import BrokerError
from flowodm.groups import Coordinator, Group
from flowodm.plan import Blocker, Desired, DesiredTopic
from flowodm.topics import ConfigEntry, TopicSubject
from flowodm.tui.sources.brokers import Broker, Brokers
from flowodm.tui.sources.schemas import VersionText
from tests.tui.fake_brokers import FakeBrokers
from tests.tui.fake_groups import FakeGroups, group, member, partition
from tests.tui.fake_plan import FakePlan, planned
from tests.tui.fake_produce import FakeProduce, hostile_schema
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
        options={"may_write": True},
    )


@contextmanager
def harmful(text: str) -> Iterator[World]:
    """What `hostile` is, and what takes a registry or room: for bytes, and not for pictures."""
    with hostile(text) as world:
        yield world


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
