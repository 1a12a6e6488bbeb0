"""Where to connect, as whom, and what is allowed there.

`load_context()` gives the `Context` that a run uses; `flowodm.yaml`, the environment and the
command line are read by the modules below. Names are loaded when they are first asked for:
completion needs no Pydantic.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowodm.config.arguments import context_from_arguments
    from flowodm.config.context import Context, OAuthConfig, RegistryConfig
    from flowodm.config.document import ConfigDocument, TopicSettings
    from flowodm.config.load import load_context
    from flowodm.config.secrets import RedactingFilter, redact, remember

__all__ = [
    "ConfigDocument",
    "Context",
    "OAuthConfig",
    "RedactingFilter",
    "RegistryConfig",
    "TopicSettings",
    "context_from_arguments",
    "load_context",
    "redact",
    "remember",
]

_PLACES = {
    "ConfigDocument": "document",
    "Context": "context",
    "OAuthConfig": "context",
    "RedactingFilter": "secrets",
    "RegistryConfig": "context",
    "TopicSettings": "document",
    "context_from_arguments": "arguments",
    "load_context": "load",
    "redact": "secrets",
    "remember": "secrets",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
