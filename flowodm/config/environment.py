"""The environment as a source of settings.

Every key of a context has a name here: `FLOWODM_` and its path in capitals, dots and levels as
`_`:

| Key | Variable |
|---|---|
| `bootstrap_servers`, `read_only`, `protected`, `cluster_id` | `FLOWODM_BOOTSTRAP_SERVERS` … |
| `kafka: {sasl.password: …}` | `FLOWODM_KAFKA_SASL_PASSWORD` |
| `consumer: {…}`, `producer: {…}` | `FLOWODM_CONSUMER_FETCH_MIN_BYTES`, `FLOWODM_PRODUCER_…` |
| `schema_registry: {url: …}` | `FLOWODM_SCHEMA_REGISTRY_URL` |
| `schema_registry: {oauth: {token_url: …}}` | `FLOWODM_SCHEMA_REGISTRY_OAUTH_TOKEN_URL` |

A secret may also come from a file: `…_FILE`. `insecure` has no variable on purpose. Those of
0.3.1 (`KAFKA_BOOTSTRAP_SERVERS`, …) work too; where both are set, `FLOWODM_…` counts.

Besides these, `FLOWODM_CONTEXT` names the context, `FLOWODM_CONFIG` the file, and
`FLOWODM_CONFIG_DIR` the user's own directory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowodm.config.librdkafka import BOOTSTRAP_KEYS, KEYS, is_secret_key
from flowodm.documents.validate import did_you_mean
from flowodm.documents.yaml import Location
from flowodm.errors import ConfigurationError

__all__ = [
    "CONFIG_DIRECTORY_VARIABLE",
    "CONFIG_VARIABLE",
    "CONTEXT_VARIABLE",
    "Environment",
    "is_read",
    "read_environment",
]

CONTEXT_VARIABLE = "FLOWODM_CONTEXT"
CONFIG_VARIABLE = "FLOWODM_CONFIG"
CONFIG_DIRECTORY_VARIABLE = "FLOWODM_CONFIG_DIR"

_TOP = ("bootstrap_servers", "read_only", "protected", "cluster_id")
_REGISTRY = (
    *("url", "basic_auth", "basic_auth_file", "bearer_token", "bearer_token_file"),
    *("ca", "certificate", "key", "key_password", "key_password_file"),
)
_OAUTH = ("token_url", "client_id", "client_secret", "client_secret_file", "scope")
_SECTIONS = ("kafka", "consumer", "producer")

_OLD: Mapping[str, Location] = {
    "KAFKA_BOOTSTRAP_SERVERS": ("bootstrap_servers",),
    "KAFKA_SECURITY_PROTOCOL": ("kafka", "security.protocol"),
    "KAFKA_SASL_MECHANISM": ("kafka", "sasl.mechanism"),
    "KAFKA_SASL_USERNAME": ("kafka", "sasl.username"),
    "KAFKA_SASL_PASSWORD": ("kafka", "sasl.password"),
    "SCHEMA_REGISTRY_URL": ("schema_registry", "url"),
    "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO": ("schema_registry", "basic_auth"),
}
_OLD_PAIR = ("SCHEMA_REGISTRY_API_KEY", "SCHEMA_REGISTRY_API_SECRET")

_GUARDS = ("read_only", "protected", "cluster_id")
_IDENTITY = ("sasl.", "ssl.", "https.", "security.", "enable.ssl.", "enable.sasl.")


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says of a context."""

    settings: Mapping[str, Any]
    places: Mapping[Location, str]
    """The variable that each setting came from."""

    @property
    def names_cluster(self) -> bool:
        """Whether it says where a cluster is, and so makes a context of its own."""
        return "bootstrap_servers" in self.settings

    @property
    def names_registry(self) -> bool:
        """Whether it says where a registry is."""
        return "url" in self.settings.get("schema_registry", {})

    def where(self, location: Location) -> str:
        """Name the variable of a setting, or of the nearest one."""
        for place, variable in self.places.items():
            if place[: len(location)] == location or place == _file_of(location):
                return f"variable {variable}"
        return self.where(location[:-1]) if location else "the environment"

    def guards(self) -> dict[str, Any]:
        """Return what only ever forbids, and so counts for every context."""
        return {key: self.settings[key] for key in _GUARDS if key in self.settings}

    def tuning(self) -> dict[str, dict[str, str]]:
        """Return librdkafka's keys that say nothing of who we are or where the cluster is."""
        return {
            section: kept
            for section in _SECTIONS
            if (kept := {k: v for k, v in self._section(section).items() if not _identifies(k)})
        }

    def homeless(self) -> tuple[str, ...]:
        """Name the variables that say who we are to a host that the environment does not name."""
        return tuple(
            variable
            for location, variable in self.places.items()
            if (location[0] in _SECTIONS and not self.names_cluster and _identifies(location[1]))
            or (location[0] == "schema_registry" and not self.names_registry)
        )

    def _section(self, name: str) -> Mapping[str, str]:
        section: Mapping[str, str] = self.settings.get(name, {})
        return section


def is_read(variable: str) -> bool:
    """Tell whether a variable may say something to FlowODM."""
    return variable.startswith("FLOWODM_") or variable in (*_OLD, *_OLD_PAIR)


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Gather the settings that an environment holds; an empty variable counts as not set.

    Raises:
        ConfigurationError: A variable that begins with `FLOWODM_KAFKA_` or the like names no key.
    """
    found: dict[Location, tuple[str, str]] = {}
    for variable, location in _OLD.items():
        if value := environ.get(variable):
            found[location] = (variable, value)
    _add_old_pair(environ, found)
    for variable in sorted(environ):
        is_ours = variable.startswith("FLOWODM_") and environ[variable]
        if is_ours and (place := _location(variable)):
            _displace(found, place)
            found[place] = (variable, environ[variable])
    settings: dict[str, Any] = {}
    for location, (_, value) in found.items():
        _put(settings, location, _boolean(location, value))
    return Environment(settings, {location: variable for location, (variable, _) in found.items()})


def _add_old_pair(environ: Mapping[str, str], found: dict[Location, tuple[str, str]]) -> None:
    location = ("schema_registry", "basic_auth")
    key, secret = (environ.get(variable) for variable in _OLD_PAIR)
    if location in found or not (key or secret):
        return
    if not (key and secret):
        there, missing = _OLD_PAIR if key else reversed(_OLD_PAIR)
        raise ConfigurationError(f"variable {there} is set, and {missing} is not")
    found[location] = (_OLD_PAIR[1], f"{key}:{secret}")


def _displace(found: dict[Location, tuple[str, str]], location: Location) -> None:
    """Take out 0.3.1's spelling of the same secret, when it now comes from a file."""
    *parents, last = location
    if isinstance(last, str) and last.endswith("_file"):
        found.pop((*parents, last.removesuffix("_file")), None)


def _location(variable: str) -> Location | None:
    """Find the key that a `FLOWODM_` variable stands for."""
    name = variable.removeprefix("FLOWODM_").lower()
    if name in _TOP:
        return (name,)
    if name.startswith("schema_registry_oauth_") and name[22:] in _OAUTH:
        return ("schema_registry", "oauth", name[22:])
    if name.startswith("schema_registry_") and name[16:] in _REGISTRY:
        return ("schema_registry", name[16:])
    section, _, rest = name.partition("_")
    if section in _SECTIONS and rest:
        return (section, _librdkafka_key(variable, rest))
    return None


_BY_NAME = {key.replace(".", "_"): key for key in KEYS - BOOTSTRAP_KEYS}


def _librdkafka_key(variable: str, name: str) -> str:
    if name.endswith("_file") and name not in _BY_NAME:
        target = _BY_NAME.get(name.removesuffix("_file"))
        if target and is_secret_key(target):
            return f"{target}_file"
    if name in _BY_NAME:
        return _BY_NAME[name]
    prefix = variable[: len(variable) - len(name)]
    near = did_you_mean(variable, [prefix + known.upper() for known in _BY_NAME])
    raise ConfigurationError(f"variable {variable[:80]} stands for no key of librdkafka", hint=near)


def _boolean(location: Location, value: str) -> str:
    """Let the usual words of the environment stand for true and false."""
    if location not in (("read_only",), ("protected",)):
        return value
    words = {"1": "true", "yes": "true", "on": "true", "0": "false", "no": "false", "off": "false"}
    return words.get(value.lower(), value)


def _put(settings: dict[str, Any], location: Location, value: str) -> None:
    for step in location[:-1]:
        settings = settings.setdefault(str(step), {})
    settings[str(location[-1])] = value


def _file_of(location: Location) -> Location:
    return (*location[:-1], f"{location[-1]}_file") if location else ()


def _identifies(key: object) -> bool:
    text = str(key).removesuffix("_file")
    return text.startswith(_IDENTITY) or is_secret_key(text)
