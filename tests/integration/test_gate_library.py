"""The library meets the gate of the command line: every call that changes something is refused.

A new one needs its line in `CALLS`.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, ClassVar

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from flowodm import (
    AsyncConsumerLoop,
    ConsumerLoop,
    TransactionalLoop,
    adelete_subject,
    aupload_schema,
    connect,
    delete_subject,
    upload_schema,
)
from flowodm.connection import KafkaConnection
from flowodm.dead_letters import Progress, Replay, build_plan
from flowodm.errors import ChangeRefused, ConfigurationError, FlowODMError
from flowodm.groups import apply_deletion, apply_reset, parse_target, plan_reset, read_group
from flowodm.model.consume import ConsumeVerbs
from flowodm.model.produce import ProduceVerbs
from flowodm.positions import End, Range, Start
from flowodm.producer import Outgoing, Producer
from flowodm.reader import Reader, ReadOptions
from flowodm.sandbox import Sandbox
from flowodm.sources import Sources
from flowodm.subjects.archive import read_archive
from flowodm.subjects.importing import apply_import, plan_import
from flowodm.subjects.names import Address
from flowodm.subjects.registration import apply_registration, plan_registration
from flowodm.subjects.removal import apply_removal, plan_removal
from flowodm.subjects.settings import apply_setting, plan_setting
from flowodm.topics import (
    TopicSpec,
    apply_alteration,
    apply_purge,
    create_topic,
    delete_topic,
    plan_alteration,
    plan_purge,
)
from tests.integration.consumer_groups import fill
from tests.integration.gate import Place, state_of
from tests.integration.registries import record
from tests.models import based_on, connection_to
from tests.topics import create_topics

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("gate")]

FORBIDDEN = {"read-only": {"read_only": True}, "the wrong cluster": {"cluster_id": "another"}}
NEXT = record("R", "a", "b")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Sandbox(properties={"auto.create.topics.enable": "true"}) as sandbox:
        yield Place(sandbox, "orders", tmp_path_factory.mktemp("gate") / "project")


@pytest.fixture(scope="module")
def free(place: Place) -> Iterator[KafkaConnection]:
    """A connection that may do everything; plans are made with it."""
    with connection_of(place) as connection:
        yield connection


@pytest.fixture
def unchanged(place: Place) -> Iterator[None]:
    before = state_of(place.sandbox)
    yield
    assert state_of(place.sandbox) == before


def connection_of(place: Place, **settings: Any) -> KafkaConnection:
    return connection_to(place.sandbox.bootstrap_servers, place.sandbox.registry_url, **settings)


def event_of(connection: KafkaConnection, place: Place) -> Any:
    """A model whose schema would be registered by the way."""

    class Event(based_on(connection)):  # type: ignore[misc]  # a base that is made here
        Settings: ClassVar = type(
            "Settings", (), {"topic": place.topic, "key_field": "a", "consumer_group": place.audit}
        )

        a: int

    return Event


def _verb(name: str, *arguments: Any, of: str = "class") -> Callable[..., Any]:
    def call(connection: KafkaConnection, place: Place, _: KafkaConnection) -> Any:
        event = event_of(connection, place)
        given = [event(a=1) if one == "event" else one for one in arguments]
        given = [[event(a=1)] if one == "events" else one for one in given]
        return getattr(event(a=1) if of == "instance" else event, name)(*given)

    return call


def _loop(kind: type, **more: Any) -> Callable[..., Any]:
    def call(connection: KafkaConnection, place: Place, _: KafkaConnection) -> Any:
        async def later(event: Any) -> None: ...

        def now(event: Any) -> None: ...

        handler = later if kind is AsyncConsumerLoop else now
        return kind(event_of(connection, place), handler, **more).run()

    return call


def _registered(connection: KafkaConnection, place: Place, free: KafkaConnection) -> Any:
    loaded = Sources(place.directory).load("next.avsc")
    wanted = [(place.subject, loaded)]
    plan = plan_registration(free.schema_registry(), wanted, lambda one: one.label)
    return apply_registration(connection, plan)


def _imported(connection: KafkaConnection, place: Place, free: KafkaConnection) -> Any:
    archive = read_archive(place.directory / "archive.ndjson")
    return apply_import(connection, plan_import(free.schema_registry(), archive))


def _reset(connection: KafkaConnection, place: Place, free: KafkaConnection) -> Any:
    target = parse_target("end", now=datetime.now(UTC))
    return apply_reset(connection, plan_reset(free, place.group, place.topic, target))


def _replayed(connection: KafkaConnection, place: Place, free: KafkaConnection) -> Any:
    plan = build_plan(free, place.letters, sent=Progress(free, place.letters).marks)
    assert plan.count == 1
    return Replay(connection, plan, Progress(connection, place.letters))


def _read_as_group(
    connection: KafkaConnection, topic: str, group: str, *, regex: bool = False
) -> None:
    with Reader(connection, (topic,), ReadOptions(group=group, regex=regex)):
        pass


CALLS: dict[str, Callable[..., Any]] = {
    "produce": _verb("produce", of="instance"),
    "aproduce": _verb("aproduce", of="instance"),
    "produce_nowait": _verb("produce_nowait", of="instance"),
    "produce_many": _verb("produce_many", "events"),
    "aproduce_many": _verb("aproduce_many", "events"),
    "produce_tombstone": _verb("produce_tombstone", 1),
    "aproduce_tombstone": _verb("aproduce_tombstone", 1),
    "consume_one": _verb("consume_one"),
    "aconsume_one": _verb("aconsume_one"),
    "consume_iter": _verb("consume_iter"),
    "aconsume_iter": _verb("aconsume_iter"),
    "consume_batch": _verb("consume_batch", 2),
    "aconsume_batch": _verb("aconsume_batch", 2),
    "register_schema": _verb("register_schema"),
    "aregister_schema": _verb("aregister_schema"),
    "to_bytes": _verb("to_bytes", of="instance"),
    "ConsumerLoop": _loop(ConsumerLoop),
    "AsyncConsumerLoop": _loop(AsyncConsumerLoop),
    "TransactionalLoop": _loop(TransactionalLoop, transactional_id="t"),
    "schema.upload_schema": lambda to, place, _: upload_schema(NEXT, place.subject, connection=to),
    "schema.upload_schema at a level": lambda to, place, _: upload_schema(
        NEXT, place.subject, "NONE", connection=to
    ),
    "schema.aupload_schema": lambda to, place, _: aupload_schema(
        NEXT, place.subject, connection=to
    ),
    "schema.delete_subject": lambda to, place, _: delete_subject(place.old, connection=to),
    "schema.adelete_subject": lambda to, place, _: adelete_subject(place.old, connection=to),
    "topics.create_topic": lambda to, place, _: create_topic(to, TopicSpec(place.new)),
    "topics.apply_alteration": lambda to, place, free: apply_alteration(
        to, plan_alteration(free, place.topic, settings={"retention.ms": "1000"}, partitions=9)
    ),
    "topics.apply_purge": lambda to, place, free: apply_purge(
        to, plan_purge(free, place.topic, End())
    ),
    "topics.delete_topic": lambda to, place, _: delete_topic(to, place.topic),
    "groups.apply_reset": _reset,
    "groups.apply_deletion": lambda to, place, free: apply_deletion(
        to, read_group(free, place.group)
    ),
    "subjects.registration.apply_registration": _registered,
    "subjects.removal.apply_removal": lambda to, place, free: apply_removal(
        to, plan_removal(free.schema_registry(), Address(place.old))
    ),
    "subjects.settings.apply_setting": lambda to, place, free: apply_setting(
        to, plan_setting(free.schema_registry(), "mode", "READONLY", place.subject)
    ),
    "subjects.importing.apply_import": _imported,
    "dead_letters.Replay": _replayed,
    "Producer.send": lambda to, place, _: Producer(to).send(place.topic, None, b"x"),
    "Producer.deliver": lambda to, place, _: Producer(to).deliver(place.topic, None, b"x"),
    "Producer.deliver_many": lambda to, place, _: Producer(to).deliver_many(
        [Outgoing(place.topic, None, b"x")]
    ),
    "Producer.adeliver": lambda to, place, _: Producer(to).adeliver(place.topic, None, b"x"),
    "Reader with a group": lambda to, place, _: _read_as_group(to, place.topic, place.audit),
}
"""Each gets a connection, the place, and a connection that may do everything."""


async def _drive(call: Callable[[], Any]) -> None:
    """Do what a caller does: take the first of what is iterated, await what is awaited."""
    found = call()
    if inspect.isawaitable(found):
        await found
    elif hasattr(found, "__anext__"):
        await anext(found)
    elif hasattr(found, "__next__"):
        next(found)


def changing(package: str) -> set[str]:
    """The public functions of a package that are named after a change."""
    verbs = ("apply_", "create_", "delete_", "upload_", "adelete_", "aupload_")
    names = import_module(f"flowodm.{package}").__all__
    return {f"{package}.{name}" for name in names if name.startswith(verbs)}


def test_every_call_that_changes_something_is_in_the_matrix() -> None:
    packages = ("topics", "groups", "schema", "dead_letters")
    rooms = ("archive", "importing", "registration", "removal", "settings")
    named = {name for package in packages for name in changing(package)}
    named |= {name for room in rooms for name in changing(f"subjects.{room}")}
    verbs = {
        name
        for owner in (ProduceVerbs, ConsumeVerbs)
        for name in vars(owner)
        if not name.startswith(("_", "model_"))
    }
    assert named | verbs - {"commit", "acommit"} <= CALLS.keys()


@pytest.mark.parametrize("forbidden", FORBIDDEN.values(), ids=FORBIDDEN)
@pytest.mark.parametrize("name", CALLS)
def test_what_a_context_forbids_no_call_does(
    name: str, forbidden: dict[str, Any], place: Place, free: KafkaConnection, unchanged: None
) -> None:
    with connection_of(place, **forbidden) as refused:
        call = CALLS[name]
        if name in ("ConsumerLoop", "TransactionalLoop"):  # they take the thread for themselves
            with pytest.raises(ChangeRefused, match="was not tried"):
                call(refused, place, free)
            return
        with pytest.raises(ChangeRefused, match=r"was not tried|would register"):
            asyncio.run(_drive(lambda: call(refused, place, free)))


@pytest.mark.parametrize("verb", ["commit", "acommit"])
def test_a_commit_without_a_record_does_nothing(
    verb: str, place: Place, free: KafkaConnection, unchanged: None
) -> None:
    with connection_of(place, read_only=True) as refused, suppress(FlowODMError):
        asyncio.run(_drive(lambda: _verb(verb)(refused, place, free)))


def test_nothing_internal_is_changed(place: Place, free: KafkaConnection, unchanged: None) -> None:
    for call in (
        lambda: create_topic(free, TopicSpec("__mine")),
        lambda: delete_topic(free, "__consumer_offsets"),
        lambda: Producer(free).send("_schemas", None, b"x"),
        lambda: _read_as_group(free, "__consumer_offsets", place.audit),
        lambda: upload_schema(NEXT, "__x-value", connection=free),
        lambda: delete_subject("_schemas", connection=free),
        lambda: free.schema_registry().set_mode("READONLY", "__x"),
    ):
        with pytest.raises(ChangeRefused, match="is internal"):
            call()


def test_a_protected_context_registers_nothing_by_the_way(
    place: Place, free: KafkaConnection, unchanged: None
) -> None:
    with connection_of(place, protected=True) as guarded:
        event = event_of(guarded, place)
        for verb in ("produce", "to_bytes"):
            with pytest.raises(ChangeRefused, match="would register"):
                getattr(event(a=1), verb)()


def test_no_argument_of_connect_lifts_what_a_context_forbids(
    place: Place, monkeypatch: pytest.MonkeyPatch, unchanged: None
) -> None:
    monkeypatch.chdir(place.directory)
    monkeypatch.setenv("FLOWODM_READ_ONLY", "false")
    spec = place.sandbox.spec
    for name in ("fixed", "elsewhere"):
        for more in ({}, {"bootstrap_servers": spec.bootstrap_servers}, {"config": {"acks": "1"}}):
            with connect(context=name, **more) as connection:
                with pytest.raises(ChangeRefused):
                    delete_topic(connection, place.topic)
                again = KafkaConnection(connection.context)
                with again, pytest.raises(ChangeRefused):
                    delete_topic(again, place.topic)
        for key in ("read_only", "cluster_id"):
            with pytest.raises(ConfigurationError, match=key):
                connect(context=name, config={key: "false"})


def test_a_pattern_means_nothing_internal_where_it_commits(
    place: Place, free: KafkaConnection
) -> None:
    admin = AdminClient(dict(place.sandbox.client_config))
    create_topics(admin, NewTopic("_schemas", 1, 1))
    fill(place.sandbox.client_config, "_schemas", {0: 1})
    options = ReadOptions(range=Range(Start()), regex=True, group=place.audit)
    with Reader(free, (".*",), options) as reader:
        found = {record.topic for batch in reader.batches() for record in batch}
    assert found == {place.topic, place.letters}
    with pytest.raises(ChangeRefused, match="`_schemas` is internal"):
        _read_as_group(free, "_schem.s", place.audit, regex=True)
