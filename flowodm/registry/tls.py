"""Trust: the TLS contexts of one registry, and the proxy on the way to it."""

import os
import ssl
import urllib.request
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from flowodm.errors import ConfigurationError
from flowodm.registry.settings import Trust

__all__ = ["Proxy", "proxy_for", "tls_context"]


def tls_context(trust: Trust) -> ssl.SSLContext:
    """Return what a connection to the registry is judged by.

    Without a CA of its own, the machine's, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.

    Raises:
        ConfigurationError: A file cannot be read, or is not what it should be.
    """
    if trust.ca is None or trust.and_public:
        context = _public_context()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust.ca is not None:
        _trust(context, trust.ca)
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if trust.certificate is not None:
        _show_certificate(context, trust)
    return context


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy on the way."""

    url: str
    credentials: tuple[str, str] | None = field(default=None, repr=False)


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy that the environment names for a URL, in the usual variables.

    No proxy reaches this machine's own loopback, so none is asked for it.

    Raises:
        ConfigurationError: It is not an HTTP proxy.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return _proxy(proxy if "://" in proxy else f"http://{proxy}") if proxy else None


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _proxy(url: str) -> Proxy:
    hint = "set NO_PROXY for the registry's host, or HTTPS_PROXY to an HTTP proxy"
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigurationError("the environment's proxy is no URL", hint=hint) from error
    if parts.scheme not in ("http", "https"):
        raise ConfigurationError(
            f"the environment names a `{parts.scheme}` proxy; only HTTP proxies work", hint=hint
        )
    credentials = None
    if parts.username is not None:
        credentials = (unquote(parts.username), unquote(parts.password or ""))
    place = parts.netloc.rpartition("@")[2]
    return Proxy(f"{parts.scheme}://{place}", credentials)


def _public_context() -> ssl.SSLContext:
    from httpcore2 import default_ssl_context

    try:
        return default_ssl_context()
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"the certificates of the machine cannot be read: {_reason(error)}",
            hint="look at SSL_CERT_FILE and SSL_CERT_DIR",
        ) from error


def _trust(context: ssl.SSLContext, ca: str) -> None:
    try:
        if os.path.isdir(ca):
            context.load_verify_locations(capath=ca)
        else:
            context.load_verify_locations(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"the registry's `ca` `{ca}` cannot be read: {_reason(error)}",
            hint="a PEM file with the certificates of the authorities to trust",
        ) from error


def _show_certificate(context: ssl.SSLContext, trust: Trust) -> None:
    assert trust.certificate is not None
    # Without a password OpenSSL would ask on the terminal.
    password = trust.key_password or ""
    try:
        context.load_cert_chain(trust.certificate, trust.key, password)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise ConfigurationError(
            f"the registry's client certificate `{trust.certificate}` cannot be used: "
            f"{_reason(error)}",
            hint="`certificate` and `key` are PEM files that belong together; is the key's "
            "password right?",
        ) from error


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return (getattr(error, "reason", None) or "not PEM").lower().replace("_", " ")
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
