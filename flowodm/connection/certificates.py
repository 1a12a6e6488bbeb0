"""What a server's certificate says of itself, trusted or not.

Python decodes only certificates that it trusts. So the one that a server shows is read twice: once
as it comes, and once more with itself as the authority. Nothing is sent over these connections.
"""

import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["Certificate", "certificate_of", "read_certificate"]

_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which `ssl` has no name."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Whose it is, from whom, and until when."""

    subject: str
    """As `CN=k1`; where it has no such part, the first of the names."""
    issuer: str
    """As `CN=R11` or `O=Example`."""
    names: tuple[str, ...]
    """The hosts and addresses that it is for."""
    not_before: datetime
    not_after: datetime
    is_self_signed: bool


def read_certificate(host: str, port: int, *, timeout: float) -> Certificate | None:
    """Read the certificate of a server without trusting it; None when that cannot be done.

    Args:
        host: The server.
        port: Its port.
        timeout: Seconds for each of the two connections.
    """
    try:
        _, shown = _look(_open_to_all(), host, port, timeout)
        if shown is None:
            return None
        peer, _ = _look(_trusting(shown), host, port, timeout)
        return certificate_of(peer or {})
    except (OSError, ValueError):
        return None


def certificate_of(peer: Mapping[str, Any]) -> Certificate | None:
    """Make a certificate of what `ssl.SSLSocket.getpeercert()` returns; None of nothing."""
    if not {"notBefore", "notAfter"} <= peer.keys():
        return None
    subject, issuer = _parts(peer.get("subject", ())), _parts(peer.get("issuer", ()))
    names = tuple(str(name) for _, name in peer.get("subjectAltName", ()))
    return Certificate(
        _named(subject, "CN") or (names[0] if names else _named(subject, "O") or "no name"),
        _named(issuer, "CN") or _named(issuer, "O") or "no name",
        names,
        _moment(peer["notBefore"]),
        _moment(peer["notAfter"]),
        subject == issuer,
    )


def _look(
    context: ssl.SSLContext, host: str, port: int, timeout: float
) -> tuple[Mapping[str, Any] | None, bytes | None]:
    """Shake hands and hang up; return the certificate that was shown, decoded and raw."""
    with socket.create_connection((host, port), timeout=timeout) as raw:
        raw.settimeout(timeout)
        with context.wrap_socket(raw, server_hostname=host) as secured:
            return secured.getpeercert(), secured.getpeercert(binary_form=True)


def _open_to_all() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # a look at what is there; no data follows
    return context


def _trusting(certificate: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(_NO_CHECK_TIME)
    return context


def _parts(name: Iterable[Iterable[tuple[str, str]]]) -> dict[str, str]:
    short = {"commonName": "CN", "organizationName": "O"}
    return {short.get(key, key): value for group in name for key, value in group}


def _named(parts: Mapping[str, str], key: str) -> str | None:
    return f"{key}={parts[key]}" if key in parts else None


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
