"""What an answer means: a document, or an error with a name and a cure.

Everything a registry sends is foreign text: shapes are checked before use, and what is quoted
is capped (`words.py`).
"""

import json
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from flowodm.avro.types import Json
from flowodm.errors import (
    RegistryError,
    RegistryUnreachable,
    SchemaCompatibilityError,
    SchemaNotFound,
    SubjectNotFound,
)
from flowodm.registry.wire import Failure, Outcome, Response
from flowodm.registry.words import quoted

__all__ = ["asked_pause", "check_status", "document_of", "no_answer"]

_REASON_LIMIT = 600
"""Characters of a registry's reason that are quoted: what a compatibility message needs."""

_MAX_ERROR_BODY = 1024 * 1024

MAX_ITEMS = 1_000_000
"""Commas and brackets of an answer: what bounds the memory that its JSON becomes."""

_FAILURES: dict[str, tuple[str, str | None]] = {
    "refused": ("refused the connection", "is the registry running, and on this port?"),
    "unresolved": ("has a host name that does not resolve", "check the host name of the URL"),
    "unroutable": ("cannot be reached from this network", "check the address, the VPN, the proxy"),
    "tls": (
        "failed the TLS handshake",
        "for an authority of your own set `ca`; `insecure: true` accepts any certificate",
    ),
    "connect-timeout": ("did not accept a connection in time", "check the address, or a firewall"),
    "answer-timeout": ("did not answer in time", "is it overloaded? try again"),
    "disconnected": (
        "closed the connection without an answer",
        "is this the registry's port? Else its log tells",
    ),
    "not-http": ("did not answer in HTTP", "is it an `https://` address, or another service?"),
    "too-large": ("sent an answer that is too large", None),
    "encoding": ("sent an answer that cannot be decompressed", None),
    "proxy": ("cannot be reached through the proxy", "check HTTP_PROXY, HTTPS_PROXY, NO_PROXY"),
}


def no_answer(
    outcome: Outcome, base: str, secrets: Iterable[str] = (), *, kind: str = "registry"
) -> RegistryError:
    """Return the error for a failure, or for a status that says "later".

    Args:
        outcome: What came back at the last attempt.
        base: The address, without credentials.
        secrets: What must not be quoted.
        kind: What stands at the address.

    Returns:
        `RegistryUnreachable`, but for an answer that came and cannot be read: that is the fault of
        this one answer, and the registry may give others.
    """
    if isinstance(outcome, Failure):
        words, hint = _FAILURES[outcome.cause]
        detail = f": {outcome.detail}" if outcome.detail else ""
        is_answer = outcome.cause in ("too-large", "encoding")
        error = (RegistryError if is_answer else RegistryUnreachable)(
            f"{kind} `{base}` {words}{detail}", hint=hint
        )
        error.__cause__ = outcome.error
        return error
    asked = outcome.headers.get("retry-after")
    later = f", and asks to wait {quoted(asked, limit=40)}" if asked else ""
    reason = quoted(_message(outcome), secrets=secrets)
    return RegistryUnreachable(
        f"{kind} `{base}` answered {outcome.status}{reason and ': ' + reason}{later}",
        status=outcome.status,
        code=_error_code(outcome),
        hint="the registry is in trouble or overloaded; try again later",
        retry_after=asked_pause(outcome),
    )


def asked_pause(outcome: Outcome) -> float | None:
    """Return the seconds that `Retry-After` asks for."""
    if isinstance(outcome, Failure):
        return None
    text = outcome.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        from email.utils import parsedate_to_datetime

        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def document_of(response: Response, base: str, *, kind: str = "registry") -> Json:
    """Return the JSON of a successful answer.

    Raises:
        RegistryUnreachable: HTML or a redirect: whatever answers is no registry.
        RegistryError: Not JSON, or too much of it.
    """
    _refuse_foreigners(response, base, kind)
    body = response.body
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > MAX_ITEMS:
        raise RegistryError(
            f"{kind} `{base}` sent an answer that is too large: over {MAX_ITEMS:,} items",
            status=response.status,
        )
    try:
        document: Json = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RegistryError(
            f"{kind} `{base}` answered {response.status} with what is not JSON",
            status=response.status,
            hint="is this the registry's URL?",
        ) from error
    return document


def check_status(
    response: Response,
    base: str,
    what: str,
    *,
    secrets: Iterable[str] = (),
    is_registration: bool = False,
) -> Response:
    """Pass a successful answer on; turn any other into its error.

    Args:
        response: The answer.
        base: The address, without credentials.
        what: The thing that was asked for or changed, its name in backticks.
        secrets: What must not be quoted.
        is_registration: Whether 409 means that the schema breaks the subject's level.

    Raises:
        RegistryError: Or the class below it that says more.
        SchemaCompatibilityError: The schema breaks its subject's level.
    """
    if 200 <= response.status < 300:
        return response
    _refuse_foreigners(response, base, "registry")
    reason = quoted(_message(response), limit=_REASON_LIMIT, secrets=secrets)
    # Older registries and Karapace say 409 in the body, newer ones 40901: the status decides.
    if response.status == 409 and is_registration:
        raise SchemaCompatibilityError(
            f"registry `{base}` refuses {what}: {reason or 'incompatible'}",
            hint="change the schema, or the subject's compatibility level",
        )
    raise _named_error(response, base, what, reason)


def _named_error(response: Response, base: str, what: str, reason: str) -> RegistryError:
    status, code = response.status, _error_code(response)
    if status == 401:
        return RegistryError(
            f"registry `{base}` refuses the credentials, or asks for some",
            status=status,
            code=code,
            hint="set `basic_auth`, `bearer_token` or `oauth` of the context's schema_registry",
        )
    if status == 403:
        return RegistryError(
            f"registry `{base}` does not allow {what}{_because(reason)}", status=status, code=code
        )
    if status == 404:
        return _missing(code, base, what, reason)
    return RegistryError(
        f"registry `{base}` answered {code or status} for {what}{_because(reason)}",
        status=status,
        code=code,
    )


def _missing(code: int | None, base: str, what: str, reason: str) -> RegistryError:
    if code in (40401, 40402):
        return SubjectNotFound(f"registry `{base}` has no {what}", status=404, code=code)
    if code == 40403:
        return SchemaNotFound(f"registry `{base}` has no {what}", status=404, code=code)
    if code is not None and 40400 < code < 40500:
        return RegistryError(
            f"registry `{base}` answered {code} for {what}{_because(reason)}", status=404, code=code
        )
    return RegistryUnreachable(
        f"registry `{base}` does not know the request for {what} (404){_because(reason)}",
        status=404,
        code=code,
        hint="is this the registry's URL? A path may be missing, as `/apis/ccompat/v7` for Apicurio",
    )


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _refuse_foreigners(response: Response, base: str, kind: str) -> None:
    """Raise when the answer comes from something else than a registry."""
    status = response.status
    if 300 <= status < 400:
        target = _redirect_target(response.headers.get("location", ""))
        raise RegistryUnreachable(
            f"{kind} `{base}` answered {status}, a redirect{target}, which is not followed",
            status=status,
            hint="if that is where the registry lives, put that URL into the context",
        )
    is_html = "html" in response.headers.get("content-type", "").lower()
    if is_html or response.body[:64].lstrip()[:1] == b"<":
        raise RegistryUnreachable(
            f"{kind} `{base}` answered HTML ({status}): is this the registry's URL?",
            status=status,
            hint="a path is often missing, as `/apis/ccompat/v7` for Apicurio",
        )


def _redirect_target(location: str) -> str:
    """Return " to `host`", without path, query and credentials, which may be secret."""
    try:
        parts = urlsplit(location)
        host = parts.hostname
    except ValueError:
        return ""
    if not host:
        return " within itself" if location else ""
    place = f"{parts.scheme or 'http'}://{host}"
    return f" to `{quoted(place, limit=120)}`"


def _error_document(response: Response) -> dict[str, Json]:
    if len(response.body) > _MAX_ERROR_BODY:
        return {}
    try:
        document: Json = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _message(response: Response) -> str:
    """Return the registry's own words, or the beginning of a body that is no JSON."""
    message = _error_document(response).get("message")
    if isinstance(message, str):
        return message
    return response.body[:_REASON_LIMIT].decode("utf-8", "replace")


def _error_code(response: Response) -> int | None:
    code = _error_document(response).get("error_code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None
