"""OAuth 2.0 client credentials: a token, kept until it is nearly over.

RFC 6749, section 4.4, with the credentials in the Authorization header (2.3.1). The credentials
go to the token endpoint only, the token to the registry only.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

from flowodm.avro.types import Json
from flowodm.errors import RegistryError
from flowodm.registry.answers import document_of, no_answer
from flowodm.registry.settings import OAuth
from flowodm.registry.wire import Failure, Request, Response, Steps, sent
from flowodm.registry.words import quoted

__all__ = ["TokenSource"]

_LIFETIME_USED = 0.8
"""The part of a token's life after which a new one is fetched."""
_DEFAULT_LIFETIME = 300.0
_LONGEST_LIFETIME = 1e9


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    renewed_at: float


class TokenSource:
    """Gives the token to send, and fetches one when it must.

    Args:
        oauth: The endpoint and the credentials.
        secrets: What must not be quoted from its answers.
        clock: Monotonic seconds.
    """

    def __init__(self, oauth: OAuth, secrets: tuple[str, ...], clock: Callable[[], float]) -> None:
        self._oauth = oauth
        self._secrets = secrets
        self._clock = clock
        self._token: _Token | None = None

    @property
    def secret(self) -> str | None:
        """The token in use, which must not be quoted."""
        return None if self._token is None else self._token.text

    def token(
        self, deadline: float, connect_timeout: float, *, rejected: str | None = None
    ) -> Steps[str]:
        """Return a token for now.

        Args:
            deadline: Until when it may take.
            connect_timeout: Seconds.
            rejected: The token the registry has just refused.

        Raises:
            RegistryUnreachable: The token endpoint does not answer.
            RegistryError: It refuses the credentials, or its answer holds no token.
        """
        known = self._token
        if known is not None and known.text != rejected and self._clock() < known.renewed_at:
            return known.text
        outcome = yield from sent(self._request(deadline, connect_timeout))
        self._token = fresh = self._token_of(outcome)
        return fresh.text

    def _request(self, deadline: float, connect_timeout: float) -> Request:
        oauth = self._oauth
        pair = f"{quote_plus(oauth.client_id)}:{quote_plus(oauth.client_secret)}"
        form = {"grant_type": "client_credentials"}
        if oauth.scope:
            form["scope"] = oauth.scope
        headers = (
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Authorization", "Basic " + base64.b64encode(pair.encode()).decode()),
        )
        return Request(
            "POST",
            oauth.token_url,
            headers,
            urlencode(form).encode(),
            deadline=deadline,
            connect_timeout=connect_timeout,
            destination="token",
        )

    def _token_of(self, outcome: Response | Failure) -> _Token:
        place = f"token endpoint `{self._oauth.token_url}`"
        if isinstance(outcome, Failure) or outcome.status >= 500 or outcome.status == 429:
            raise no_answer(outcome, self._oauth.token_url, self._secrets, kind="token endpoint")
        if outcome.status != 200:
            raise self._refusal(outcome, place)
        document = document_of(outcome, self._oauth.token_url, kind="token endpoint")
        text = document.get("access_token") if isinstance(document, dict) else None
        if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
            raise RegistryError(f"{place} answered without an `access_token`")
        assert isinstance(document, dict)
        return _Token(text, self._clock() + _lifetime(document.get("expires_in")) * _LIFETIME_USED)

    def _refusal(self, response: Response, place: str) -> RegistryError:
        reason = ""
        try:
            document = json.loads(response.body)
            if isinstance(document, dict) and isinstance(document.get("error"), str):
                reason = ": " + quoted(document["error"], limit=80, secrets=self._secrets)
        except (ValueError, RecursionError):
            pass
        return RegistryError(
            f"{place} refused the client credentials ({response.status}){reason}",
            status=401 if response.status in (400, 401, 403) else response.status,
            hint="check the OAuth client id and secret of this context",
        )


def _lifetime(value: Json) -> float:
    """Return a token's life in seconds, as it is told if that makes sense."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _DEFAULT_LIFETIME
    return float(value) if 0 < value < _LONGEST_LIFETIME else _DEFAULT_LIFETIME
