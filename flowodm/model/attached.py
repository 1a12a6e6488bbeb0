"""What a class has on its connection: how it is written and read. Made on first use, then kept.

It goes with the connection's clients: after `close()`, a new `connect()` or a fork it is made
anew. Where a class has hooks of its own, they are asked at each call.
"""

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from flowodm.errors import SettingsError
from flowodm.model.declaration import Declaration
from flowodm.model.declared import DeclaredModel
from flowodm.model.reading import Reading
from flowodm.model.writing import Writing

if TYPE_CHECKING:
    from confluent_kafka import Consumer
    from confluent_kafka import Producer as Client

    from flowodm.producer import Producer
    from flowodm.settings import BaseSettings

__all__ = ["aready_writing", "declaration_of", "reading_of", "ready_writing", "writing_of"]

_M = TypeVar("_M", bound=DeclaredModel)


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

    def make() -> Writing[_M]:
        client = cls.get_producer if _overrides(cls, "get_producer") else None
        return Writing(connection, cls, declaration_of(cls), client)

    return connection.owned((Writing, cls), make)


def ready_writing(cls: type[_M]) -> "tuple[Writing[_M], Producer]":
    """The same, with what sends them; what writing needs is known then."""
    writing = writing_of(cls)
    producer = writing.producer()
    if not writing.is_ready:
        writing.prepare(producer)
    return writing, producer


async def aready_writing(cls: type[_M]) -> "tuple[Writing[_M], Producer]":
    """The same, for the async verbs; whatever it waits for, a thread does."""
    writing = writing_of(cls)
    if _overrides(cls, "get_async_producer"):
        producer = writing.borrowed(await cls.get_async_producer())
    elif writing.is_ready:
        producer = writing.producer()
    else:
        producer = await asyncio.to_thread(writing.producer)
    if not writing.is_ready:
        await asyncio.to_thread(writing.prepare, producer)
    return writing, producer


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
    from flowodm.subscription.configuration import consumer_config

    connection, declaration = cls.get_connection(), declaration_of(cls)
    group = group_of(cls, group_id)
    return connection.consumer(consumer_config(connection, group, settings or declaration.profile))


def group_of(cls: type[DeclaredModel], group_id: str | None) -> str:
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
