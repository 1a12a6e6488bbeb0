"""One address of a broker: does its name resolve, its port answer, its certificate hold?

Python's own sockets look, since librdkafka does not tell these apart. They send nothing but a TLS
handshake.
"""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from flowodm.connection.causes import Cause
from flowodm.connection.certificates import Certificate, certificate_of, read_certificate
from flowodm.connection.probe import split_address, tls_context, worded
from flowodm.connection.waiting import in_thread
from flowodm.doctor.report import Finding, StepName

__all__ = ["look_at", "servers_of", "uses_sasl", "uses_tls"]

_DEFAULT_PORT: Final = 9092
_SOON: Final = timedelta(days=14)
"""How long before its end a certificate is worth a warning."""
_FAMILIES: Final = {"v4": socket.AF_INET, "v6": socket.AF_INET6}

_Config: TypeAlias = Mapping[str, str]


def servers_of(config: _Config) -> tuple[str, ...]:
    """Return the bootstrap servers as `host:port`, each once."""
    servers: list[str] = []
    for text in config.get("bootstrap.servers", "").split(","):
        server = text.strip().rpartition("://")[2]
        if server:
            has_port = server.rpartition(":")[2].isdigit() and not server.endswith("]")
            servers.append(server if has_port else f"{server}:{_DEFAULT_PORT}")
    return tuple(dict.fromkeys(servers))


def uses_tls(config: _Config) -> bool:
    """Tell whether brokers are spoken to over TLS."""
    return config.get("security.protocol", "plaintext").upper().endswith("SSL")


def uses_sasl(config: _Config) -> bool:
    """Tell whether there is a login."""
    return config.get("security.protocol", "plaintext").upper().startswith("SASL")


def look_at(server: str, config: _Config, *, timeout: float) -> tuple[Finding, ...]:
    """Look at an address, as far as it goes.

    Args:
        server: `host:port`.
        config: librdkafka's configuration.
        timeout: Seconds for each of the steps.

    Returns:
        A finding for each step that was tried; after a failure, none.
    """
    found: list[Finding] = []
    try:
        _walk(server, config, timeout, found)
    except _Failure as failure:
        found.append(failure.finding)
    return tuple(found)


class _Failure(Exception):
    def __init__(self, step: StepName, text: str, hint: str | None = None) -> None:
        super().__init__(text)
        self.finding = Finding(step, "failure", text, hint, exit_code=1)


def _walk(server: str, config: _Config, timeout: float, found: list[Finding]) -> None:
    host, port = split_address(server)
    with _timed(server, found):
        addresses = _resolve(host, port, config, timeout)
        found.append(Finding("dns", "ok", _resolved(host, addresses)))
    with _timed(server, found):
        raw = _connect(server, addresses, timeout)
        found.append(Finding("tcp", "ok", _address(raw.getpeername())))
    with raw:
        if uses_tls(config):
            with _timed(server, found):
                found.append(_shake_hands(raw, server, config, timeout))


@contextmanager
def _timed(server: str, found: list[Finding]) -> Iterator[None]:
    """Give the finding of a block its address and its time."""
    begun = time.monotonic()
    try:
        yield
    except _Failure as failure:
        failure.finding = replace(failure.finding, seconds=time.monotonic() - begun, place=server)
        raise
    found[-1] = replace(found[-1], seconds=time.monotonic() - begun, place=server)


def _resolve(host: str, port: int, config: _Config, timeout: float) -> list[Any]:
    family = _FAMILIES.get(config.get("broker.address.family", "any"), socket.AF_UNSPEC)
    try:
        return in_thread(lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)).result(
            timeout
        )
    except NoAnswer:
        raise _Failure(
            "dns",
            f"`{host}`: no answer from the resolver in {timeout:g} s",
            "check this machine's name servers, or the VPN",
        ) from None
    except (socket.gaierror, UnicodeError) as error:
        raise _Failure("dns", *_unresolved(host, error)) from error


def _unresolved(host: str, error: Exception) -> tuple[str, str]:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        hint = "check this machine's name servers, or the VPN"
        return f"`{host}` does not resolve: the resolver does not answer", hint
    return (
        f"`{host}` does not resolve: no such name",
        "check the spelling, or whether this name is known to this network",
    )


def _resolved(host: str, addresses: list[Any]) -> str:
    found = list(dict.fromkeys(str(one[4][0]) for one in addresses))
    return f"{host} is an address" if found == [host] else f"{host} → {', '.join(found)}"


def _address(name: Any) -> str:
    return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"


def _connect(server: str, addresses: list[Any], timeout: float) -> socket.socket:
    """Connect to the first address that answers, as librdkafka does, in the time for all."""
    until, refusal = time.monotonic() + timeout, None
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        share = (until - time.monotonic()) / (len(addresses) - number)
        raw = socket.socket(family, kind, protocol)
        try:
            raw.settimeout(max(share, 0.01))
            raw.connect(address)
        except OSError as error:
            raw.close()
            refusal = error
        else:
            raw.settimeout(timeout)
            return raw
    raise _Failure("tcp", *_unconnected(server, refusal, timeout)) from refusal


def _unconnected(server: str, error: OSError | None, timeout: float) -> tuple[str, str]:
    if isinstance(error, ConnectionRefusedError):
        return (
            f"{server}: connection refused",
            "is the broker running, and on this port? A local one: flowodm sandbox up",
        )
    if error is None or isinstance(error, TimeoutError):
        return (
            f"{server}: no answer in {timeout:g} s",
            "check the address, a firewall, or the VPN",
        )
    reason = (error.strerror or str(error)).lower()
    return f"{server}: {reason}", "check the address, the network, or the VPN"


def _shake_hands(raw: socket.socket, server: str, config: _Config, timeout: float) -> Finding:
    host, port = split_address(server)
    try:
        context = tls_context(config)
    except (OSError, ValueError) as error:
        keys = "`ssl.ca.location`, `ssl.certificate.location` and `ssl.key.location`"
        text = f"the files for TLS cannot be used: {getattr(error, 'reason', None) or error}"
        raise _Failure("tls", text, f"check {keys}") from error
    try:
        with context.wrap_socket(raw, server_hostname=host) as secured:
            version, peer = secured.version() or "TLS", secured.getpeercert()
    except ssl.SSLCertVerificationError as error:
        certificate = read_certificate(host, port, timeout=timeout)
        raise _Failure("tls", *_untrusted(server, error, certificate)) from error
    except OSError as error:
        raise _Failure("tls", *_unshaken(server, error, timeout)) from error
    return _secured(version, context, certificate_of(peer or {}))


def _unshaken(server: str, error: OSError, timeout: float) -> tuple[str, str]:
    if isinstance(error, TimeoutError):
        text = f"{server}: no answer to the TLS handshake in {timeout:g} s"
        return text, "does TLS end before the broker, at a proxy that waits for something?"
    reason = getattr(error, "reason", None) or ""
    if "ALERT" in reason:
        return (
            f"{server}: it ends the handshake ({reason.lower().replace('_', ' ')})",
            "does it ask for a client certificate? `ssl.certificate.location`, `ssl.key.location`",
        )
    return (
        f"{server}: it does not speak TLS there",
        "set `security.protocol` to PLAINTEXT or SASL_PLAINTEXT, or take the port for TLS",
    )


def _untrusted(
    server: str, error: ssl.SSLCertVerificationError, certificate: Certificate | None
) -> tuple[str, str | None]:
    """Say what is wrong with a certificate, in the words of any other command, and its facts."""
    known = Cause("certificate", "its certificate is not trusted", server, True, _UNTRUSTED_HINT)
    cause = worded(known, error, split_address(server)[0])
    facts = f" ({_facts(error, certificate)})" if certificate else ""
    hint = cause.hint
    if hint is not None and "clock" in hint:
        hint = f"{hint} (now {datetime.now(UTC):%Y-%m-%d %H:%M} UTC)"
    return f"{server}: {cause.text}{facts}", hint


_UNTRUSTED_HINT: Final = (
    "set `ssl.ca.location` to the authority that signed it; is a part of the broker's chain missing?"
)


def _facts(error: ssl.SSLCertVerificationError, certificate: Certificate) -> str:
    if "name" in error.verify_message.lower() or "mismatch" in error.verify_message.lower():
        return f"it is for {', '.join(certificate.names[:4]) or certificate.subject}"
    if "expired" in error.verify_message:
        return f"{certificate.subject}, {_span(datetime.now(UTC) - certificate.not_after)} ago"
    if "not yet" in error.verify_message:
        return f"{certificate.subject}, in {_span(certificate.not_before - datetime.now(UTC))}"
    if certificate.is_self_signed:
        return f"{certificate.subject}, signed by itself"
    return f"{certificate.subject}, signed by {certificate.issuer}"


def _span(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    if hours >= 48:
        return f"{hours // 24:,} days"
    return f"{hours} hours" if hours > 1 else "an hour" if hours else "minutes"


def _secured(version: str, context: ssl.SSLContext, certificate: Certificate | None) -> Finding:
    if context.verify_mode == ssl.CERT_NONE:
        hint = "take `insecure` out of the context once its certificate can be checked"
        return Finding("tls", "warning", f"{version}, any certificate is accepted", hint)
    if certificate is None:
        return Finding("tls", "ok", version)
    text = f"{version}, {certificate.subject}, until {certificate.not_after:%Y-%m-%d}"
    left = certificate.not_after - datetime.now(UTC)
    if left < _SOON:
        return Finding("tls", "warning", f"{text}: {_span(left)} left", "renew it on the broker")
    return Finding("tls", "ok", text)
