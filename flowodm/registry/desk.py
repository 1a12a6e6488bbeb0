"""One question to an endpoint: asked, its status judged, its JSON read."""

import json

from flowodm.avro.types import Json
from flowodm.registry.answers import check_status, document_of
from flowodm.registry.exchange import Call, Exchange, path
from flowodm.registry.shapes import Shapes
from flowodm.registry.wire import Response, Steps, worked

__all__ = ["Desk", "Query"]

_SECONDS_PER_BYTE = 1e-8
"""Of reading JSON."""

Query = tuple[tuple[str, str], ...]


class Desk:
    """Where the rules put their questions.

    Args:
        exchange: What carries them.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    @property
    def base(self) -> str:
        """The address that answered last, without credentials."""
        return self._exchange.answered_by

    @property
    def shapes(self) -> Shapes:
        """The reader of its documents."""
        return Shapes(self.base)

    def get(self, what: str, *segments: str, query: Query = ()) -> Steps[Json]:
        """Fetch a document."""
        return (yield from self._ask("GET", what, segments, query, None))

    def post(
        self,
        what: str,
        *segments: str,
        body: dict[str, Json],
        query: Query = (),
        is_registration: bool = False,
    ) -> Steps[Json]:
        """Send a document and return the answer's."""
        return (yield from self._ask("POST", what, segments, query, body, is_registration))

    def put(
        self, what: str, *segments: str, body: dict[str, Json], query: Query = ()
    ) -> Steps[Json]:
        """Set a document and return the answer's."""
        return (yield from self._ask("PUT", what, segments, query, body))

    def delete(self, what: str, *segments: str, query: Query = ()) -> Steps[Json]:
        """Delete a thing and return the answer's document."""
        return (yield from self._ask("DELETE", what, segments, query, None))

    def _ask(
        self,
        method: str,
        what: str,
        segments: tuple[str, ...],
        query: Query,
        body: dict[str, Json] | None,
        is_registration: bool = False,
    ) -> Steps[Json]:
        data = None if body is None else json.dumps(body).encode("ascii")
        response: Response = yield from self._exchange.ask(
            Call(method, path(*segments), query, data)
        )
        check_status(
            response,
            self.base,
            what,
            secrets=self._exchange.secrets,
            is_registration=is_registration,
        )
        return (
            yield from worked(
                lambda: document_of(response, self.base), len(response.body) * _SECONDS_PER_BYTE
            )
        )
