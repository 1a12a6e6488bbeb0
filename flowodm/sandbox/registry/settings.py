"""Compatibility levels and modes: the registry's, a context's, a subject's own."""

from flowodm.sandbox.registry.http import Refusal, RegistryRequest, RegistryResponse
from flowodm.sandbox.registry.judging import DEFAULT_LEVEL, LEVELS, level_in_force
from flowodm.sandbox.registry.names import check_subject, scopes
from flowodm.sandbox.registry.store import Store

# `endpoints.py` takes the endpoints by module.
__all__ = ["check_writable", "clear_settings", "mode_in_force"]

_UNKEPT = (
    "alias",
    "compatibilityGroup",
    "defaultMetadata",
    "defaultRuleSet",
    "normalize",
    "overrideMetadata",
    "overrideRuleSet",
    "validateFields",
)
_MODES = ("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT")
_DEFAULT_MODE = "READWRITE"


def mode_in_force(store: Store, subject: str | None) -> str:
    """Return the mode of a subject: its own, its context's, the registry's, or the default.

    READONLY_OVERRIDE of the whole registry stands above them all.
    """
    if store.setting("mode", None) == "READONLY_OVERRIDE":
        return "READONLY_OVERRIDE"
    found = (store.setting("mode", scope) for scope in scopes(subject))
    return next(filter(None, found), _DEFAULT_MODE)


def check_writable(store: Store, subject: str | None) -> None:
    """Refuse to change what is in read-only mode.

    Raises:
        Refusal: 42205.
    """
    if mode_in_force(store, subject).startswith("READONLY"):
        whose = "The registry" if subject is None else f"Subject {subject}"
        raise Refusal(42205, f"{whose} is in read-only mode")


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
    return RegistryResponse(200, {"compatibilityLevel": own or level_in_force(store, subject)})


def put_config(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """PUT /config and /config/{subject}."""
    _check_settable(store, subject)
    for name in _UNKEPT:
        if request.document().get(name):
            raise Refusal(42205, f"This registry keeps no `{name}`")
    level = _word(request, "compatibility")
    if level not in LEVELS:
        raise Refusal(42203, "Invalid compatibility level. Valid values are " + ", ".join(LEVELS))
    store.set_setting("compatibility", subject, level)
    return RegistryResponse(200, {"compatibility": level})


def delete_config(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """DELETE /config and /config/{subject}."""
    own = store.setting("compatibility", subject)
    if own is None and subject is not None:
        raise Refusal(40401, f"Subject '{subject}' not found.")
    check_writable(store, subject)
    store.clear_setting("compatibility", subject)
    return RegistryResponse(200, {"compatibilityLevel": own or DEFAULT_LEVEL})


def get_mode(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """GET /mode and /mode/{subject}."""
    own = store.setting("mode", subject)
    if own is None and subject is not None and not request.flag("defaultToGlobal"):
        raise Refusal(40409, f"Subject '{subject}' does not have subject-level mode configured")
    return RegistryResponse(200, {"mode": own or mode_in_force(store, subject)})


def put_mode(
    request: RegistryRequest, store: Store, subject: str | None = None
) -> RegistryResponse:
    """PUT /mode and /mode/{subject}."""
    if subject is not None:
        check_subject(subject, or_context=True)
    mode = _word(request, "mode")
    if mode not in _MODES:
        raise Refusal(42204, "Invalid mode. Valid values are " + ", ".join(_MODES))
    is_new = mode_in_force(store, subject) != mode
    is_forced = request.flag("force")
    if mode == "IMPORT" and is_new and not is_forced and _has_schemas(store, subject):
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


def _check_settable(store: Store, subject: str | None) -> None:
    if subject is not None:
        check_subject(subject, or_context=True)
    check_writable(store, subject)


def _has_schemas(store: Store, subject: str | None) -> bool:
    return bool(store.subjects()) if subject is None else store.has_subject(subject)


def _word(request: RegistryRequest, name: str) -> str:
    word = request.document().get(name)
    return word.upper() if isinstance(word, str) else ""
