"""How to read what each schema of a registry wrote: found once per schema, and kept."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from flowodm.codec.framing import Framed
from flowodm.errors import RegistryError, RegistryUnreachable, SchemaError, SchemaNotFound
from flowodm.registry.cache import BoundedCache, BriefCache

if TYPE_CHECKING:
    from flowodm.avro import Schema
    from flowodm.codec.decode import Decode, Decoder
    from flowodm.registry import SchemaRegistry

__all__ = ["Compile", "Plan", "Plans", "UnknownSchema"]

Compile: TypeAlias = "Callable[[Schema], Decoder]"
"""Makes the decoder of what a schema wrote."""

_MOST_PLANS: Final = 1_000
_MOST_SOURCE: Final = 16 * 1024 * 1024
"""Characters of generated source whose decoders are kept."""
_MOST_MISSING: Final = 10_000
_MISSING_SECONDS: Final = 10.0
"""For how long a schema that could not be had is not asked for again."""


class UnknownSchema(str):
    """Why there is no plan, where the registry may yet be told of the schema."""

    __slots__ = ()


class Plan(NamedTuple):
    """How to read what one schema wrote."""

    decode: "Decode | None"
    """None: it is JSON, and the schema is not looked at."""
    schema_id: int | None
    schema: "Schema | None"


class Plans:
    """The plans of one side, by schema.

    Args:
        registry: Where schemas come from; None when there is none.
        compile: What makes the decoders.
    """

    def __init__(self, registry: "SchemaRegistry | None", compile: Compile) -> None:
        self._registry = registry
        self._compile = compile
        self._known: BoundedCache[int | str, Plan] = BoundedCache(
            max_entries=_MOST_PLANS, max_weight=_MOST_SOURCE
        )
        self._missing: BriefCache[int | str, str] = BriefCache(
            seconds=_MISSING_SECONDS, max_entries=_MOST_MISSING, max_weight=_MOST_MISSING
        )

    def find(self, framed: Framed) -> Plan | str:
        """Find the plan for a framing, or why there is none.

        Raises:
            RegistryError: The registry cannot be asked.
        """
        name = framed.guid if framed.schema_id is None else framed.schema_id
        assert name is not None
        now = time.monotonic()
        found = self._known.get(name) or self._missing.get(name, now)
        if found is not None:
            return found
        try:
            return self._make(name)
        except (RegistryError, SchemaError) as error:
            if isinstance(error, RegistryUnreachable) or error.exit_code == 4:
                raise
            reason = error.message
            if isinstance(error, SchemaNotFound):
                reason = UnknownSchema(reason)
            self._missing.put(name, reason, now=now)
            return reason

    def _make(self, name: int | str) -> Plan:
        registry = self._registry
        if registry is None:
            raise SchemaError(f"it names {_named(name)}, and no schema registry is configured")
        if isinstance(name, int):
            kind = registry.schema_by_id(name).schema_type
        else:
            kind = registry.schema_by_guid(name).schema_type
        schema_id = name if isinstance(name, int) else None
        if kind == "JSON":
            plan = Plan(None, schema_id, None)
            self._known.put(name, plan, 1)
            return plan
        if kind != "AVRO":
            raise SchemaError(f"{_named(name)} is {kind}, which cannot be decoded here")
        writer = registry.parsed(name) if isinstance(name, int) else registry.parsed_by_guid(name)
        decoder = self._compile(writer)
        plan = Plan(decoder.decode, schema_id, decoder.schema)
        self._known.put(name, plan, len(decoder.source))
        return plan


def _named(name: int | str) -> str:
    return f"schema id {name}" if isinstance(name, int) else f"schema `{name}`"
