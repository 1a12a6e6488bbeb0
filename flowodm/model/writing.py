"""Instances of a class to bytes: the schema found once, then an encoding and a key.

The id in the framing and the body are always of one schema (`schemas.py`). Who sends the bytes is
the producer.
"""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flowodm.codec.framing import frame
from flowodm.errors import SerializationError
from flowodm.model.hooks import check_client
from flowodm.model.keys import PLAIN_KEYS, WriteKey, key_model
from flowodm.model.schemas import find, find_key, own_schema
from flowodm.producer import Producer, producer_of

if TYPE_CHECKING:
    from confluent_kafka import Producer as Client
    from pydantic import BaseModel

    from flowodm.avro.binding import Binding
    from flowodm.avro.schema import Schema
    from flowodm.connection import KafkaConnection
    from flowodm.model.declaration import Declaration

__all__ = ["Writing"]

_M = TypeVar("_M", bound="BaseModel")


class Writing(Generic[_M]):
    """How the instances of one class become records, on one connection; threads may share it.

    Args:
        connection: Whose registry has the schema.
        cls: The class.
        declaration: Its settings.
        client: The class's own `get_producer`, where it has one.
    """

    def __init__(
        self,
        connection: "KafkaConnection",
        cls: type[_M],
        declaration: "Declaration",
        client: "Callable[[], Client] | None",
    ) -> None:
        self.connection = connection
        self.generation = connection.generation
        """Of the connection's clients, which this goes with."""
        self.topic = declaration.topic
        self.is_ready = False
        """Whether the schemas are known: until then, writing asks the registry."""
        self._cls = cls
        self._declaration = declaration
        self.has_hook = client is not None
        """Whether the class has a client of its own."""
        self._client = client
        self._waiting: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = {}
        self._producer: Producer | None = None
        self._lock = threading.Lock()
        self._prefix = b""
        self._write: Callable[[_M, bytes], bytes] = self._write_first
        self._write_key: WriteKey = self._write_first_key

    def producer(self) -> Producer:
        """What sends the records: the shared producer, or one of the class's own client."""
        return self.shared() if self._client is None else self.borrowed(self._client())

    def shared(self) -> Producer:
        """The connection's producer by the class's profile."""
        producer = self._producer
        if producer is None:
            profile = self._declaration.profile
            defaults = {} if profile is None else profile.to_producer_config()
            producer = self._producer = producer_of(self.connection, defaults)
        return producer

    def borrowed(self, client: "Client") -> Producer:
        """What sends the records with a client that is not ours.

        Raises:
            UsageError: It is none of librdkafka's blocking clients.
        """

        def make() -> Producer:
            check_client(client, "Producer", self._cls)
            return Producer(self.connection, client=client, background=True)

        return self.connection.owned((Producer, id(client)), make)  # which keeps the client, too

    def value(self, instance: _M) -> bytes:
        """Write an instance, framed as the class says.

        Raises:
            SerializationError: A field does not fit the schema.
            FlowODMError: The schema cannot be had; nothing was written.
        """
        return self._write(instance, self._prefix)

    def key(self, instance: _M | None, given: Any = None) -> bytes | None:
        """Write the key of an instance, or the one that is given; None where there is neither.

        Raises:
            SerializationError: It is no key of the class's serializer.
        """
        name = self._declaration.key_field
        if given is None and name is not None and instance is not None:
            given = getattr(instance, name)
        if given is None:
            return None
        try:
            return self._write_key(given)
        except SerializationError as error:
            raise SerializationError(
                f"`{self._cls.__name__}` cannot be written: {error.reason}",
                path=name or "",
                hint=error.hint,
            ) from None

    def prepare(self, producer: Producer | None = None) -> None:
        """Find the schemas, so that writing asks nobody.

        Args:
            producer: What will send: nothing is registered for a topic that is not there.

        Raises:
            FlowODMError: They cannot be had.
        """
        with self._lock:
            if self.is_ready:
                return
            if producer is not None:
                producer.check_topic(self.topic)
            write_key = self._key_writer()
            self._write = self._value_writer()
            self._write_key = write_key
            self.is_ready = True

    async def aprepare(self, producer: Producer | None) -> None:
        """Do the same in a thread, once for all the tasks of an event loop that wait for it.

        Args:
            producer: What will send; None for the shared one.
        """
        loop = asyncio.get_running_loop()
        waiting = self._waiting.get(loop)
        if waiting is None:
            work = asyncio.to_thread(lambda: self.prepare(producer or self.shared()))
            waiting = self._waiting[loop] = loop.create_task(work)
            waiting.add_done_callback(partial(self._settle, loop))
        await asyncio.shield(waiting)

    def _settle(self, loop: asyncio.AbstractEventLoop, done: "asyncio.Task[None]") -> None:
        self._waiting.pop(loop, None)
        if not done.cancelled():
            done.exception()  # seen, even when nobody waits for it any more

    def _write_first(self, instance: _M, prefix: bytes) -> bytes:
        self.prepare()
        return self._write(instance, self._prefix)

    def _write_first_key(self, value: Any) -> bytes:
        self.prepare()
        return self._write_key(value)

    def _value_writer(self) -> Callable[[_M, bytes], bytes]:
        if self._declaration.value_serializer == "json":
            return _write_json
        from flowodm.avro.bind import bind

        if not self._declaration.is_framed:
            return _avro_writer(bind(self._cls), own_schema(self._cls, self._declaration))
        written = find(self.connection, self._cls, self._declaration)
        self._prefix = frame(written.schema_id)
        return _avro_writer(bind(self._cls), written.schema)

    def _key_writer(self) -> WriteKey:
        if self._declaration.key_serializer != "avro":
            write, _ = PLAIN_KEYS[self._declaration.key_serializer]
            return write
        return _avro_key_writer(self.connection, self._cls, self._declaration)


def _avro_writer(binding: "Binding", schema: "Schema") -> Callable[[Any, bytes], bytes]:
    """The shortest way to the bytes of a schema."""
    from flowodm.avro.fitting import has_layout
    from flowodm.codec.model_encode import compile_checking_encoder, compile_model_encoder

    if has_layout(binding.schema, schema):
        return compile_model_encoder(binding)
    return compile_checking_encoder(binding, schema)


def _write_json(instance: "BaseModel", prefix: bytes) -> bytes:
    from pydantic_core import PydanticSerializationError

    try:
        return instance.__pydantic_serializer__.to_json(instance, by_alias=True)
    except PydanticSerializationError as error:
        raise _not_json(instance, str(error)) from error


def _not_json(instance: "BaseModel", reason: str) -> SerializationError:
    """Name the field that cannot be JSON; bytes can, in a form that the class chooses."""
    from pydantic_core import PydanticSerializationError

    path = ""
    for name in type(instance).model_fields:
        try:
            instance.__pydantic_serializer__.to_json(instance, include={name})
        except PydanticSerializationError:
            path = name
            break
    hint = "bytes that are no UTF-8: `ConfigDict(ser_json_bytes='base64', val_json_bytes='base64')`"
    return SerializationError(
        f"`{type(instance).__name__}` cannot be written: {reason}",
        path=path,
        hint=hint if "utf-8" in reason else None,
    )


def _avro_key_writer(
    connection: "KafkaConnection", cls: "type[BaseModel]", declaration: "Declaration"
) -> WriteKey:
    from pydantic import ValidationError

    from flowodm.avro.bind import bind
    from flowodm.codec.model_encode import compile_model_encoder

    model = key_model(cls, declaration)
    encode = compile_model_encoder(bind(model))
    prefix = frame(find_key(connection, cls, declaration).schema_id)

    def write(value: Any) -> bytes:
        try:
            return encode(model(value), prefix)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            raise SerializationError(f"the key does not fit: {found[0]['msg']}") from None

    return write
