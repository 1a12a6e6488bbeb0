"""The verbs that consume, each in both forms: thin calls on a class's `Subscription`.

What acknowledges a record, and when it comes again, is said in `flowodm.subscription`.
"""

from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, overload

from flowodm.model.attached import async_subscription_of, subscription_of
from flowodm.model.declared import DeclaredModel
from flowodm.model.tombstone import MaybeTombstone
from flowodm.record import Undecodable

if TYPE_CHECKING:
    from flowodm.settings import BaseSettings
    from flowodm.subscription import AsyncRecordIterator, Batch, OnError, RecordIterator

__all__ = ["ConsumeVerbs"]

_Raise: TypeAlias = Literal["raise"]
_Yield: TypeAlias = Literal["yield"]
_Profile: TypeAlias = "BaseSettings | type[BaseSettings] | None"


class ConsumeVerbs(DeclaredModel, abstract=True):
    """What `FlowBaseModel` has for consuming.

    Every verb of one class and group reads as one member of the group, which joins at the first
    call and stays until the connection is closed. A call with another profile replaces it.
    """

    @overload
    @classmethod
    def consume_one(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        on_error: _Raise = "raise",
    ) -> Self | MaybeTombstone | None: ...

    @overload
    @classmethod
    def consume_one(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        on_error: _Yield,
    ) -> Self | Undecodable | MaybeTombstone | None: ...

    @classmethod
    def consume_one(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        on_error: "OnError" = "raise",
    ) -> Any:
        """Take the next record. The one that this thread took before is done by that.

        Args:
            timeout: Seconds to wait for one, from when the group has given us partitions.
            group_id: The group, in place of the `consumer_group` of `Settings`.
            settings: A profile, in place of theirs.
            on_error: "raise" what cannot be decoded, and stay on it; "yield" gives it as an
                `Undecodable`, and goes on.

        Returns:
            An instance, or a `Tombstone`; None when nothing came in time.

        Raises:
            DeserializationError: The record cannot be decoded; the next call says so again.
            RegistryUnreachable: Its schema cannot be had; the next call tries again.
            TopicNotFound: There is no such topic; none is created.
            BrokerError: The cluster does not answer, or refuses.
        """
        return subscription_of(cls, group_id, settings).consume_one(timeout, on_error=on_error)

    @overload
    @classmethod
    async def aconsume_one(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        on_error: _Raise = "raise",
    ) -> Self | MaybeTombstone | None: ...

    @overload
    @classmethod
    async def aconsume_one(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        on_error: _Yield,
    ) -> Self | Undecodable | MaybeTombstone | None: ...

    @classmethod
    async def aconsume_one(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        on_error: "OnError" = "raise",
    ) -> Any:
        """Do what `consume_one` does, for asyncio: what this task took before is done."""
        subscription = async_subscription_of(cls, group_id, settings)
        return await subscription.aconsume_one(timeout, on_error=on_error)

    @overload
    @classmethod
    def consume_iter(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        max_messages: int | None = None,
        stop_when_idle: bool = False,
        on_error: _Raise = "raise",
    ) -> "RecordIterator[Self | MaybeTombstone]": ...

    @overload
    @classmethod
    def consume_iter(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        max_messages: int | None = None,
        stop_when_idle: bool = False,
        on_error: _Yield,
    ) -> "RecordIterator[Self | Undecodable | MaybeTombstone]": ...

    @classmethod
    def consume_iter(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        max_messages: int | None = None,
        stop_when_idle: bool = False,
        on_error: "OnError" = "raise",
    ) -> Any:
        """Iterate over the records; each is done when the next is asked for.

            with UserEvent.consume_iter() as events:
                for event in events:
                    ...

        Under `with`, leaving by `break` or at the end says that the current record is done, an
        exception that it is not: it comes again. Without `with`, the record at which the iterator
        is dropped comes again: a repeat, never a loss.

        Args:
            timeout: Seconds that one look for a record waits at most.
            group_id: The group, in place of the `consumer_group` of `Settings`.
            settings: A profile, in place of theirs.
            max_messages: After how many records it ends; None: never.
            stop_when_idle: Whether it ends when nothing came for `timeout`.
            on_error: "raise" what cannot be decoded, and stay on it; "yield" gives it as an
                `Undecodable`, and goes on.
        """
        return subscription_of(cls, group_id, settings).consume_iter(
            timeout, max_messages=max_messages, stop_when_idle=stop_when_idle, on_error=on_error
        )

    @overload
    @classmethod
    def aconsume_iter(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        max_messages: int | None = None,
        stop_when_idle: bool = False,
        on_error: _Raise = "raise",
    ) -> "AsyncRecordIterator[Self | MaybeTombstone]": ...

    @overload
    @classmethod
    def aconsume_iter(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        max_messages: int | None = None,
        stop_when_idle: bool = False,
        on_error: _Yield,
    ) -> "AsyncRecordIterator[Self | Undecodable | MaybeTombstone]": ...

    @classmethod
    def aconsume_iter(
        cls,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        max_messages: int | None = None,
        stop_when_idle: bool = False,
        on_error: "OnError" = "raise",
    ) -> Any:
        """Do what `consume_iter` does, for `async for` and `async with`."""
        return async_subscription_of(cls, group_id, settings).aconsume_iter(
            timeout, max_messages=max_messages, stop_when_idle=stop_when_idle, on_error=on_error
        )

    @overload
    @classmethod
    def consume_batch(
        cls,
        max_messages: int,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        on_error: _Raise = "raise",
    ) -> "Batch[Self | MaybeTombstone]": ...

    @overload
    @classmethod
    def consume_batch(
        cls,
        max_messages: int,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        on_error: _Yield,
    ) -> "Batch[Self | Undecodable | MaybeTombstone]": ...

    @classmethod
    def consume_batch(
        cls,
        max_messages: int,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        on_error: "OnError" = "raise",
    ) -> Any:
        """Take up to so many records. They are done by `ack()`, or by the next call.

        Args:
            max_messages: How many at most.
            timeout: Seconds to wait for all of them.
            group_id: The group, in place of the `consumer_group` of `Settings`.
            settings: A profile, in place of theirs.
            on_error: "raise" what cannot be decoded when it is the first, and end before it when
                it is not; "yield" gives it as an `Undecodable`.

        Returns:
            A list of what came in time, perhaps of nothing.

        Raises:
            FlowODMError: As in `consume_one`.
        """
        subscription = subscription_of(cls, group_id, settings)
        return subscription.consume_batch(max_messages, timeout, on_error=on_error)

    @overload
    @classmethod
    async def aconsume_batch(
        cls,
        max_messages: int,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        on_error: _Raise = "raise",
    ) -> "Batch[Self | MaybeTombstone]": ...

    @overload
    @classmethod
    async def aconsume_batch(
        cls,
        max_messages: int,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        *,
        on_error: _Yield,
    ) -> "Batch[Self | Undecodable | MaybeTombstone]": ...

    @classmethod
    async def aconsume_batch(
        cls,
        max_messages: int,
        timeout: float = 1.0,
        group_id: str | None = None,
        settings: _Profile = None,
        on_error: "OnError" = "raise",
    ) -> Any:
        """Do what `consume_batch` does, for asyncio."""
        subscription = async_subscription_of(cls, group_id, settings)
        return await subscription.aconsume_batch(max_messages, timeout, on_error=on_error)

    @classmethod
    def commit(
        cls, group_id: str | None = None, settings: _Profile = None, timeout: float = 10.0
    ) -> None:
        """Say that what this thread took is done, and return when the broker has it.

        Args:
            group_id: The group, in place of the `consumer_group` of `Settings`.
            settings: A profile, in place of theirs.
            timeout: Seconds to wait for the broker.

        Raises:
            BrokerError: The broker does not have it: it did not answer, or the partitions are
                another member's by now.
        """
        subscription_of(cls, group_id, settings).commit(timeout)

    @classmethod
    async def acommit(
        cls, group_id: str | None = None, settings: _Profile = None, timeout: float = 10.0
    ) -> None:
        """Do what `commit` does, for asyncio."""
        await async_subscription_of(cls, group_id, settings).acommit(timeout)
