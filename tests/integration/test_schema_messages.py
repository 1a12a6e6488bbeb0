"""A registry's reasons against a schema reach the caller, as it words them."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.schema import CompatibilityResult, check_compatibility

pytestmark = pytest.mark.integration

REASONS = (
    (
        "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'must' at path "
        "'/fields/1' in the new schema has no default value and is missing in the old schema'}"
    ),
    (
        "{errorType:'TYPE_MISMATCH', description:'The type (path '/fields/0/type') of a field in the "
        "new schema does not match with the old schema'}"
    ),
)


class _Answers(BaseHTTPRequestHandler):
    """What Confluent Schema Registry answers, word for word."""

    def do_GET(self) -> None:
        self._answer({"compatibilityLevel": "FULL_TRANSITIVE"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"is_compatible": False, "messages": REASONS})

    def _answer(self, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(30)


def test_every_reason_is_told_with_the_level(url: str) -> None:
    settings = {
        "name": "test",
        "source": "test",
        "bootstrap_servers": "127.0.0.1:1",
        "schema_registry": {"url": url},
    }
    with KafkaConnection(Context.model_validate(settings)) as connection:
        result = check_compatibility('"string"', "orders-value", connection=connection)
    assert result == CompatibilityResult(
        False,
        REASONS,
        "FULL_TRANSITIVE",
        "`string` may not follow what is registered under `orders-value` at level FULL_TRANSITIVE",
    )
