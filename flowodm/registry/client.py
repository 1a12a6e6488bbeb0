"""The blocking registry client: a face on the rules (`rules.py`) and the blocking driver.

`aio.py` is the same for asyncio. No rule lives here.
"""

from collections.abc import Hashable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from flowodm.errors import FlowODMError
from flowodm.registry.core import Core, Guard, no_guard
from flowodm.registry.exchange import Limits
from flowodm.registry.flights import Flights
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
    from flowodm.registry.local import LocalTransport
    from flowodm.registry.settings import Access
    from flowodm.registry.transport import Transport

__all__ = ["SchemaRegistry"]

_T = TypeVar("_T")


class SchemaRegistry:
    """A client of one schema registry; threads may share it.

    It speaks to Confluent Schema Registry, Karapace, Apicurio (ccompat v7) and Redpanda. Nothing
    is sent until the first question.

    Args:
        config: Where the registry is and how to speak with it.
        guard: Called with the operation and the subject before anything is changed; what it
            raises keeps the change from being sent.
        limits: How long and how often it is asked, where not as by default.

    Every method raises `RegistryUnreachable` when no registry answers, and `RegistryError` or a
    class below it when one answers with an error.
    """

    def __init__(
        self,
        config: "RegistryConfig",
        *,
        guard: Guard = no_guard,
        limits: Limits | None = None,
    ) -> None:
        self._core = Core(config, guard, limits)
        self._kept = self._core.parsing.kept
        self._flights = Flights()
        self._transport: Transport | LocalTransport | None = None

    def __repr__(self) -> str:
        return f"<SchemaRegistry {self.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The registry's address, without credentials; the one that answered last of several."""
        return self._core.url

    def close(self) -> None:
        """Close the connections. A later question opens new ones."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def forget(self) -> None:
        """Empty every cache."""
        self._core.forget()

    # Schemas

    def parsed(self, schema_id: int) -> "avro.Schema":
        """Return the Avro schema of an id, parsed with its references; kept for ever.

        Args:
            schema_id: The id that a message carries.

        Raises:
            SchemaNotFound: The registry has no such id.
            SchemaError: It is no Avro schema, or its references are not sound.
        """
        # Asked once per message: a hit is one lookup.
        schema = self._kept.get(schema_id)
        if schema is not None:
            return schema
        return self._shared(("parsed", schema_id), self._core.parsing.by_id(schema_id))

    def parsed_by_guid(self, guid: str) -> "avro.Schema":
        """Return the Avro schema of a GUID, as `parsed` does."""
        schema = self._kept.get(guid)
        if schema is not None:
            return schema
        return self._shared(("parsed", guid), self._core.parsing.by_guid(guid))

    def parse(self, document: SchemaDocument) -> "avro.Schema":
        """Return any schema of this registry, parsed with its references."""
        return self._run(self._core.parsing.document(document))

    def schema_by_id(self, schema_id: int, subject: str | None = None) -> RegisteredSchema:
        """Fetch a schema by the id that messages carry.

        Args:
            schema_id: The id.
            subject: A subject in whose context the id is meant, when it is not the default one.
        """
        rule = self._core.rules.schema_by_id(schema_id, subject)
        return self._shared(("id", schema_id, subject), rule)

    def schema_by_guid(self, guid: str) -> SchemaDocument:
        """Fetch a schema by its GUID."""
        return self._shared(("guid", guid), self._core.rules.schema_by_guid(guid))

    def subject_versions(self, schema_id: int) -> tuple[tuple[str, int], ...]:
        """List the subjects and versions under which a schema is registered."""
        return self._run(self._core.rules.subject_versions(schema_id))

    # Subjects

    def subjects(self, prefix: str | None = None, *, deleted: bool = False) -> tuple[str, ...]:
        """List the subjects, in one request.

        Args:
            prefix: How they begin; `:.context:` for another context, `:*:` for all.
            deleted: Whether to list soft-deleted ones too.
        """
        return self._run(self._core.rules.subjects(prefix, deleted=deleted))

    def latest_versions(self, prefix: str | None = None) -> tuple[SubjectVersion, ...]:
        """Fetch the latest version of every subject, in one request.

        Not every registry has an endpoint for it (`RegistryUnreachable` with `status` 404).

        Args:
            prefix: How the subjects begin, as for `subjects`.
        """
        return self._run(self._core.rules.latest_versions(prefix))

    def versions(self, subject: str, *, deleted: bool = False) -> tuple[int, ...]:
        """List the versions of a subject, oldest first."""
        return self._run(self._core.rules.versions(subject, deleted=deleted))

    def version(
        self, subject: str, version: Version = "latest", *, deleted: bool = False
    ) -> SubjectVersion:
        """Fetch one version of a subject; it is taken as known for some seconds."""
        rule = self._core.rules.version(subject, version, deleted=deleted)
        return self._shared(("version", subject, version, deleted), rule)

    def lookup(
        self,
        subject: str,
        schema: SchemaInput,
        references: Iterable[Reference] = (),
        *,
        normalize: bool = False,
        deleted: bool = False,
    ) -> SubjectVersion:
        """Find the version of a subject that holds a schema.

        Args:
            subject: Where to look.
            schema: The schema.
            references: What it references, unless `schema` is a document with its own.
            normalize: Whether the registry should normalize it first.
            deleted: Whether a soft-deleted version counts.
        """
        return self._run(
            self._core.rules.lookup(
                subject, schema, references, normalize=normalize, deleted=deleted
            )
        )

    def register(
        self,
        subject: str,
        schema: SchemaInput,
        references: Iterable[Reference] = (),
        *,
        normalize: bool = False,
        schema_id: int | None = None,
        version: int | None = None,
    ) -> RegisteredSchema:
        """Register a schema under a subject; one that is already there keeps its id.

        Args:
            subject: The subject.
            schema: The schema.
            references: What it references, unless `schema` is a document with its own.
            normalize: Whether the registry should normalize it first.
            schema_id: The id it must get, which a registry takes in IMPORT mode only.
            version: The version it must get, likewise.

        Raises:
            SchemaCompatibilityError: It breaks the subject's compatibility level.
        """
        self._core.guard("register", subject)
        rule = self._core.rules.register(
            subject,
            schema,
            references,
            normalize=normalize,
            schema_id=schema_id,
            version=version,
        )
        return self._run(rule)

    def compatibility(
        self,
        subject: str,
        schema: SchemaInput,
        references: Iterable[Reference] = (),
        *,
        version: Version | None = "latest",
        normalize: bool = False,
    ) -> CompatibilityVerdict:
        """Ask the registry whether a schema may follow a version of a subject, and why not.

        Args:
            subject: The subject.
            schema: The schema.
            references: What it references.
            version: Against which; None for all that the subject's level asks for.
            normalize: Whether the registry should normalize it first.
        """
        return self._run(
            self._core.rules.compatibility(
                subject, schema, references, version=version, normalize=normalize
            )
        )

    def referenced_by(self, subject: str, version: int) -> tuple[int, ...]:
        """List the ids of the schemas that reference a version of a subject."""
        return self._run(self._core.administration.referenced_by(subject, version))

    def delete_subject(self, subject: str, *, permanent: bool = False) -> tuple[int, ...]:
        """Delete every version of a subject and return their numbers.

        Args:
            subject: The subject.
            permanent: Whether to remove what was soft-deleted before.
        """
        self._core.guard("delete", subject)
        return self._run(self._core.administration.delete_subject(subject, permanent=permanent))

    def delete_version(self, subject: str, version: int, *, permanent: bool = False) -> int:
        """Delete one version of a subject and return its number."""
        self._core.guard("delete", subject)
        return self._run(
            self._core.administration.delete_version(subject, version, permanent=permanent)
        )

    # Settings

    def compatibility_level(self, subject: str | None = None) -> str | None:
        """Read the registry's compatibility level, or a subject's own (None: it has none)."""
        return self._run(self._core.administration.compatibility_level(subject))

    def set_compatibility_level(self, level: str, subject: str | None = None) -> str:
        """Set the compatibility level of a subject, or of the registry, and return it."""
        self._core.guard("set the compatibility level of", subject)
        return self._run(self._core.administration.set_compatibility_level(level, subject))

    def delete_compatibility_level(self, subject: str | None = None) -> None:
        """Have a subject, or the registry, go back to the level above it."""
        self._core.guard("delete the compatibility level of", subject)
        self._run(self._core.administration.delete_compatibility_level(subject))

    def mode(self, subject: str | None = None) -> str | None:
        """Read the registry's mode, or a subject's own (None: it has none)."""
        return self._run(self._core.administration.mode(subject))

    def set_mode(self, mode: str, subject: str | None = None, *, force: bool = False) -> str:
        """Set the mode of a subject, or of the registry, and return it."""
        self._core.guard("set the mode of", subject)
        return self._run(self._core.administration.set_mode(mode, subject, force=force))

    def delete_mode(self, subject: str) -> None:
        """Have a subject go back to the registry's mode."""
        self._core.guard("delete the mode of", subject)
        self._run(self._core.administration.delete_mode(subject))

    def contexts(self) -> tuple[str, ...]:
        """List the registry's contexts."""
        return self._run(self._core.administration.contexts())

    def schema_types(self) -> tuple[str, ...]:
        """List the schema languages that the registry takes."""
        return self._run(self._core.administration.schema_types())

    # The driver

    def _shared(self, key: Hashable, rule: Steps[_T]) -> _T:
        return self._flights.join(key, lambda: self._run(rule))

    def _run(self, rule: Steps[_T]) -> _T:
        """Do what a rule asks for until it has its result."""
        transport = self._transport or self._open()
        try:
            step = next(rule)
            while True:
                if isinstance(step, Request):
                    step = rule.send(transport.send(step))
                elif isinstance(step, Pause):
                    transport.pause(step.seconds)
                    step = next(rule)
                else:
                    result, error = self._work(step)
                    step = rule.send(result) if error is None else rule.throw(error)
        except StopIteration as end:
            value: _T = end.value
            return value

    def _work(self, work: Work) -> tuple[Any, FlowODMError | None]:
        try:
            return work.run(), None
        except FlowODMError as error:
            return None, error

    def _open(self) -> "Transport | LocalTransport":
        with self._core.lock:
            if self._transport is None:
                self._transport = _transport(self._core.access)
            return self._transport


def _transport(access: "Access") -> "Transport | LocalTransport":
    from flowodm.registry.local import LocalTransport, answer_of

    if (answer := answer_of(access)) is not None:
        return LocalTransport(answer)
    from flowodm.registry.transport import Transport

    return Transport(access)
