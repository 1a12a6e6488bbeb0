"""Compatibility: a schema against the versions of its subject, in Confluent's words.

The rules are `flowodm.avro.compatibility`'s, which equal Java's.
"""

from collections.abc import Iterable
from typing import Final, get_args

from flowodm.avro.compatibility import CompatibilityLevel, check_history, known_level
from flowodm.avro.types import Json
from flowodm.errors import SchemaError
from flowodm.sandbox.registry.candidate import (
    Candidate,
    parse_stored,
    read_candidate,
    version_number,
)
from flowodm.sandbox.registry.http import Refusal, RegistryRequest, RegistryResponse
from flowodm.sandbox.registry.names import scopes
from flowodm.sandbox.registry.store import Store, StoredVersion

__all__ = ["DEFAULT_LEVEL", "LEVELS", "level_in_force", "refuse_incompatible"]

DEFAULT_LEVEL: Final[CompatibilityLevel] = "BACKWARD"
"""Confluent's."""

LEVELS: Final[tuple[CompatibilityLevel, ...]] = get_args(CompatibilityLevel)

_MOST_REASONS = 1000
"""That an answer tells."""


def level_in_force(store: Store, subject: str | None) -> CompatibilityLevel:
    """Return the level of a subject: its own, its context's, the registry's, or the default."""
    found = (store.setting("compatibility", scope) for scope in scopes(subject))
    return known_level(next(filter(None, found), DEFAULT_LEVEL))


def refuse_incompatible(store: Store, subject: str, candidate: Candidate) -> None:
    """Refuse a schema that the level of its subject does not allow.

    Raises:
        Refusal: 40901, with every reason; 42201 when the schemas are too large to compare.
    """
    reasons = _reasons(store, subject, candidate, _versions(store, subject))
    if reasons:
        raise Refusal(
            40901,
            "Schema being registered is incompatible with an earlier schema for subject "
            f'"{subject}", details: [{", ".join(reasons)}]',
        )


def check_compatibility(
    request: RegistryRequest, store: Store, subject: str, number: str | None = None
) -> RegistryResponse:
    """POST /compatibility/subjects/{subject}/versions and …/{version}."""
    if number is None:
        versions = _versions(store, subject)
    else:
        wanted = version_number(number)
        found = store.version(subject, wanted)
        if found is None and wanted is not None:
            raise Refusal(40402, f"Version {wanted} not found.")
        versions = () if found is None else (found,)
    reasons = _reasons(store, subject, read_candidate(request, store), versions)
    answer: dict[str, Json] = {"is_compatible": not reasons}
    if request.flag("verbose"):
        answer["messages"] = [*reasons]
    return RegistryResponse(200, answer)


def _versions(store: Store, subject: str) -> Iterable[StoredVersion]:
    """The versions that the level of a subject asks about, newest first."""
    if level_in_force(store, subject).endswith("_TRANSITIVE"):
        return store.live_versions(subject)
    latest = store.version(subject, None)
    return () if latest is None else (latest,)


def _reasons(
    store: Store, subject: str, candidate: Candidate, versions: Iterable[StoredVersion]
) -> list[str]:
    """Why a schema may not follow one of the versions: the first that fails; `[]`: it may."""
    level = level_in_force(store, subject)
    for old in versions if level != "NONE" else ():
        texts = _texts(level, candidate, old, store)
        if texts:
            more = len(texts) - _MOST_REASONS
            return [
                *texts[:_MOST_REASONS],
                *([f"{{moreReasons: {more}}}"] if more > 0 else []),
                f"{{oldSchemaVersion: {old.version}}}",
                f"{{oldSchema: '{old.schema.text}'}}",
                f"{{validateFields: 'false', compatibility: '{level}'}}",
            ]
    return []


def _texts(
    level: CompatibilityLevel, candidate: Candidate, old: StoredVersion, store: Store
) -> tuple[str, ...]:
    try:
        schema = parse_stored(store, old.schema)
        return check_history(level, candidate.schema, [schema], exact=True).registry_texts()
    except SchemaError as error:
        raise Refusal(
            42201, f"Invalid schema: against version {old.version}, {error.message}"
        ) from error
