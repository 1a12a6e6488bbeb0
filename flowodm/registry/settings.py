"""A `RegistryConfig` turned into what the rules need: addresses, credentials, trust.

Credentials leave this module only as header values for the address they belong to.
"""

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from flowodm.errors import ConfigurationError
from flowodm.registry.wire import Destination

if TYPE_CHECKING:
    from pydantic import SecretStr

    from flowodm.config import RegistryConfig

__all__ = ["Access", "Address", "OAuth", "Trust", "access_of"]

_PATH_CHARACTERS = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Address:
    """One URL of the registry, without what must not be shown."""

    base: str
    """Without credentials, query and trailing slash."""
    authorization: str | None = field(default=None, repr=False)
    """The value of the Authorization header for this address."""


@dataclass(frozen=True, slots=True)
class OAuth:
    """Client credentials and where they are changed for a token."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom TLS believes, and what we show of ourselves."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    key_password: str | None = field(default=None, repr=False)
    insecure: bool = False
    and_public: bool = False
    """Whether the machine's own authorities are believed besides `ca`."""


@dataclass(frozen=True, slots=True)
class Access:
    """Everything needed to speak with one registry."""

    addresses: tuple[Address, ...]
    trust: Trust = Trust()
    oauth: OAuth | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What must never be quoted back, even when the registry says it."""

    def trust_for(self, destination: Destination) -> Trust:
        """Return how to judge a host.

        The token endpoint is often someone else's: it is always verified, by the public
        authorities too, and never shown the registry's client certificate.
        """
        if destination == "registry":
            return self.trust
        return Trust(ca=self.trust.ca, and_public=True)


def access_of(config: "RegistryConfig") -> Access:
    """Read a configuration into what the rules need.

    Raises:
        ConfigurationError: A host or a token cannot be what it is said to be.
    """
    authorization = _authorization(config)
    addresses = tuple(
        Address(_wire_url(url), authorization) for url in config.url.split(",") if url
    )
    return Access(
        addresses=addresses,
        trust=Trust(
            ca=config.ca,
            certificate=config.certificate,
            key=config.key,
            key_password=_revealed(config.key_password),
            insecure=config.insecure,
        ),
        oauth=_oauth(config),
        secrets=_secrets(config, addresses),
    )


def _wire_url(url: str) -> str:
    """Return a checked URL in ASCII, as it goes over the wire; a host in its IDNA form.

    Raises:
        ConfigurationError: No host can have that name.
    """
    parts = urlsplit(url)
    host, colon, port = parts.netloc.partition(":")
    try:
        place = (
            parts.netloc if parts.netloc.isascii() else host.encode("idna").decode() + colon + port
        )
        place.encode("idna")
    except UnicodeError as error:
        raise ConfigurationError(f"`{parts.netloc}` is no host name") from error
    return f"{parts.scheme}://{place}{quote(parts.path.rstrip('/'), safe=_PATH_CHARACTERS)}"


def _basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")


def _authorization(config: "RegistryConfig") -> str | None:
    """Return the header value that goes to every address; OAuth's is made for each request."""
    pair, token = _revealed(config.basic_auth), _revealed(config.bearer_token)
    if pair is not None:
        return _basic(pair)
    if token is None:
        return None
    if not token.isascii() or not token.isprintable():
        raise ConfigurationError("the registry's `bearer_token` holds a character no token has")
    return f"Bearer {token}"


def _oauth(config: "RegistryConfig") -> OAuth | None:
    oauth = config.oauth
    if oauth is None:
        return None
    return OAuth(
        token_url=_wire_url(oauth.token_url),
        client_id=oauth.client_id,
        client_secret=oauth.client_secret.get_secret_value(),
        scope=oauth.scope,
    )


def _secrets(config: "RegistryConfig", addresses: tuple[Address, ...]) -> tuple[str, ...]:
    """Return every form in which a secret could be said back to us, longest first."""
    found = {_revealed(config.bearer_token), _revealed(config.key_password)}
    found |= {config.oauth.client_secret.get_secret_value()} if config.oauth else set()
    for address in addresses:
        word, _, credentials = (address.authorization or "").partition(" ")
        found.add(credentials)
        if word == "Basic":
            pair = base64.b64decode(credentials).decode("utf-8")
            found |= {pair, pair.partition(":")[2]}
    return tuple(sorted((one for one in found if one), key=len, reverse=True))


def _revealed(secret: "SecretStr | None") -> str | None:
    return None if secret is None else secret.get_secret_value()
