"""From settings gathered to a context: checked, its warnings said, its secrets known."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowodm.config.context import Context
from flowodm.config.expand import is_secret_name
from flowodm.config.librdkafka import CREDENTIAL_KEYS, KEYS, is_known_key, is_secret_key
from flowodm.config.secrets import remember
from flowodm.documents.validate import did_you_mean, validate
from flowodm.documents.yaml import Location
from flowodm.errors import ConfigurationError

__all__ = ["SECTIONS", "Draft", "settle"]

SECTIONS = ("kafka", "consumer", "producer")
"""The keys of a context that hold librdkafka's."""

Where = Callable[[Location], str]

_UNSAFE = {
    "enable.ssl.certificate.verification": ("false", "0"),
    "ssl.endpoint.identification.algorithm": ("none",),
}


@dataclass
class Draft:
    """A context on its way: raw settings, and where each of them came from."""

    name: str
    source: str
    settings: dict[str, Any]
    used: Mapping[Location, tuple[str, ...]]
    """The variables in each setting."""
    origin: Where
    """Names the place of a setting that nothing replaced."""
    warnings: list[str] = field(default_factory=list)
    replaced: dict[Location, Where] = field(default_factory=dict)

    def replace(self, location: Location, value: Any, where: Where) -> None:
        """Put a setting of another source in, and remember whose it is."""
        settings = self.settings
        for step in location[:-1]:
            settings[str(step)] = dict(settings.get(str(step)) or {})
            settings = settings[str(step)]
        settings[str(location[-1])] = value
        self.replaced[location] = where

    def where(self, location: Location) -> str:
        """Name the place of a setting."""
        for length in range(len(location), 0, -1):
            if where := self.replaced.get(location[:length]):
                return where(location)
        return self.origin(location)

    @property
    def credential(self) -> str | None:
        """Name a key that proves to a broker who we are, when there is one."""
        keys = (key for section in SECTIONS for key in self.settings.get(section) or {})
        return next((key for key in keys if is_secret_key(key) or key in CREDENTIAL_KEYS), None)


def settle(draft: Draft) -> Context:
    """Check a draft and make the context of it.

    Raises:
        ConfigurationError: A setting is wrong; with its place.
    """
    values = {
        **_hidden(draft),
        "name": draft.name,
        "source": draft.source,
        "origins": {
            ".".join(map(str, location)): draft.where(location)
            for location in _locations(draft.settings, ())
        },
    }
    context = validate(
        Context, values, where=draft.where, thing=lambda location: f"in context `{draft.name}`"
    )
    assert context is not None  # nothing is overlooked here
    remember(context.secrets())
    _check_keys(draft)
    return context.model_copy(update=_insecurity(draft, context))


def _locations(settings: Mapping[str, Any], above: Location) -> Iterator[Location]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _locations(value, (*above, key))
        else:
            yield (*above, key)


def _hidden(draft: Draft) -> dict[str, Any]:
    """Put values behind `SecretStr` that came out of a variable which is a secret by its name."""
    from pydantic import SecretStr

    settings = dict(draft.settings)
    for (section, *rest), names in draft.used.items():
        if section in SECTIONS and any(map(is_secret_name, names)):
            key, values = rest[0], settings[str(section)]
            if isinstance(values.get(key), str):
                settings[str(section)] = {**values, key: SecretStr(values[key])}
    return settings


def _check_keys(draft: Draft) -> None:
    for section in SECTIONS:
        for key in draft.settings.get(section) or {}:
            if not is_known_key(key):
                raise ConfigurationError(
                    f"{draft.where((section, key))}: unknown key `{key[:60]}` of librdkafka",
                    hint=did_you_mean(key, KEYS),
                )


def _insecurity(draft: Draft, context: Context) -> dict[str, Any]:
    """Spread `insecure` to the registry, and say what is not verified."""
    warnings = list(draft.warnings)
    registry = context.schema_registry
    whole = f"context `{context.name}` accepts any certificate"
    if context.insecure:
        warnings.append(f"{whole} (`insecure`, {draft.where(('insecure',))})")
        if registry is not None:
            registry = registry.model_copy(update={"insecure": True})
    elif registry is not None and registry.insecure:
        where = draft.where(("schema_registry", "insecure"))
        warnings.append(f"{whole} of its registry (`insecure`, {where})")
    for section in SECTIONS:
        for key, unsafe in _UNSAFE.items():
            if str(getattr(context, section).get(key, "")).lower() in unsafe:
                warnings.append(f"{whole} of its brokers (`{key}`, {draft.where((section, key))})")
    return {"schema_registry": registry, "warnings": tuple(warnings)}
