"""The embedded registry's compatibility level and modes.

Compatibility is not judged yet, so its level is NONE and no other can be set: a level that is
shown and not kept would be worse than none.
"""

from flowodm.avro.types import Json
from flowodm.sandbox.registry_http import Refusal, RegistryRequest, RegistryResponse
from flowodm.sandbox.registry_schemas import document_of, read_candidate, version_number
from flowodm.sandbox.registry_store import Store

__all__ = ["LEVEL", "clear_settings", "mode_in_force"]

LEVEL = "NONE"
"""The one compatibility level there is."""

_LEVELS = frozenset(
    {
        "NONE",
        "BACKWARD",
        "BACKWARD_TRANSITIVE",
        "FORWARD",
        "FORWARD_TRANSITIVE",
        "FULL",
        "FULL_TRANSITIVE",
    }
)
_MODES = frozenset({"READWRITE", "READONLY", "IMPORT"})
_DEFAULT_MODE = "READWRITE"


def mode_in_force(store: Store, subject: str) -> str:
    """Return the mode of a subject: its own, the registry's, or the default."""
    own = store.setting("mode", subject)
    return own or store.setting("mode", None) or _DEFAULT_MODE


def clear_settings(store: Store, subject: str) -> None:
    """Forget what is set for a subject that has no live version any more."""
    store.clear_setting("compatibility", subject)
    store.clear_setting("mode", subject)


def get_config(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """GET /config and /config/{subject}."""
    own = store.setting("compatibility", subject)
    if own is None and subject is not None and not request.flag("defaultToGlobal"):
        raise Refusal(
            40408, f"Subject '{subject}' does not have subject-level compatibility configured"
        )
    return RegistryResponse(200, {"compatibilityLevel": own or LEVEL})


def put_config(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """PUT /config and /config/{subject}."""
    level = _word(request, "compatibility")
    if level not in _LEVELS:
        raise Refusal(42203, "Invalid compatibility level. Valid values are " + _listed(_LEVELS))
    if level != LEVEL:
        raise Refusal(
            42205,
            f"This sandbox registry does not check compatibility yet, so it cannot keep {level}; "
            "its level is NONE",
        )
    store.set_setting("compatibility", subject, level)
    return RegistryResponse(200, {"compatibility": level})


def delete_config(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """DELETE /config and /config/{subject}."""
    own = store.setting("compatibility", subject)
    if own is None and subject is not None:
        raise Refusal(40401, f"Subject '{subject}' not found.")
    store.clear_setting("compatibility", subject)
    return RegistryResponse(200, {"compatibilityLevel": own or LEVEL})


def get_mode(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """GET /mode and /mode/{subject}."""
    own = store.setting("mode", subject)
    if own is None and subject is not None and not request.flag("defaultToGlobal"):
        raise Refusal(40409, f"Subject '{subject}' does not have subject-level mode configured")
    return RegistryResponse(200, {"mode": own or store.setting("mode", None) or _DEFAULT_MODE})


def put_mode(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """PUT /mode and /mode/{subject}."""
    mode = _word(request, "mode")
    if mode not in _MODES:
        raise Refusal(42204, "Invalid mode. Valid values are " + _listed(_MODES))
    if mode == "IMPORT" and not request.flag("force") and _has_schemas(store, subject):
        raise Refusal(42205, "Cannot import since found existing subjects")
    store.set_setting("mode", subject, mode)
    return RegistryResponse(200, {"mode": mode})


def delete_mode(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """DELETE /mode and /mode/{subject}."""
    own = store.setting("mode", subject)
    if own is None and subject is not None:
        raise Refusal(40401, f"Subject '{subject}' not found.")
    store.clear_setting("mode", subject)
    return RegistryResponse(200, {"mode": own or _DEFAULT_MODE})


def check_compatibility(
    request: RegistryRequest, store: Store, subject: str, number: str | None = None
) -> RegistryResponse:
    """POST /compatibility/subjects/{subject}/versions and …/{version}."""
    wanted = None if number is None else version_number(number)
    read_candidate(request, store)
    if wanted is not None and store.version(subject, wanted) is None:
        raise Refusal(40402, f"Version {wanted} not found.")
    answer: dict[str, Json] = {"is_compatible": True}
    if request.flag("verbose"):
        answer["messages"] = []
    return RegistryResponse(200, answer)


def _has_schemas(store: Store, subject: str | None) -> bool:
    return bool(store.subjects()) if subject is None else store.has_subject(subject)


def _word(request: RegistryRequest, name: str) -> str:
    word = document_of(request).get(name)
    return word.upper() if isinstance(word, str) else ""


def _listed(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
