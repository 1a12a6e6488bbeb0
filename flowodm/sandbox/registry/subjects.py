"""Reading schemas, subjects and versions.

Semantics and numbers are Confluent's. Each function answers one endpoint inside a transaction
that `endpoints.py` opened.
"""

from dataclasses import replace

from flowodm.avro.text import exact_text
from flowodm.avro.types import Json
from flowodm.registry.model import Reference
from flowodm.sandbox.registry.candidate import MAX_NUMBER, parse_stored, version_number
from flowodm.sandbox.registry.http import Refusal, RegistryRequest, RegistryResponse
from flowodm.sandbox.registry.names import contexts_of, has_prefix
from flowodm.sandbox.registry.store import Deleted, Store, StoredSchema, StoredVersion

# `endpoints.py` takes the endpoints by module.
__all__ = ["no_subject", "no_version", "version_document"]


def schema_types(request: RegistryRequest, store: Store) -> RegistryResponse:
    """GET /schemas/types."""
    return RegistryResponse(200, ["AVRO"])


def list_schemas(request: RegistryRequest, store: Store) -> RegistryResponse:
    """GET /schemas."""
    prefix = request.query.get("subjectPrefix", "")
    found = [
        one for one in store.all_versions(_deleted(request)) if has_prefix(one.subject, prefix)
    ]
    if request.flag("latestOnly"):
        found = list({one.subject: one for one in found}.values())
    return RegistryResponse(200, [version_document(one) for one in request.page(found)])


def schema_by_id(request: RegistryRequest, store: Store, number: str) -> RegistryResponse:
    """GET /schemas/ids/{id}."""
    document = _schema_document(_formatted(request, store, _schema(store, number)))
    if request.flag("fetchMaxId"):
        document["maxId"] = store.highest_id()
    return RegistryResponse(200, document)


def schema_text_by_id(request: RegistryRequest, store: Store, number: str) -> RegistryResponse:
    """GET /schemas/ids/{id}/schema."""
    return RegistryResponse(200, text=_formatted(request, store, _schema(store, number)).text)


def schema_by_guid(request: RegistryRequest, store: Store, guid: str) -> RegistryResponse:
    """GET /schemas/guids/{guid}."""
    schema = store.schema_by_guid(guid.lower())
    if schema is None:
        raise Refusal(40403, f"Schema {guid[:80]} not found")
    return RegistryResponse(200, _schema_document(_formatted(request, store, schema)))


def subjects_of_schema(request: RegistryRequest, store: Store, number: str) -> RegistryResponse:
    """GET /schemas/ids/{id}/subjects."""
    names = dict.fromkeys(one.subject for one in _uses(request, store, number))
    return RegistryResponse(200, [*request.page(list(names))])


def versions_of_schema(request: RegistryRequest, store: Store, number: str) -> RegistryResponse:
    """GET /schemas/ids/{id}/versions."""
    uses = request.page(_uses(request, store, number))
    return RegistryResponse(200, [{"subject": one.subject, "version": one.version} for one in uses])


def list_subjects(request: RegistryRequest, store: Store) -> RegistryResponse:
    """GET /subjects."""
    prefix = request.query.get("subjectPrefix", "")
    names = [name for name in store.subjects(_deleted(request)) if has_prefix(name, prefix)]
    return RegistryResponse(200, [*request.page(names)])


def list_contexts(request: RegistryRequest, store: Store) -> RegistryResponse:
    """GET /contexts."""
    return RegistryResponse(200, [*request.page(contexts_of(store.subjects("included")))])


def list_versions(request: RegistryRequest, store: Store, subject: str) -> RegistryResponse:
    """GET /subjects/{subject}/versions."""
    versions = store.versions(subject, _deleted(request))
    if not versions:
        raise no_subject(subject)
    page = request.page(versions)
    if request.flag("deletedAsNegative"):
        live = set(store.versions(subject))
        page = [number if number in live else -number for number in page]
    return RegistryResponse(200, [*page])


def version(request: RegistryRequest, store: Store, subject: str, number: str) -> RegistryResponse:
    """GET /subjects/{subject}/versions/{version}."""
    return RegistryResponse(200, version_document(_version(request, store, subject, number)))


def latest_with_metadata(request: RegistryRequest, store: Store, subject: str) -> RegistryResponse:
    """GET /subjects/{subject}/metadata; no schema here has any."""
    found = _version(request, store, subject, "latest")
    if request.query.get("key"):
        raise Refusal(40403, "Schema not found")
    return RegistryResponse(200, version_document(found))


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
    return RegistryResponse(200, [*request.page(ids)])


def _schema(store: Store, number: str) -> StoredSchema:
    is_number = number.isascii() and number.isdigit() and len(number) <= 10
    schema = store.schema(int(number)) if is_number and int(number) <= MAX_NUMBER else None
    if schema is None:
        raise Refusal(40403, f"Schema {number[:40]} not found")
    return schema


def _formatted(request: RegistryRequest, store: Store, schema: StoredSchema) -> StoredSchema:
    """Give a schema in the `format` that is asked for; other words than `resolved` mean none."""
    if request.query.get("format") != "resolved" or not schema.references:
        return schema
    parsed = parse_stored(store, schema)
    return replace(schema, text=exact_text(parsed.root, parsed.names))


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
        return replace(found, schema=_formatted(request, store, found.schema))
    if not store.has_subject(subject, deleted):
        raise no_subject(subject)
    raise no_version(wanted)


def no_subject(subject: str) -> Refusal:
    """Say that there is no such subject."""
    return Refusal(40401, f"Subject '{subject[:300]}' not found.")


def no_version(number: int | None) -> Refusal:
    """Say that a subject has no such version; None is the latest."""
    return Refusal(40402, f"Version {'latest' if number is None else number} not found.")


def _schema_document(schema: StoredSchema) -> dict[str, Json]:
    document: dict[str, Json] = {"schema": schema.text, "guid": schema.guid}
    if schema.references:
        document["references"] = [_reference_document(one) for one in schema.references]
    return document


def version_document(found: StoredVersion) -> dict[str, Json]:
    """Write a version as an answer holds it."""
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
