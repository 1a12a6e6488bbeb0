"""Looking a schema up in its subject, and registering it.

The order is Confluent's: mode, parse, already there?, compatibility, store.
"""

from flowodm.sandbox.registry.candidate import MAX_NUMBER, Candidate, read_candidate
from flowodm.sandbox.registry.http import Refusal, RegistryRequest, RegistryResponse
from flowodm.sandbox.registry.judging import refuse_incompatible
from flowodm.sandbox.registry.names import check_subject
from flowodm.sandbox.registry.settings import mode_in_force
from flowodm.sandbox.registry.store import Deleted, Store, StoredSchema, StoredVersion
from flowodm.sandbox.registry.subjects import no_subject, version_document

__all__: list[str] = []  # `endpoints.py` takes the functions by module


def look_up(request: RegistryRequest, store: Store, subject: str) -> RegistryResponse:
    """POST /subjects/{subject}."""
    candidate = read_candidate(request, store)
    deleted: Deleted = "included" if request.flag("deleted") else "hidden"
    found = store.versions_of_guid(subject, candidate.guid, deleted)
    if found:
        return RegistryResponse(200, version_document(found[0]))
    if not store.has_subject(subject, deleted):
        raise no_subject(subject)
    raise Refusal(40403, "Schema not found")


def register(request: RegistryRequest, store: Store, subject: str) -> RegistryResponse:
    """POST /subjects/{subject}/versions."""
    check_subject(subject)
    mode = mode_in_force(store, subject)
    if mode.startswith("READONLY"):
        raise Refusal(42205, f"Subject {subject} is in read-only mode")
    candidate = read_candidate(request, store)
    if (mode == "IMPORT") != (candidate.schema_id is not None):
        wanted = "import" if candidate.schema_id is not None else "read-write"
        raise Refusal(42205, f"Subject {subject} is not in {wanted} mode")
    if mode == "IMPORT":
        return _import(store, subject, candidate)
    known = store.versions_of_guid(subject, candidate.guid, "hidden")
    if known:
        return _registered(known[0])
    refuse_incompatible(store, subject, candidate)
    number = _following(store, subject)
    if candidate.version not in (None, number):
        raise Refusal(42201, "Invalid schema: Version is not one more than previous version")
    known_schema = store.schema_by_guid(candidate.guid)
    return _added(store, subject, number, known_schema or _new_schema(store, candidate))


def _import(store: Store, subject: str, candidate: Candidate) -> RegistryResponse:
    """Keep a schema under the id, and the version, that it had elsewhere."""
    schema = _schema_of_id(store, candidate)
    number = candidate.version
    if number is None:
        for known in store.versions_of_guid(subject, candidate.guid, "hidden"):
            if known.schema.schema_id == schema.schema_id:
                return _registered(known)
        number = _following(store, subject)
    taken = store.version(subject, number, "included")
    if taken is None:
        return _added(store, subject, number, schema)
    if taken.schema.schema_id != schema.schema_id:
        raise Refusal(42205, f"Version {number} of subject {subject} exists and is kept")
    store.mark_live(subject, number)
    return _registered(taken)


def _schema_of_id(store: Store, candidate: Candidate) -> StoredSchema:
    known = store.schema(candidate.schema_id or 0)
    if known is not None and known.guid != candidate.guid:
        raise Refusal(
            42207, f"Overwrite new schema with id {candidate.schema_id} is not permitted."
        )
    return known or _new_schema(store, candidate)


def _new_schema(store: Store, candidate: Candidate) -> StoredSchema:
    schema = store.add_schema(
        candidate.guid, candidate.text, candidate.references, candidate.schema_id
    )
    if schema.schema_id > MAX_NUMBER:
        raise Refusal(42205, f"No id is left: the last one is {MAX_NUMBER}")
    return schema


def _following(store: Store, subject: str) -> int:
    taken = store.versions(subject, "included")
    if taken and taken[-1] == MAX_NUMBER:
        raise Refusal(42205, f"No version of subject {subject} is left: the last is {MAX_NUMBER}")
    return taken[-1] + 1 if taken else 1


def _added(store: Store, subject: str, number: int, schema: StoredSchema) -> RegistryResponse:
    store.add_version(subject, number, schema.schema_id)
    return _registered(StoredVersion(subject, number, schema, is_deleted=False))


def _registered(one: StoredVersion) -> RegistryResponse:
    schema = one.schema
    return RegistryResponse(
        200, {"id": schema.schema_id, "version": one.version, "guid": schema.guid}
    )
