"""What a context is: one cluster, its registry, and what may be done to them.

The models that configuration is checked against; where the values come from is `load.py`'s
matter. Secrets are `SecretStr`: `client_config()` alone hands them out, to a client.
"""

import re
import urllib.parse
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from flowodm.config.librdkafka import is_secret_key

__all__ = ["Context", "ContextSettings", "KafkaSettings", "OAuthConfig", "RegistryConfig"]


class Strict(BaseModel):
    """Unknown keys are refused, and no error repeats a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _boolean(value: object) -> object:
    """Take true, false and, out of a variable, their words; `yes` is a text in YAML 1.2."""
    if isinstance(value, bool):
        return value
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ValueError("must be true or false")


def plain_text(value: object) -> object:
    """Take a number or boolean as librdkafka writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Boolean = Annotated[bool, BeforeValidator(_boolean)]
Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Property = Annotated[str, BeforeValidator(plain_text)] | SecretStr


def _kafka(value: object) -> object:
    """Put the values of secret keys behind `SecretStr` before anything can show them."""
    if not isinstance(value, Mapping):
        return value
    return {
        key: (
            SecretStr(text)
            if isinstance(key, str)
            and is_secret_key(key)
            and isinstance(text := plain_text(item), str)
            else item
        )
        for key, item in value.items()
    }


KafkaSettings = Annotated[dict[str, Property], BeforeValidator(_kafka)]
"""librdkafka's keys and values; those that are secrets are `SecretStr`."""


def _plain_url(value: str) -> str:
    """Check a URL that must be http(s), whole, and without credentials or query."""
    try:
        parts = urllib.parse.urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("must begin with `http://` or `https://`")
    if not parts.hostname or not port_is_valid:
        raise ValueError("must name a host")
    if "@" in parts.netloc:
        raise ValueError("holds credentials, which have keys of their own")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or a fragment")
    if any(character.isspace() or not character.isprintable() for character in value):
        raise ValueError("holds a blank or a control character")
    return value.rstrip("/")


class OAuthConfig(Strict):
    """OAuth 2 client credentials for the registry."""

    token_url: str
    client_id: Text
    client_secret: Secret
    scope: Text | None = None

    @field_validator("token_url")
    @classmethod
    def _check_token_url(cls, value: str) -> str:
        return _plain_url(value)


class RegistryConfig(Strict):
    """Where the schema registry is, and who we are to it. Paths are absolute when from a file."""

    url: str
    """One address, or several with commas between them; without credentials."""
    basic_auth: Secret | None = None
    """`user:password`."""
    bearer_token: Secret | None = None
    oauth: OAuthConfig | None = None
    ca: Text | None = None
    """A PEM file of the authorities to trust instead of the system's."""
    certificate: Text | None = None
    """A PEM file: the client's certificate, for mTLS."""
    key: Text | None = None
    """A PEM file: the key of `certificate`."""
    key_password: Secret | None = None
    insecure: Boolean = False
    """Whether to accept any certificate; said aloud at each run."""

    @model_validator(mode="before")
    @classmethod
    def _take_userinfo(cls, values: Any) -> Any:
        """Move the credentials of `https://user:password@host` out of the URL."""
        if not isinstance(values, dict) or not isinstance(url := values.get("url"), str):
            return values
        plain, userinfo = split_userinfo(url)
        if not userinfo:
            return values
        if values.get("basic_auth"):
            raise ValueError("`url` holds credentials, and `basic_auth` is there too")
        if len(set(userinfo)) > 1:
            raise ValueError("`url` holds different credentials for its addresses")
        return {**values, "url": plain, "basic_auth": userinfo[0]}

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        return ",".join(_plain_url(address.strip()) for address in value.split(","))

    @field_validator("basic_auth")
    @classmethod
    def _check_basic_auth(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and ":" not in value.get_secret_value():
            raise ValueError("must be `user:password`")
        return value

    @model_validator(mode="after")
    def _check_whole(self) -> "RegistryConfig":
        ways = [name for name in ("basic_auth", "bearer_token", "oauth") if getattr(self, name)]
        if len(ways) > 1:
            raise ValueError(f"`{ways[0]}` and `{ways[1]}` exclude each other")
        if bool(self.certificate) != bool(self.key):
            raise ValueError("`certificate` and `key` need each other")
        return self


def split_userinfo(urls: str) -> tuple[str, list[str]]:
    """Part URLs with commas between them from each `user:password` in them, decoded."""
    plain, found = [], []
    for url in urls.split(","):
        scheme, slashes, rest = url.strip().partition("://")
        authority, slash, path = rest.partition("/")
        userinfo, at, host = authority.rpartition("@")
        if at:
            user, _, password = userinfo.partition(":")
            found.append(f"{urllib.parse.unquote(user)}:{urllib.parse.unquote(password)}")
        plain.append(f"{scheme}{slashes}{host}{slash}{path}")
    return ",".join(plain), found


class ContextSettings(Strict):
    """What a file, the environment or an argument may say of a context."""

    bootstrap_servers: Text | None = None
    kafka: KafkaSettings = Field(default_factory=dict)
    """librdkafka's keys, for every client."""
    consumer: KafkaSettings = Field(default_factory=dict)
    """librdkafka's keys for consumers alone; they win over `kafka`."""
    producer: KafkaSettings = Field(default_factory=dict)
    """librdkafka's keys for producers alone; they win over `kafka`."""
    schema_registry: RegistryConfig | None = None
    read_only: Boolean = False
    """Whether every change is refused."""
    protected: Boolean = False
    """Whether a change needs the topic's name typed."""
    cluster_id: Text | None = None
    """The one cluster that may be changed."""
    insecure: Boolean = False
    """Whether to accept any certificate, of brokers and registry; said aloud at each run."""

    @field_validator("bootstrap_servers", mode="before")
    @classmethod
    def _join_servers(cls, value: object) -> object:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = ",".join(value)
        if isinstance(value, str):
            for server in value.split(","):
                _check_server(server.strip())
        return value


_SERVER = re.compile(
    r"(?:([A-Za-z_]+)://)?(?:\[[0-9A-Fa-f:.%a-z]+\]|[^\s:/\[\]]+)(?::([0-9]{1,5}))?"
)


_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
"""What may stand before `://`: librdkafka drops a server with anything else."""


def _check_server(server: str) -> None:
    """Check `host:port`; librdkafka takes a port modulo 65,536, and a name with blanks."""
    if "@" in server:
        raise ValueError("holds credentials; they go to `sasl.username` and `sasl.password`")
    match = _SERVER.fullmatch(server)
    if match is None or not server.isprintable():
        raise ValueError("must be `host:port`, several with commas between them")
    if match[1] is not None and match[1].upper() not in _PROTOCOLS:
        raise ValueError(f"begins with `{match[1][:20]}://`: write `host:port` alone")
    if match[2] is not None and not 0 < int(match[2]) < 65_536:
        raise ValueError(f"names port {match[2]}, and ports end at 65535")


class Context(ContextSettings):
    """One cluster and its registry, settled: what a connection is made from."""

    name: str = "unnamed"
    source: str = "code"
    """Where it was defined: `flowodm.yaml:4`, `environment`, `built in`, `connect()`, `code`."""
    origins: Mapping[str, str] = Field(default_factory=dict)
    """Where each key was set, by its dotted name: `kafka.sasl.password` → `flowodm.yaml:9`."""
    warnings: tuple[str, ...] = ()
    """What its user must be told at each run."""

    def client_config(self, role: Literal["admin", "consumer", "producer"]) -> dict[str, str]:
        """Make librdkafka's configuration for a client; it holds secrets, so never show it."""
        merged: dict[str, str | SecretStr] = {}
        if self.bootstrap_servers is not None:
            merged["bootstrap.servers"] = self.bootstrap_servers
        if self.insecure:
            merged["enable.ssl.certificate.verification"] = "false"
        merged |= self.kafka
        if role != "admin":
            merged |= self.consumer if role == "consumer" else self.producer
        return {key: reveal(value) for key, value in merged.items()}

    def place(self, key: str | None) -> str:
        """Name the place of a key, by its own or its dotted name; of the context, where unknown."""
        for section in ("", "kafka.", "consumer.", "producer."):
            if (where := self.origins.get(f"{section}{key}")) is not None:
                return where
        parent = str(key).rpartition(".")[0]
        beside = (self.origins[other] for other in self.origins if other.startswith(f"{parent}."))
        return next(beside, self.source) if parent == "schema_registry" else self.source

    def secrets(self) -> tuple[str, ...]:
        """Every secret of this context, for the redactor."""
        found: list[object] = [
            *self.kafka.values(),
            *self.consumer.values(),
            *self.producer.values(),
        ]
        if (registry := self.schema_registry) is not None:
            found += [registry.basic_auth, registry.bearer_token, registry.key_password]
            found += [registry.oauth.client_secret] if registry.oauth else []
        return tuple(item.get_secret_value() for item in found if isinstance(item, SecretStr))


def reveal(value: str | SecretStr) -> str:
    """Take the text out of a value, secret or not."""
    return value.get_secret_value() if isinstance(value, SecretStr) else value
