"""From an exception of the network to a cause with a name.

An HTTP library wraps what happened two or three times; the name is in the chain: the system's
error number, OpenSSL's verify code, the resolver's complaint.
"""

import errno
import socket
import ssl
from collections.abc import Iterator

from flowodm.registry.wire import Cause, Failure
from flowodm.registry.words import quoted

__all__ = ["failure_of"]

_ERRNO_CAUSES: dict[int, Cause] = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unroutable",
    errno.ENETUNREACH: "unroutable",
    errno.EADDRNOTAVAIL: "unroutable",
    errno.EHOSTDOWN: "unroutable",
    errno.ETIMEDOUT: "connect-timeout",
    errno.ECONNRESET: "disconnected",
    errno.EPIPE: "disconnected",
    errno.ECONNABORTED: "disconnected",
}

_TIMEOUTS: dict[str, Cause] = {
    "ConnectTimeout": "connect-timeout",
    "PoolTimeout": "connect-timeout",
    "ReadTimeout": "answer-timeout",
    "WriteTimeout": "answer-timeout",
}
_NAMED_CAUSES: dict[str, Cause] = {
    "ProxyError": "proxy",
    "RemoteProtocolError": "not-http",
    "ReadError": "disconnected",
    "WriteError": "disconnected",
    "ConnectError": "unroutable",
}
"""The HTTP engine's exceptions by class name, so that this module need not import it."""

_BEFORE_SENDING: frozenset[Cause] = frozenset(
    {"refused", "unresolved", "unroutable", "tls", "connect-timeout", "proxy"}
)

_CUT_OFF = ("Server disconnected", "peer closed connection")
"""How the HTTP engine begins to tell of an answer that stopped, not of one that is no HTTP."""

# OpenSSL's X509_V_ERR_* numbers, as `SSLCertVerificationError.verify_code` gives them.
_CERTIFICATE_FAULTS = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "its certificate is self-signed and not trusted",
    19: "its certificate comes from an authority that is not trusted",
    20: "its certificate comes from an authority that is not trusted",
    21: "its certificate comes from an authority that is not trusted",
    62: "its certificate is for another host name",
    64: "its certificate is for another IP address",
}


def failure_of(error: BaseException) -> Failure:
    """Name what kept an answer from coming.

    Args:
        error: What the HTTP engine, the socket or the TLS layer raised.
    """
    chain = tuple(_chain(error))
    cause, detail = (
        _timeout_cause(chain) or _tls_cause(chain) or _system_cause(chain) or _named_cause(chain)
    )
    return Failure(cause, detail, reached=cause not in _BEFORE_SENDING, error=error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception, what it wraps, and the members of groups; at most 50."""
    waiting, seen = [error], 0
    while waiting and seen < 50:
        link = waiting.pop(0)
        seen += 1
        yield link
        if isinstance(link, BaseExceptionGroup):
            waiting.extend(link.exceptions)
        inner = link.__cause__ or link.__context__
        if inner is not None:
            waiting.append(inner)


def _timeout_cause(chain: tuple[BaseException, ...]) -> tuple[Cause, str] | None:
    for link in chain:
        cause = _TIMEOUTS.get(type(link).__name__)
        if cause is not None:
            return cause, ""
    return None


def _tls_cause(chain: tuple[BaseException, ...]) -> tuple[Cause, str] | None:
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            fault = _CERTIFICATE_FAULTS.get(link.verify_code)
            return "tls", fault or quoted(f"its certificate is refused: {link.verify_message}")
        if isinstance(link, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return "disconnected", "it closed the TLS connection"
        if isinstance(link, ssl.SSLError):
            return "tls", _tls_fault(getattr(link, "reason", None) or "")
    return None


def _tls_fault(reason: str) -> str:
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return "it does not speak TLS: is it an `http://` address?"
    if "CERTIFICATE_REQUIRED" in reason:
        return "it asks for a client certificate"
    if "ALERT" in reason and ("CERT" in reason or "UNKNOWN_CA" in reason):
        return "it refuses our client certificate"
    return quoted(f"TLS failed: {reason.lower().replace('_', ' ') or 'no reason given'}")


def _system_cause(chain: tuple[BaseException, ...]) -> tuple[Cause, str] | None:
    for link in chain:
        if isinstance(link, socket.gaierror):
            return "unresolved", ""
        if isinstance(link, OSError) and link.errno in _ERRNO_CAUSES:
            return _ERRNO_CAUSES[link.errno], ""
    return None


def _named_cause(chain: tuple[BaseException, ...]) -> tuple[Cause, str]:
    for link in chain:
        cause = _NAMED_CAUSES.get(type(link).__name__)
        if cause == "not-http" and str(link).startswith(_CUT_OFF):
            return "disconnected", ""
        if cause is not None:
            return cause, _detail(cause, str(link))
    last = chain[-1]
    return "disconnected", quoted(f"{type(last).__name__}: {last}", limit=120)


def _detail(cause: Cause, text: str) -> str:
    if cause in ("not-http", "proxy"):
        return quoted(text, limit=120)
    return ""
