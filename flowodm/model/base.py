"""`FlowBaseModel`: what users inherit from."""

import asyncio
from typing import TYPE_CHECKING, Any, Self

from flowodm.errors import UsageError
from flowodm.model.attached import declaration_of, reading_of, writing_of
from flowodm.model.consume import ConsumeVerbs
from flowodm.model.produce import ProduceVerbs
from flowodm.model.schemas import register
from flowodm.record import Meta

if TYPE_CHECKING:
    from flowodm.avro.schema import Schema

__all__ = ["FlowBaseModel"]


class _NotConsumed(UsageError, AttributeError):
    """There is no `meta`: an `AttributeError` too, so `hasattr` and inspection hold."""


class FlowBaseModel(ProduceVerbs, ConsumeVerbs, abstract=True):
    """A Pydantic model whose instances are records of a Kafka topic.

        class UserEvent(FlowBaseModel):
            class Settings:
                topic = "user-events"
                key_field = "user_id"

            user_id: str
            action: str

    `Settings` is inherited setting by setting, and checked when the class is made. A class that
    only others are made from needs no topic: `class Event(FlowBaseModel, abstract=True)`. Making
    an instance needs no connection.
    """

    @property
    def meta(self) -> Meta:
        """Where the record stood, and what came with it.

        Raises:
            UsageError: The instance was not consumed; a copy of one that was has none either. It
                is an `AttributeError` too.
        """
        try:
            held = self.__message__
        except AttributeError:
            raise _NotConsumed(
                f"this `{type(self).__name__}` was not consumed, so it has no `meta`",
                hint="what a consume verb gives has one, and a copy of that does not",
            ) from None
        if not isinstance(held, Meta):
            held = reading_of(type(self)).meta(held)
            type(self).__message__.__set__(self, held)
        return held

    @classmethod
    def avro_schema(cls) -> "Schema":
        """Return the class's Avro schema, derived from its fields.

        Raises:
            SchemaError: An annotation has no meaning in Avro.
        """
        from flowodm.avro.bind import bind

        return bind(cls).schema

    def to_avro_dict(self) -> dict[str, Any]:
        """Return the values that are written, under the names of the Avro fields.

        Raises:
            SerializationError: A value does not fit its field.
        """
        from flowodm.avro.bind import bind
        from flowodm.codec.model_encode import model_values

        values: dict[str, Any] = model_values(bind(type(self)))(self)
        return values

    def to_bytes(self) -> bytes:
        """Return what stands in Kafka: the instance, framed as `Settings` say.

        The first time, the registry is asked for the id of the schema, as for `produce`; in a
        coroutine, give that to `asyncio.to_thread`.

        Raises:
            SerializationError: A field does not fit the schema.
            RegistryUnreachable: The schema is not known yet, and no registry answers.
        """
        return writing_of(type(self)).value(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Make an instance of what stands in Kafka.

        The registry is asked for each schema that is met the first time, as when consuming.

        Args:
            data: A record's value, framed as `Settings` say.

        Raises:
            UsageError: It is not bytes at all.
            DeserializationError: It is no value of this class, with the field's path.
            RegistryUnreachable: Its schema is not known yet, and no registry answers.
        """
        if not isinstance(data, bytes):
            raise UsageError(
                f"`{cls.__name__}.from_bytes` takes bytes, and this is a `{type(data).__name__}`",
                hint="give it a record's value as it came: `message.value()`",
            )
        return reading_of(cls).read(data)

    @classmethod
    def register_schema(cls) -> int:
        """Register the class's schema under its subject, and an Avro key's under its own.

        Returns:
            The id of the values' schema; one that is there already keeps its own.

        Raises:
            SchemaCompatibilityError: It breaks what the subject promises.
            ChangeRefused: The context is read-only, or for another cluster; nothing was sent.
            SettingsError: The class writes JSON.
            RegistryUnreachable: No registry answers.
        """
        return register(cls.get_connection(), cls, declaration_of(cls))

    @classmethod
    async def aregister_schema(cls) -> int:
        """Do what `register_schema` does, for asyncio."""
        return await asyncio.to_thread(cls.register_schema)
