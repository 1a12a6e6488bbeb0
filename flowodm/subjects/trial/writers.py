"""What one writer's schema wrote, in every reading that is compared."""

from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from flowodm.avro.bare import without_logical_types
from flowodm.avro.matching import is_named_alike
from flowodm.avro.types import Enum, Fixed, Record
from flowodm.codec.decode import compile_decoder
from flowodm.codec.failure import DecodeFailure
from flowodm.errors import RegistryError, RegistryUnreachable, SchemaError
from flowodm.subjects.trial.meaning import TOLD, Told

if TYPE_CHECKING:
    from flowodm.avro import Schema
    from flowodm.codec.decode import Decode
    from flowodm.codec.framing import Framed
    from flowodm.registry import SchemaRegistry

__all__ = ["NOT_AVRO", "Reading", "Writer", "Writers"]

NOT_AVRO: Final = "not Avro"

Reading: TypeAlias = Told | DecodeFailure


class Writer:
    """One writer's schema, with its readings.

    Args:
        schema: The writer's.
        candidate: The schema that is tried.
        latest: The subject's latest version; None where there is none.
    """

    def __init__(self, schema: "Schema", candidate: "Schema", latest: "Schema | None") -> None:
        self.schema = schema
        self._candidate = candidate
        self._latest = latest

    @cached_property
    def written(self) -> "Decode":
        """As it was meant."""
        return compile_decoder(self.schema, style=TOLD).decode

    @cached_property
    def candidate(self) -> "Decode":
        """As consumers in general read it with the candidate."""
        return compile_decoder(self._bare, self._candidate, style=TOLD).decode

    @cached_property
    def exact(self) -> "Decode":
        """As FlowODM reads it with the candidate: converted exactly, or refused."""
        return compile_decoder(self.schema, self._candidate, style=TOLD).decode

    @cached_property
    def latest(self) -> "Decode | None":
        """As consumers in general read it with the latest version."""
        if self._latest is None:
            return None
        return compile_decoder(self._bare, self._latest, style=TOLD).decode

    @cached_property
    def _bare(self) -> "Schema":
        return without_logical_types(self.schema)

    def is_named_as_candidate(self) -> bool:
        """Whether the two are one type by name, or have none."""
        here = self.schema.deref(self.schema.root)
        there = self._candidate.deref(self._candidate.root)
        if not isinstance(here, Record | Enum | Fixed):
            return True
        return isinstance(there, Record | Enum | Fixed) and is_named_alike(here, there)


class Writers:
    """The writers of a topic, each asked for once.

    Args:
        registry: Where their schemas are.
        candidate: The schema that is tried.
        latest: The subject's latest version; None where there is none.
    """

    def __init__(
        self, registry: "SchemaRegistry", candidate: "Schema", latest: "Schema | None"
    ) -> None:
        self._registry = registry
        self._candidate = candidate
        self._latest = latest
        self._known: dict[int | str, Writer | str] = {}

    def find(self, framed: "Framed") -> Writer | str:
        """Find the writer that a record names; a text says why there is none.

        Raises:
            RegistryUnreachable: No registry answers.
            RegistryError: It refuses the credentials.
        """
        name = framed.guid if framed.schema_id is None else framed.schema_id
        assert name is not None
        if name not in self._known:
            self._known[name] = self._ask(name)
        return self._known[name]

    def _ask(self, name: int | str) -> Writer | str:
        registry = self._registry
        try:
            if isinstance(name, int):
                kind = registry.schema_by_id(name).schema_type
            else:
                kind = registry.schema_by_guid(name).schema_type
            if kind != "AVRO":
                return NOT_AVRO
            schema = (
                registry.parsed(name) if isinstance(name, int) else registry.parsed_by_guid(name)
            )
        except (RegistryError, SchemaError) as error:
            if isinstance(error, RegistryUnreachable) or error.exit_code == 4:
                raise
            return error.message
        return Writer(schema, self._candidate, self._latest)


def read(decode: "Decode", data: bytes, start: int) -> Reading:
    """Read a value, or return why it cannot be."""
    try:
        found = decode(data, start)
    except DecodeFailure as failure:
        return failure
    assert isinstance(found, Told)
    return found
