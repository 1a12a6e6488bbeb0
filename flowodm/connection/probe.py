"""A look at a broker's TLS with Python's own, since librdkafka does not say what is wrong.

Asked only after a handshake has failed, or a broker has hung up: the error then says whether the
certificate has expired, is another host's, or comes from an unknown authority.
"""

import os
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import replace

from flowodm.connection.causes import Cause

__all__ = ["explain", "speaks_tls", "split_address", "tls_context", "worded"]

_TIMEOUT = 1.0

_EXPIRED = 10
_NOT_YET_VALID = 9
_SELF_SIGNED = (18, 19)
_NO_ISSUER = (20, 21)
_HOST_MISMATCH = (62, 64)


def explain(cause: Cause, config: Mapping[str, object]) -> Cause:
    """Return the cause as exactly as a look at the broker can make it.

    Args:
        cause: What librdkafka's log said.
        config: librdkafka's configuration, for the authorities to trust.
    """
    if cause.kind == "certificate":
        return _explain_certificate(cause, config)
    if cause.kind == "disconnected" and speaks_tls(cause.address) and not _uses_tls(config):
        text = f"it speaks TLS there, and `security.protocol` is {_protocol(config)}"
        hint = (
            f"set `security.protocol` to {'SASL_SSL' if _uses_sasl(config) else 'SSL or SASL_SSL'}"
        )
        return replace(cause, kind="tls", text=text, hint=hint, is_definite=True)
    return cause


def _explain_certificate(cause: Cause, config: Mapping[str, object]) -> Cause:
    host, port = split_address(cause.address)
    try:
        context = tls_context(config)
        with socket.create_connection((host, port), timeout=_TIMEOUT) as raw:
            raw.settimeout(_TIMEOUT)
            context.wrap_socket(raw, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        return worded(cause, error, host)
    except (OSError, ValueError):
        return cause
    return cause


def worded(cause: Cause, error: ssl.SSLCertVerificationError, host: str) -> Cause:
    """Return the cause with what OpenSSL says of the certificate.

    Args:
        cause: What is known so far: that it is not trusted.
        error: What the handshake with Python's own TLS raised.
        host: Whose certificate it should be.
    """
    code = error.verify_code
    if code == _EXPIRED:
        hint = "renew it on the broker, or check this machine's clock"
        return replace(cause, text="its certificate has expired", hint=hint)
    if code == _NOT_YET_VALID:
        hint = "check the clocks of the broker and of this machine"
        return replace(cause, text="its certificate is not valid yet", hint=hint)
    if code in _HOST_MISMATCH:
        hint = "connect by a name in the certificate, or have it issued for this one"
        return replace(cause, text=f"its certificate is not for `{host}`", hint=hint)
    if code in _SELF_SIGNED:
        return replace(cause, text="its certificate is signed by an authority unknown here")
    if code in _NO_ISSUER:
        text = "its certificate is not trusted: it is signed by an authority unknown here"
        return replace(cause, text=text)
    reason = re.sub(r"[^\x20-\x7e]", "?", error.verify_message or "")
    return replace(
        cause, text=f"its certificate is not trusted: {reason}" if reason else cause.text
    )


def tls_context(config: Mapping[str, object]) -> ssl.SSLContext:
    """Return what librdkafka would judge a broker by, and show it; keystores are left out.

    Args:
        config: librdkafka's configuration.

    Raises:
        OSError: A file cannot be read, or holds something else.
    """
    location, pem = config.get("ssl.ca.location"), config.get("ssl.ca.pem")
    if not isinstance(location, str) or location == "probe":
        context = ssl.create_default_context(cadata=pem if isinstance(pem, str) else None)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        place = "capath" if os.path.isdir(location) else "cafile"
        context.load_verify_locations(**{place: location})
    algorithm = config.get("ssl.endpoint.identification.algorithm", "https")
    context.check_hostname = str(algorithm).lower() != "none"
    if str(config.get("enable.ssl.certificate.verification", "true")).lower() in ("false", "0"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    _show_certificate(context, config)
    return context


def _show_certificate(context: ssl.SSLContext, config: Mapping[str, object]) -> None:
    """Have a context show the client's certificate, when it is in files of PEM."""
    certificate, key = config.get("ssl.certificate.location"), config.get("ssl.key.location")
    if isinstance(certificate, str) and isinstance(key, str):
        # Without a password OpenSSL would ask on the terminal.
        context.load_cert_chain(certificate, key, str(config.get("ssl.key.password", "")))


def speaks_tls(address: str) -> bool:
    """Tell whether a port answers a TLS handshake; nothing is sent over it."""
    host, port = split_address(address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # a look at what is there; no data follows
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT) as raw:
            raw.settimeout(_TIMEOUT)
            context.wrap_socket(raw, server_hostname=host).close()
    except (OSError, ValueError):
        return False
    return True


def split_address(address: str) -> tuple[str, int]:
    """Part `host:port`; the port is 0 where there is none."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port) if port.isdigit() else 0


def _protocol(config: Mapping[str, object]) -> str:
    return str(config.get("security.protocol", "PLAINTEXT")).upper()


def _uses_tls(config: Mapping[str, object]) -> bool:
    return _protocol(config).endswith("SSL")


def _uses_sasl(config: Mapping[str, object]) -> bool:
    return _protocol(config).startswith("SASL")
