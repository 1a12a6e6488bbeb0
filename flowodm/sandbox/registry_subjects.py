"""The embedded registry's schemas, subjects and versions: reading, registering, deleting.

Semantics and numbers are Confluent's. Each function answers one endpoint inside a transaction
that `registry_rules.py` opened.
"""

from collections.abc import Sequence
from typing import TypeVar

from flowodm.avro.types import Json
from flowodm.registry.model import Reference
from flowodm.sandbox.registry_http import Refusal, RegistryRequest, RegistryResponse
from flowodm.sandbox.registry_schemas import (
    MAX_NUMBER,
    Candidate,
    read_candidate,
    version_number,
)
from flowodm.sandbox.registry_settings import clear_settings, mode_in_force
from flowodm.sandbox.registry_store import Deleted, Store, StoredSchema, StoredVersion

__all__: list[str] = []  # `registry_rules.py` takes the functions by module

_T = TypeVar("_T")


def schema_types(request: RegistryRequest, store: Store) -> RegistryResponse:
    """GET /schemas/types."""
    return RegistryResponse(200, ["AVRO"])


def list_schemas(request: RegistryRequest, store: Store) -> RegistryResponse:
    """GET /schemas."""
    prefix = request.query.get("subjectPrefix", "")
    found = [
        one for one in store.all_versions(_deleted(request)) if _has_prefix(one.subject, prefix)
    ]
    if request.flag("latestOnly"):
        found = list({one.subject: one for one in found}.values())
    return RegistryResponse(200, [_version_document(one) for one in _page(request, found)])


def schema_by_id(request: RegistryRequest, store: Store, number: str) -> RegistryResponse:
    """GET /schemas/ids/{id}."""
    schema = _schema(store, number)
    return RegistryResponse(200, _schema_document(schema))


def schema_text_by_id(request: RegistryRequest, store: Store, number: str) -> RegistryResponse:
    """GET /schemas/ids/{id}/schema."""
    return RegistryResponse(200, text=_schema(store, number).text)


def schema_by_guid(request: RegistryRequest, store: Store, guid: str) -> RegistryResponse:
    """GET /schemas/guids/{guid}."""
    schema = store.schema_by_guid(guid.lower())
    if schema is None:
        raise Refusal(40403, f"Schema {guid[:80]} not found")
    return RegistryResponse(200, _schema_document(schema))


def subjects_of_schema(request: RegistryRequest, store: Store, number: str) -> RegistryResponse:
    """GET /schemas/ids/{id}/subjects."""
    names = dict.fromkeys(one.subject for one in _uses(request, store, number))
    return RegistryResponse(200, list(_page(request, list(names))))


def versions_of_schema(request: RegistryRequest, store: Store, number: str) -> RegistryResponse:
    """GET /schemas/ids/{id}/versions."""
    uses = _page(request, _uses(request, store, number))
    return RegistryResponse(200, [{"subject": one.subject, "version": one.version} for one in uses])


def list_subjects(request: RegistryRequest, store: Store) -> RegistryResponse:
    """GET /subjects."""
    prefix = request.query.get("subjectPrefix", "")
    names = [name for name in store.subjects(_deleted(request)) if _has_prefix(name, prefix)]
    return RegistryResponse(200, list(_page(request, names)))


def list_versions(request: RegistryRequest, store: Store, subject: str) -> RegistryResponse:
    """GET /subjects/{subject}/versions."""
    versions = store.versions(subject, _deleted(request))
    if not versions:
        raise _no_subject(subject)
    return RegistryResponse(200, list(_page(request, versions)))


def version(request: RegistryRequest, store: Store, subject: str, number: str) -> RegistryResponse:
    """GET /subjects/{subject}/versions/{version}."""
    return RegistryResponse(200, _version_document(_version(request, store, subject, number)))


def version_text(
    request: RegistryRequest, store: Store, subject: str, number: str
) -> RegistryResponse:
    """GET /subjects/{subject}/versions/{version}/schema."""
    return RegistryResponse(200, text=_version(request, store, subject, number).schema.text)


def referenced_by(
    request: RegistryRequest, store: Store, subject: str, number: str
) -> RegistryResponse:
    """GET /subjects/{subject}/versions/{version}/referencedby."""
    found = _version(request, store, subject, number)
    ids = store.referrers(found.subject, found.version)
    return RegistryResponse(200, list(_page(request, ids)))


def look_up(request: RegistryRequest, store: Store, subject: str) -> RegistryResponse:
    """POST /subjects/{subject}."""
    candidate = read_candidate(request, store)
    deleted: Deleted = "included" if request.flag("deleted") else "hidden"
    found = store.versions_of_guid(subject, candidate.guid, deleted)
    if found:
        return RegistryResponse(200, _version_document(found[0]))
    if not store.has_subject(subject, deleted):
        raise _no_subject(subject)
    raise Refusal(40403, "Schema not found")


def register(request: RegistryRequest, store: Store, subject: str) -> RegistryResponse:
    """POST /subjects/{subject}/versions."""
    _check_name(subject)
    mode = mode_in_force(store, subject)
    if mode == "READONLY":
        raise Refusal(42205, f"Subject {subject} is in read-only mode")
    candidate = read_candidate(request, store)
    if (mode == "IMPORT") != (candidate.schema_id is not None):
        wanted = "import" if candidate.schema_id is not None else "read-write"
        raise Refusal(42205, f"Subject {subject} is not in {wanted} mode")
    known = store.versions_of_guid(subject, candidate.guid, "hidden")
    if known and candidate.schema_id in (None, known[0].schema.schema_id):
        return _registered(known[0].schema, known[0].version)
    # Compatibility would be judged here; the level is NONE (`registry_settings.py`).
    number = _next_version(store, subject, candidate, is_import=mode == "IMPORT")
    schema = _stored(store, candidate)
    store.add_version(subject, number, schema.schema_id)
    return _registered(schema, number)


def delete_subject(request: RegistryRequest, store: Store, subject: str) -> RegistryResponse:
    """DELETE /subjects/{subject}."""
    if not store.has_subject(subject, "included"):
        raise _no_subject(subject)
    _check_writable(store, subject)
    is_permanent = request.flag("permanent")
    is_live = store.has_subject(subject)
    if not is_permanent and not is_live:
        raise Refusal(
            40404, f"Subject '{subject}' was soft deleted. Set permanent=true to delete permanently"
        )
    versions = store.versions(subject, "included" if is_permanent else "hidden")
    for number in versions:
        _check_unreferenced(store, subject, number)
    if is_permanent and is_live:
        raise Refusal(
            40405,
            f"Subject '{subject}' was not deleted first before being permanently deleted",
        )
    for number in versions:
        _delete(store, subject, number, is_permanent=is_permanent)
    return RegistryResponse(200, list(versions))


def delete_version(
    request: RegistryRequest, store: Store, subject: str, number: str
) -> RegistryResponse:
    """DELETE /subjects/{subject}/versions/{version}."""
    wanted = version_number(number)
    if not store.has_subject(subject, "included"):
        raise _no_subject(subject)
    _check_writable(store, subject)
    found = store.version(subject, wanted, "hidden" if wanted is None else "included")
    if found is None:
        raise _no_version(wanted)
    is_permanent = request.flag("permanent")
    if not is_permanent and found.is_deleted:
        raise Refusal(
            40406,
            f"Subject '{subject}' Version {found.version} was soft deleted. "
            "Set permanent=true to delete permanently",
        )
    _check_unreferenced(store, subject, found.version)
    if is_permanent and not found.is_deleted:
        raise Refusal(
            40407,
            f"Subject '{subject}' Version {found.version} was not deleted first before being "
            "permanently deleted",
        )
    _delete(store, subject, found.version, is_permanent=is_permanent)
    return RegistryResponse(200, found.version)


def _delete(store: Store, subject: str, number: int, *, is_permanent: bool) -> None:
    if is_permanent:
        store.remove(subject, number)
    else:
        store.mark_deleted(subject, number)
    if not store.has_subject(subject):
        clear_settings(store, subject)


def _check_writable(store: Store, subject: str) -> None:
    if mode_in_force(store, subject) == "READONLY":
        raise Refusal(42205, f"Subject {subject} is in read-only mode")


def _check_unreferenced(store: Store, subject: str, number: int) -> None:
    if store.referrers(subject, number):
        raise Refusal(
            42206,
            "One or more references exist to the schema "
            f"{{magic=1,keytype=SCHEMA,subject={subject},version={number}}}.",
        )


def _check_name(subject: str) -> None:
    if not subject or not all(char.isprintable() for char in subject):
        raise Refusal(42208, "The specified subject is not a valid name")


def _next_version(store: Store, subject: str, candidate: Candidate, *, is_import: bool) -> int:
    taken = store.versions(subject, "included")
    following = taken[-1] + 1 if taken else 1
    wanted = candidate.version
    if wanted is None or wanted == following:
        return following
    if not is_import:
        raise Refusal(42201, "Invalid schema: Version is not one more than previous version")
    if wanted in taken:
        raise Refusal(42205, f"Version {wanted} of subject {subject} exists and is kept")
    return wanted


def _stored(store: Store, candidate: Candidate) -> StoredSchema:
    """Return the schema under its id: the one it has, the one it was sent with, or a new one."""
    if candidate.schema_id is None:
        known = store.schema_by_guid(candidate.guid)
        return known or store.add_schema(candidate.guid, candidate.text, candidate.references)
    known = store.schema(candidate.schema_id)
    if known is not None and known.guid != candidate.guid:
        raise Refusal(
            42207, f"Overwrite new schema with id {candidate.schema_id} is not permitted."
        )
    return known or store.add_schema(
        candidate.guid, candidate.text, candidate.references, candidate.schema_id
    )


def _registered(schema: StoredSchema, number: int) -> RegistryResponse:
    return RegistryResponse(200, {"id": schema.schema_id, "version": number, "guid": schema.guid})


def _schema(store: Store, number: str) -> StoredSchema:
    is_number = number.isascii() and number.isdigit() and len(number) <= 10
    schema = store.schema(int(number)) if is_number and int(number) <= MAX_NUMBER else None
    if schema is None:
        raise Refusal(40403, f"Schema {number[:40]} not found")
    return schema


def _uses(request: RegistryRequest, store: Store, number: str) -> tuple[StoredVersion, ...]:
    schema = _schema(store, number)
    deleted: Deleted = "included" if request.flag("deleted") else "hidden"
    wanted = request.query.get("subject")
    uses = store.versions_of_schema(schema.schema_id, deleted)
    return tuple(one for one in uses if wanted in (None, "", one.subject))


def _version(request: RegistryRequest, store: Store, subject: str, number: str) -> StoredVersion:
    wanted = version_number(number)
    # The latest is the latest live one, whatever else is asked for.
    deleted: Deleted = "included" if request.flag("deleted") and wanted else "hidden"
    found = store.version(subject, wanted, deleted)
    if found is not None:
        return found
    if not store.has_subject(subject, deleted):
        raise _no_subject(subject)
    raise _no_version(wanted)


def _no_subject(subject: str) -> Refusal:
    return Refusal(40401, f"Subject '{subject[:300]}' not found.")


def _no_version(number: int | None) -> Refusal:
    return Refusal(40402, f"Version {'latest' if number is None else number} not found.")


def _schema_document(schema: StoredSchema) -> dict[str, Json]:
    document: dict[str, Json] = {"schema": schema.text, "guid": schema.guid}
    if schema.references:
        document["references"] = [_reference_document(one) for one in schema.references]
    return document


def _version_document(found: StoredVersion) -> dict[str, Json]:
    document: dict[str, Json] = {
        "subject": found.subject,
        "version": found.version,
        "id": found.schema.schema_id,
        **_schema_document(found.schema),
    }
    if found.is_deleted:
        document["deleted"] = True
    return document


def _reference_document(reference: Reference) -> dict[str, Json]:
    return {
        "name": reference.name,
        "subject": reference.subject,
        "version": reference.version,
    }


def _deleted(request: RegistryRequest) -> Deleted:
    # Confluent's Python client says `deleted_only`.
    if request.flag("deletedOnly", "deleted_only"):
        return "only"
    return "included" if request.flag("deleted") else "hidden"


def _has_prefix(subject: str, prefix: str) -> bool:
    """Apply a prefix; `:*:` stands for every context, and there is one."""
    return subject.startswith(prefix.removeprefix(":*:"))


def _page(request: RegistryRequest, items: Sequence[_T]) -> Sequence[_T]:
    """Cut out the part that `offset` and `limit` ask for; a negative limit is none."""
    offset, limit = _count(request, "offset", 0), _count(request, "limit", -1)
    if offset < 0:
        offset = 0
    return items[offset:] if limit < 0 else items[offset : offset + limit]


def _count(request: RegistryRequest, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None or text == "":
        return default
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        raise Refusal(400, f"`{name}` is not a number")
    return int(text)
