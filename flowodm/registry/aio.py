"""The asyncio registry client: a face on the rules (`rules.py`) and the asyncio driver.

`client.py` is the same for threads, and tells what each method does. No rule lives here.
"""

import asyncio
from collections.abc import Hashable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from flowodm.errors import FlowODMError, RegistryUnreachable
from flowodm.registry.core import Core, Guard, no_guard
from flowodm.registry.flights import again
from flowodm.registry.model import (
    CompatibilityVerdict,
    Reference,
    RegisteredSchema,
    SchemaDocument,
    SubjectVersion,
)
from flowodm.registry.rules import SchemaInput, Version
from flowodm.registry.wire import Pause, Request, Steps, Work

if TYPE_CHECKING:
    from flowodm import avro
    from flowodm.config import RegistryConfig
    from flowodm.registry.local import AsyncLocalTransport
    from flowodm.registry.settings import Access
    from flowodm.registry.transport_async import AsyncTransport

__all__ = ["AsyncSchemaRegistry"]

_T = TypeVar("_T")
_LONG = 0.005
"""Seconds from which on a computation is done in a thread."""


class AsyncSchemaRegistry:
    """A client of one schema registry; the tasks of one event loop may share it.

    Every method is that of `SchemaRegistry`, awaited.

    Args:
        config: Where the registry is and how to speak with it.
        guard: Called with the operation and the subject before anything is changed; what it
            raises keeps the change from being sent.
    """

    def __init__(self, config: "RegistryConfig", *, guard: Guard = no_guard) -> None:
        self._core = Core(config, guard)
        self._kept = self._core.parsing.kept
        self._flights: dict[Hashable, asyncio.Task[Any]] = {}
        self._transport: AsyncTransport | AsyncLocalTransport | None = None

    def __repr__(self) -> str:
        return f"<AsyncSchemaRegistry {self.url}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """The registry's address, without credentials; the one that answered last of several."""
        return self._core.url

    async def close(self) -> None:
        """End what is under way and close the connections. A later question opens new ones."""
        flights = tuple(self._flights.values())
        for task in flights:
            task.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.close()

    def forget(self) -> None:
        """Empty every cache."""
        self._core.forget()

    # Schemas

    async def parsed(self, schema_id: int) -> "avro.Schema":
        """Return the Avro schema of an id, parsed with its references; kept for ever."""
        # Asked once per message: a hit is one lookup.
        schema = self._kept.get(schema_id)
        if schema is not None:
            return schema
        return await self._shared(("parsed", schema_id), self._core.parsing.by_id(schema_id))

    async def parsed_by_guid(self, guid: str) -> "avro.Schema":
        """Return the Avro schema of a GUID, as `parsed` does."""
        schema = self._kept.get(guid)
        if schema is not None:
            return schema
        return await self._shared(("parsed", guid), self._core.parsing.by_guid(guid))

    async def parse(self, document: SchemaDocument) -> "avro.Schema":
        """Return any schema of this registry, parsed with its references."""
        return await self._run(self._core.parsing.document(document))

    async def schema_by_id(self, schema_id: int, subject: str | None = None) -> RegisteredSchema:
        """Fetch a schema by the id that messages carry."""
        rule = self._core.rules.schema_by_id(schema_id, subject)
        return await self._shared(("id", schema_id, subject), rule)

    async def schema_by_guid(self, guid: str) -> SchemaDocument:
        """Fetch a schema by its GUID."""
        return await self._shared(("guid", guid), self._core.rules.schema_by_guid(guid))

    async def subject_versions(self, schema_id: int) -> tuple[tuple[str, int], ...]:
        """List the subjects and versions under which a schema is registered."""
        return await self._run(self._core.rules.subject_versions(schema_id))

    # Subjects

    async def subjects(
        self, prefix: str | None = None, *, deleted: bool = False
    ) -> tuple[str, ...]:
        """List the subjects, in one request."""
        return await self._run(self._core.rules.subjects(prefix, deleted=deleted))

    async def latest_versions(self, prefix: str | None = None) -> tuple[SubjectVersion, ...]:
        """Fetch the latest version of every subject, in one request."""
        return await self._run(self._core.rules.latest_versions(prefix))

    async def versions(self, subject: str, *, deleted: bool = False) -> tuple[int, ...]:
        """List the versions of a subject, oldest first."""
        return await self._run(self._core.rules.versions(subject, deleted=deleted))

    async def version(
        self, subject: str, version: Version = "latest", *, deleted: bool = False
    ) -> SubjectVersion:
        """Fetch one version of a subject; it is taken as known for some seconds."""
        rule = self._core.rules.version(subject, version, deleted=deleted)
        return await self._shared(("version", subject, version, deleted), rule)

    async def lookup(
        self,
        subject: str,
        schema: SchemaInput,
        references: Iterable[Reference] = (),
        *,
        normalize: bool = False,
        deleted: bool = False,
    ) -> SubjectVersion:
        """Find the version of a subject that holds a schema."""
        return await self._run(
            self._core.rules.lookup(
                subject, schema, references, normalize=normalize, deleted=deleted
            )
        )

    async def register(
        self,
        subject: str,
        schema: SchemaInput,
        references: Iterable[Reference] = (),
        *,
        normalize: bool = False,
        schema_id: int | None = None,
        version: int | None = None,
    ) -> RegisteredSchema:
        """Register a schema under a subject; one that is already there keeps its id."""
        self._core.guard("register", subject)
        rule = self._core.rules.register(
            subject,
            schema,
            references,
            normalize=normalize,
            schema_id=schema_id,
            version=version,
        )
        return await self._run(rule)

    async def compatibility(
        self,
        subject: str,
        schema: SchemaInput,
        references: Iterable[Reference] = (),
        *,
        version: Version | None = "latest",
        normalize: bool = False,
    ) -> CompatibilityVerdict:
        """Ask the registry whether a schema may follow a version of a subject, and why not."""
        return await self._run(
            self._core.rules.compatibility(
                subject, schema, references, version=version, normalize=normalize
            )
        )

    async def referenced_by(self, subject: str, version: int) -> tuple[int, ...]:
        """List the ids of the schemas that reference a version of a subject."""
        return await self._run(self._core.administration.referenced_by(subject, version))

    async def delete_subject(self, subject: str, *, permanent: bool = False) -> tuple[int, ...]:
        """Delete every version of a subject and return their numbers."""
        self._core.guard("delete", subject)
        return await self._run(
            self._core.administration.delete_subject(subject, permanent=permanent)
        )

    async def delete_version(self, subject: str, version: int, *, permanent: bool = False) -> int:
        """Delete one version of a subject and return its number."""
        self._core.guard("delete", subject)
        return await self._run(
            self._core.administration.delete_version(subject, version, permanent=permanent)
        )

    # Settings

    async def compatibility_level(self, subject: str | None = None) -> str | None:
        """Read the registry's compatibility level, or a subject's own (None: it has none)."""
        return await self._run(self._core.administration.compatibility_level(subject))

    async def set_compatibility_level(self, level: str, subject: str | None = None) -> str:
        """Set the compatibility level of a subject, or of the registry, and return it."""
        self._core.guard("set the compatibility level of", subject)
        return await self._run(self._core.administration.set_compatibility_level(level, subject))

    async def delete_compatibility_level(self, subject: str | None = None) -> None:
        """Have a subject, or the registry, go back to the level above it."""
        self._core.guard("delete the compatibility level of", subject)
        await self._run(self._core.administration.delete_compatibility_level(subject))

    async def mode(self, subject: str | None = None) -> str | None:
        """Read the registry's mode, or a subject's own (None: it has none)."""
        return await self._run(self._core.administration.mode(subject))

    async def set_mode(self, mode: str, subject: str | None = None, *, force: bool = False) -> str:
        """Set the mode of a subject, or of the registry, and return it."""
        self._core.guard("set the mode of", subject)
        return await self._run(self._core.administration.set_mode(mode, subject, force=force))

    async def delete_mode(self, subject: str) -> None:
        """Have a subject go back to the registry's mode."""
        self._core.guard("delete the mode of", subject)
        await self._run(self._core.administration.delete_mode(subject))

    async def contexts(self) -> tuple[str, ...]:
        """List the registry's contexts."""
        return await self._run(self._core.administration.contexts())

    async def schema_types(self) -> tuple[str, ...]:
        """List the schema languages that the registry takes."""
        return await self._run(self._core.administration.schema_types())

    # The driver

    async def _shared(self, key: Hashable, rule: Steps[_T]) -> _T:
        """Fetch, or wait for the task that is fetching the same.

        A task of its own, so that one caller's cancellation is not the others'.
        """
        task = self._flights.get(key)
        if task is None:
            task = self._flights[key] = asyncio.ensure_future(self._run(rule))
            task.add_done_callback(lambda done: self._land(key, done))
        try:
            result: _T = await asyncio.shield(task)
        except FlowODMError as error:
            raise again(error) from error.__cause__
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if task.cancelled() and caller is not None and not caller.cancelling():
                raise RegistryUnreachable(f"the client of `{self.url}` was closed") from None
            raise
        return result

    def _land(self, key: Hashable, task: "asyncio.Task[Any]") -> None:
        if self._flights.get(key) is task:
            del self._flights[key]
        if not task.cancelled():
            task.exception()  # looked at, even when no one waits any more

    async def _run(self, rule: Steps[_T]) -> _T:
        """Do what a rule asks for until it has its result."""
        transport = self._transport or self._open()
        try:
            step = next(rule)
            while True:
                if isinstance(step, Request):
                    step = rule.send(await transport.send(step))
                elif isinstance(step, Pause):
                    await transport.pause(step.seconds)
                    step = next(rule)
                else:
                    result, error = await self._work(step)
                    step = rule.send(result) if error is None else rule.throw(error)
        except StopIteration as end:
            value: _T = end.value
            return value

    async def _work(self, work: Work) -> tuple[Any, FlowODMError | None]:
        try:
            if work.seconds > _LONG:
                return await asyncio.to_thread(work.run), None
            return work.run(), None
        except FlowODMError as error:
            return None, error

    def _open(self) -> "AsyncTransport | AsyncLocalTransport":
        if self._transport is None:
            self._transport = _transport(self._core.access)
        return self._transport


def _transport(access: "Access") -> "AsyncTransport | AsyncLocalTransport":
    from flowodm.registry.local import AsyncLocalTransport, answer_of

    if (answer := answer_of(access)) is not None:
        return AsyncLocalTransport(answer)
    from flowodm.registry.transport_async import AsyncTransport

    return AsyncTransport(access)
