"""What a class has on its connection: how it is written and read. Made on first use, then kept.

It goes with the connection's clients: after `close()`, a new `connect()` or a fork it is made
anew. Where a class has hooks of its own, they are asked at each call.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

from flowodm.errors import SettingsError
from flowodm.model.declaration import Declaration
from flowodm.model.declared import DeclaredModel
from flowodm.model.hooks import AsyncConsumerHook, consumer_hook
from flowodm.model.reading import Reading
from flowodm.model.tombstone import Tombstone
from flowodm.model.writing import Writing
from flowodm.subscription import Subscription, consumer_config

if TYPE_CHECKING:
    from confluent_kafka import Consumer
    from confluent_kafka import Producer as Client

    from flowodm.connection import KafkaConnection
    from flowodm.producer import Producer
    from flowodm.settings import BaseSettings

__all__ = [
    "Consumption",
    "aready_writing",
    "async_consumer_maker",
    "async_subscription_of",
    "consumption_of",
    "declaration_of",
    "new_consumer",
    "reading_of",
    "ready_writing",
    "shared_client",
    "subscription_of",
    "writing_of",
]

_M = TypeVar("_M", bound=DeclaredModel)
_LAST: Final = "__writing__"
_MakeConsumer: TypeAlias = "Callable[[Mapping[str, Any]], Consumer] | None"


def declaration_of(cls: type[DeclaredModel]) -> Declaration:
    """The settled `Settings` of a class.

    Raises:
        SettingsError: It is abstract.
    """
    declaration = cls.__declaration__
    if declaration is None:
        raise SettingsError(
            f"`{cls.__name__}` is abstract: it has no topic", hint="use a class made from it"
        )
    return declaration


def writing_of(cls: type[_M]) -> Writing[_M]:
    """How a class's instances become records."""
    connection = cls.get_connection()
    last = vars(cls).get(_LAST)  # what was used last is at hand: it is asked for per message
    if (
        last is not None
        and last.connection is connection
        and last.generation == connection.generation
    ):
        found: Writing[_M] = last
        return found

    def make() -> Writing[_M]:
        client = cls.get_producer if _overrides(cls, "get_producer") else None
        return Writing(connection, cls, declaration_of(cls), client)

    found = connection.owned((Writing, cls), make)
    setattr(cls, _LAST, found)
    return found


def ready_writing(cls: type[_M]) -> "tuple[Writing[_M], Producer]":
    """The same, with what sends them; what writing needs is known then."""
    writing = writing_of(cls)
    producer = writing.producer()
    if not writing.is_ready:
        writing.prepare(producer)
    return writing, producer


async def aready_writing(cls: type[_M]) -> "tuple[Writing[_M], Producer]":
    """The same, for the async verbs; whatever has to wait, a thread does."""
    writing = writing_of(cls)
    producer: Producer | None = None
    if _overrides(cls, "get_async_producer"):
        producer = writing.borrowed(await cls.get_async_producer())
    elif writing.has_hook:
        producer = await asyncio.to_thread(writing.producer)
    if not writing.is_ready:
        await writing.aprepare(producer)
    return writing, producer or writing.shared()


def reading_of(cls: type[_M]) -> Reading[_M]:
    """How records become a class's instances."""
    connection = cls.get_connection()

    def make() -> Reading[_M]:
        return Reading(connection, cls, declaration_of(cls), cls.__message__.__set__)

    return connection.owned((Reading, cls), make)


def shared_client(cls: type[DeclaredModel]) -> "Client":
    """The client that the verbs of a class without hooks send with."""
    return writing_of(cls).shared().client


def new_consumer(
    cls: type[DeclaredModel],
    group_id: str | None,
    settings: "BaseSettings | type[BaseSettings] | None",
) -> "Consumer":
    """Make a consumer of a class's group, by its profile; the caller closes it."""
    connection = cls.get_connection()
    profile = settings or declaration_of(cls).profile
    return connection.consumer(consumer_config(connection, _group(cls, group_id), profile))


class Consumption(NamedTuple):
    """What a loop needs of a class to read its topic as a member of a group."""

    connection: "KafkaConnection"
    topic: str
    group: str
    reading: Reading[Any]
    profile: "BaseSettings | None"
    """The one that the class names."""
    make_consumer: "Callable[[Mapping[str, Any]], Consumer] | None"
    """The class's own hook; None: the connection makes the consumer."""


def consumption_of(
    cls: type[DeclaredModel],
    group_id: str | None = None,
    settings: "BaseSettings | type[BaseSettings] | None" = None,
) -> Consumption:
    """What a loop needs of a class.

    Raises:
        SettingsError: It is abstract, or there is no group.
    """
    declaration, make_consumer = declaration_of(cls), None
    if _overrides(cls, "get_consumer"):
        make_consumer = consumer_hook(cls, partial(cls.get_consumer, group_id, settings))
    return Consumption(
        cls.get_connection(),
        declaration.topic,
        _group(cls, group_id),
        reading_of(cls),
        declaration.profile,
        make_consumer,
    )


def async_consumer_maker(
    cls: type[DeclaredModel],
    group_id: str | None,
    settings: "BaseSettings | type[BaseSettings] | None",
) -> _MakeConsumer:
    """A class's own `get_async_consumer`, to be called in a thread; None where it has none."""
    if not _overrides(cls, "get_async_consumer"):
        return None
    hook = AsyncConsumerHook(cls)
    hook.loop = asyncio.get_running_loop()
    hook.make = partial(cls.get_async_consumer, group_id, settings)
    return hook


def subscription_of(
    cls: type[_M],
    group_id: str | None = None,
    settings: "BaseSettings | type[BaseSettings] | None" = None,
) -> "Subscription[_M | Tombstone]":
    """The membership that the verbs of a class and a group share; a profile that is new moves in."""
    make_consumer: _MakeConsumer = None
    if _overrides(cls, "get_consumer"):
        make_consumer = consumer_hook(cls, partial(cls.get_consumer, group_id, settings))
    return _subscription(cls, group_id, settings, make_consumer)


def async_subscription_of(
    cls: type[_M],
    group_id: str | None = None,
    settings: "BaseSettings | type[BaseSettings] | None" = None,
) -> "Subscription[_M | Tombstone]":
    """The same for the async verbs: another one, where they have a hook of their own."""
    if not _overrides(cls, "get_async_consumer"):
        return subscription_of(cls, group_id, settings)
    key = (AsyncConsumerHook, cls, group_id)
    hook = cls.get_connection().owned(key, lambda: AsyncConsumerHook(cls))
    hook.loop = asyncio.get_running_loop()
    hook.make = partial(cls.get_async_consumer, group_id, settings)
    return _subscription(cls, group_id, settings, hook, AsyncConsumerHook)


def _subscription(
    cls: type[_M],
    group_id: str | None,
    settings: "BaseSettings | type[BaseSettings] | None",
    make_consumer: _MakeConsumer,
    *owner: object,
) -> "Subscription[_M | Tombstone]":
    connection, declaration = cls.get_connection(), declaration_of(cls)
    group = _group(cls, group_id)

    def make() -> "Subscription[_M | Tombstone]":
        reading = reading_of(cls)
        return Subscription(
            connection,
            declaration.topic,
            group,
            decode=reading.decode,
            decode_at_once=reading.decode_at_once,
            settings=settings or declaration.profile,
            make_consumer=make_consumer,
        )

    found = connection.owned((Subscription, cls, group, *owner), make)
    if settings is not None:  # a second consumer would be another member, and take partitions
        found.use(settings, make_consumer)
    return found


def _group(cls: type[DeclaredModel], group_id: str | None) -> str:
    """The group that is given, else the class's.

    Raises:
        SettingsError: There is none.
    """
    group = group_id or declaration_of(cls).consumer_group
    if group is None:
        raise SettingsError(
            f"`{cls.__name__}` names no consumer group",
            hint="set `consumer_group` in its `Settings`, or give `group_id=`",
        )
    return group


def _overrides(cls: type[DeclaredModel], hook: str) -> bool:
    own: Any = getattr(cls, hook)
    ours: Any = getattr(DeclaredModel, hook)
    return own.__func__ is not ours.__func__
