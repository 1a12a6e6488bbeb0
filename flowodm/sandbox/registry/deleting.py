"""Deleting versions and subjects: softly, which hides them, and then for good."""

from flowodm.sandbox.registry.candidate import version_number
from flowodm.sandbox.registry.http import Refusal, RegistryRequest, RegistryResponse
from flowodm.sandbox.registry.settings import check_writable, clear_settings
from flowodm.sandbox.registry.store import Store
from flowodm.sandbox.registry.subjects import no_subject, no_version

__all__: list[str] = []  # `endpoints.py` takes the functions by module


def delete_subject(request: RegistryRequest, store: Store, subject: str) -> RegistryResponse:
    """DELETE /subjects/{subject}."""
    if not store.has_subject(subject, "included"):
        raise no_subject(subject)
    check_writable(store, subject)
    is_permanent = request.flag("permanent")
    is_live = store.has_subject(subject)
    if not is_permanent and not is_live:
        raise Refusal(
            40404, f"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently"
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
        raise no_subject(subject)
    check_writable(store, subject)
    found = store.version(subject, wanted, "hidden" if wanted is None else "included")
    if found is None:
        raise no_version(wanted)
    is_permanent = request.flag("permanent")
    if not is_permanent and found.is_deleted:
        raise Refusal(
            40406,
            f"Subject '{subject}' Version {found.version} was soft deleted."
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


def _check_unreferenced(store: Store, subject: str, number: int) -> None:
    if store.referrers(subject, number):
        raise Refusal(
            42206,
            "One or more references exist to the schema "
            f"{{magic=1,keytype=SCHEMA,subject={subject},version={number}}}.",
        )
