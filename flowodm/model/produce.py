"""The verbs that produce, each in both forms: thin calls on `writing.py` and the producer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self, TypeAlias

from flowodm.avro.words import shown
from flowodm.errors import DeliveryError, FlowODMError, SerializationError, UsageError
from flowodm.model.attached import aready_writing, ready_writing
from flowodm.model.declared import DeclaredModel
from flowodm.model.writing import Writing
from flowodm.producer import Delivery, Outcome, Outgoing, Producer
from flowodm.record import Headers

__all__ = ["GivenHeaders", "ProduceVerbs"]

GivenHeaders: TypeAlias = (
    Mapping[str, str | bytes | None] | Iterable[tuple[str, str | bytes | None]]
)
"""Names with values, in their order; a text is written as UTF-8."""

_HEADERS: Final = 'give texts or bytes by name: `{"trace-id": "4bf9"}`, or a list of pairs'
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class ProduceVerbs(DeclaredModel, abstract=True):
    """What `FlowBaseModel` has for producing."""

    def produce(
        self,
        *,
        key: Any = None,
        headers: GivenHeaders | None = None,
        partition: int | None = None,
        timestamp: datetime | int | None = None,
        timeout: float = 10.0,
    ) -> Delivery:
        """Write the instance to its topic, and wait until the broker has acknowledged it.

        Args:
            key: The record's key, in place of the `key_field`'s value.
            headers: The record's headers.
            partition: Where to in the topic; None lets the key decide.
            timestamp: An aware datetime, or milliseconds since the epoch; None is now.
            timeout: Seconds to wait for the acknowledgement of this record; every wait has an
                end, so None is refused. What is needed once, the topic and the schema, is asked
                for before.

        Raises:
            UsageError: An argument is of a wrong type, or has no meaning.
            DeliveryTimeout: Time is up; unless it says otherwise, the record may still land.
            DeliveryError: The broker refused the record.
            TopicNotFound: There is no such topic; none is created.
            SerializationError: A field does not fit the schema.
            RegistryUnreachable: The schema is not known yet, and no registry answers.
        """
        writing, producer = ready_writing(type(self))
        return producer.deliver(
            writing.topic,
            writing.key(self, key),
            writing.value(self),
            headers=_headers(headers),
            partition=partition,
            timestamp=_milliseconds(timestamp),
            timeout=timeout,
        )

    async def aproduce(
        self,
        *,
        key: Any = None,
        headers: GivenHeaders | None = None,
        partition: int | None = None,
        timestamp: datetime | int | None = None,
        timeout: float = 10.0,
    ) -> Delivery:
        """Do what `produce` does, for asyncio; when it is cancelled, the record may still land."""
        writing, producer = await aready_writing(type(self))
        return await producer.adeliver(
            writing.topic,
            writing.key(self, key),
            writing.value(self),
            headers=_headers(headers),
            partition=partition,
            timestamp=_milliseconds(timestamp),
            timeout=timeout,
        )

    def produce_nowait(
        self,
        callback: Callable[[Outcome], None] | None = None,
        *,
        key: Any = None,
        headers: GivenHeaders | None = None,
        partition: int | None = None,
        timestamp: datetime | int | None = None,
    ) -> None:
        """Hand the instance over for delivery; waits only while the queue is full.

        Args:
            callback: Called once with what became of it, in another thread: a `Delivery`, or the
                error. What it raises is logged, and so is a failure without one.
            key: The record's key, in place of the `key_field`'s value.
            headers: The record's headers.
            partition: Where to in the topic; None lets the key decide.
            timestamp: An aware datetime, or milliseconds since the epoch; None is now.

        Raises:
            UsageError: The callback cannot be called.
            FlowODMError: As in `produce`, for what is wrong before it is sent.
        """
        if callback is not None and not callable(callback):
            raise UsageError(
                f"the callback is a `{type(callback).__name__}`, which cannot be called",
                hint="give a function that takes the outcome: `produce_nowait(print)`",
            )
        writing, producer = ready_writing(type(self))
        producer.send(
            writing.topic,
            writing.key(self, key),
            writing.value(self),
            headers=_headers(headers),
            partition=partition,
            timestamp=_milliseconds(timestamp),
            on_delivery=callback,
        )

    @classmethod
    def produce_many(cls, messages: Iterable[Self], flush: bool = True) -> list[Delivery]:
        """Write many instances, on their way together, and wait for all of them.

        Args:
            messages: Instances of this class; taken as fast as the queue has room.
            flush: False does not wait: it hands them over as `produce_nowait` does.

        Returns:
            Where each of them is, in their order; nothing where it did not wait.

        Raises:
            DeliveryError: Some were not delivered; its `outcomes` say what became of each.
        """
        writing, producer = ready_writing(cls)
        batch = _Batch(cls, writing, messages)
        if not flush:
            return batch.hand_over(producer)
        return batch.deliveries(producer.deliver_many(batch.records()))

    @classmethod
    async def aproduce_many(cls, messages: Iterable[Self], flush: bool = True) -> list[Delivery]:
        """Do what `produce_many` does, for asyncio."""
        writing, producer = await aready_writing(cls)
        batch = _Batch(cls, writing, messages)
        if not flush:
            await producer.asend_many(batch.records())
            return batch.deliveries([])
        return batch.deliveries(await producer.adeliver_many(batch.records()))

    @classmethod
    def produce_tombstone(
        cls,
        key: Any,
        *,
        headers: GivenHeaders | None = None,
        partition: int | None = None,
        timestamp: datetime | int | None = None,
        timeout: float = 10.0,
    ) -> Delivery:
        """Write a record without a value: on a compacted topic it deletes the key's others.

        Args:
            key: The key; not None.
            headers: The record's headers.
            partition: Where to in the topic; None lets the key decide.
            timestamp: An aware datetime, or milliseconds since the epoch; None is now.
            timeout: Seconds to wait for the acknowledgement.

        Raises:
            FlowODMError: As in `produce`.
        """
        writing, producer = ready_writing(cls)
        return producer.deliver(
            writing.topic,
            _required_key(writing, key),
            None,
            headers=_headers(headers),
            partition=partition,
            timestamp=_milliseconds(timestamp),
            timeout=timeout,
        )

    @classmethod
    async def aproduce_tombstone(
        cls,
        key: Any,
        *,
        headers: GivenHeaders | None = None,
        partition: int | None = None,
        timestamp: datetime | int | None = None,
        timeout: float = 10.0,
    ) -> Delivery:
        """Do what `produce_tombstone` does, for asyncio."""
        writing, producer = await aready_writing(cls)
        return await producer.adeliver(
            writing.topic,
            _required_key(writing, key),
            None,
            headers=_headers(headers),
            partition=partition,
            timestamp=_milliseconds(timestamp),
            timeout=timeout,
        )


class _Batch:
    """Instances on their way together; one that cannot be written does not hold up the others."""

    def __init__(
        self, cls: type[DeclaredModel], writing: Writing[Any], messages: Iterable[Any]
    ) -> None:
        self._cls = cls
        self._writing = writing
        self._messages = messages
        self._unwritten: list[tuple[int, SerializationError]] = []
        """The places of those that could not be written, and why."""

    def records(self) -> Iterator[Outgoing]:
        """Write them one by one, as they are asked for."""
        topic, write_key, write = self._writing.topic, self._writing.key, self._writing.value
        for place, message in enumerate(self._messages):
            if type(message) is not self._cls:
                raise UsageError(
                    f"`{self._cls.__name__}.produce_many` takes its own instances;"
                    f" number {place} is a `{type(message).__name__}`"
                )
            try:
                record = Outgoing(topic, write_key(message), write(message))
            except SerializationError as error:
                self._unwritten.append((place, error))
            else:
                yield record

    def hand_over(self, producer: Producer) -> list[Delivery]:
        """Send them without waiting; raises what could not be written."""
        for record in self.records():
            producer.send(*record[:3])
        return self.deliveries([])

    def deliveries(self, outcomes: Iterable[Outcome]) -> list[Delivery]:
        """Return what was delivered, if that is everything."""
        all_outcomes: list[Any] = list(outcomes)
        for place, error in self._unwritten:
            all_outcomes.insert(place, error)
        failed = [outcome for outcome in all_outcomes if isinstance(outcome, FlowODMError)]
        if not failed:
            return all_outcomes
        raise DeliveryError(
            f"{len(failed):,} of {len(all_outcomes):,} `{self._cls.__name__}` were not delivered;"
            f" the first: {failed[0].message}",
            outcomes=all_outcomes,
            hint=failed[0].hint,
        ) from failed[0]


def _required_key(writing: Writing[Any], key: Any) -> bytes:
    data = writing.key(None, key)
    if data is None:
        raise UsageError("a tombstone needs a key: it says what is deleted")
    return data


def _headers(given: GivenHeaders | None) -> Headers:
    if given is None:
        return ()
    try:
        pairs = given.items() if isinstance(given, Mapping) else given
        return tuple(_header(name, value) for name, value in pairs)
    except (TypeError, ValueError):  # no pairs
        raise UsageError(
            f"headers cannot be a `{type(given).__name__}` like this", hint=_HEADERS
        ) from None


def _header(name: object, value: object) -> tuple[str, bytes | None]:
    if isinstance(value, str):
        value = value.encode()
    if isinstance(name, str) and (value is None or isinstance(value, bytes)):
        return name, value
    if not isinstance(name, str):
        raise UsageError(f"the name of a header is a `{type(name).__name__}`", hint=_HEADERS)
    raise UsageError(f"header {shown(name)} is a `{type(value).__name__}`", hint=_HEADERS)


def _milliseconds(timestamp: datetime | int | None) -> int | None:
    if not isinstance(timestamp, datetime):
        return timestamp  # the producer refuses what is no number
    if timestamp.tzinfo is None:
        raise UsageError(
            f"`{timestamp}` is a naive datetime, which names no moment",
            hint="give it a zone: `datetime.now(UTC)`",
        )
    return (timestamp - _EPOCH) // _MILLISECOND
