"""A registry that is asked what the suite asks every registry, and compared with what is wanted."""

import http.client
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.integration.registry_conformance.differences import APICURIO, Difference

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"


@dataclass(frozen=True)
class Answer:
    """What a registry answered."""

    status: int
    document: Any
    """The JSON; None when it is none."""

    @property
    def outcome(self) -> str:
        """The status, and the registry's number where it says more: `200`, `404 40401`.

        What is incompatible is told by the status alone: older registries say 409 in the body,
        newer ones 40901.
        """
        number = self.document.get("error_code") if isinstance(self.document, dict) else None
        says_more = number not in (None, self.status, 40901)
        return f"{self.status} {number}" if says_more else str(self.status)


class AskedRegistry:
    """One registry in one test.

    Args:
        url: Its address.
        test: The test's name.
        differences: By test, where it answers otherwise.
    """

    def __init__(self, url: str, test: str, differences: dict[str, Difference]) -> None:
        parts = urlsplit(url)
        self._host, self._base = parts.netloc, parts.path.rstrip("/")
        self._test = test
        self._difference = differences.get(test)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        **query: object,
    ) -> Answer:
        """Send one request; the path is sent as it is, a body that is no bytes as JSON."""
        for _ in range(2):  # now and then Apicurio leaves a request without any answer
            with suppress(TimeoutError):
                return self._ask(method, path, body, 5, headers, query)
        return self._ask(method, path, body, 30, headers, query)

    def _ask(
        self,
        method: str,
        path: str,
        body: object,
        timeout: float,
        headers: dict[str, str] | None,
        query: dict[str, object],
    ) -> Answer:
        connection = http.client.HTTPConnection(self._host, timeout=timeout)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        target = f"{self._base}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            connection.request(
                method, target, data, {"Content-Type": CONTENT_TYPE} | (headers or {})
            )
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        try:
            return Answer(response.status, json.loads(text))
        except ValueError:
            return Answer(response.status, None)

    def given(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """Send a request that must succeed before anything can be tested."""
        answer = self.ask(method, path, body, **query)
        if answer.status != 200 and self._difference is not None:
            assert answer.outcome == self._difference.found, answer
            pytest.xfail(self._difference.reason)
        assert answer.status == 200, answer
        return answer.document

    def register(self, subject: str, schema: str, **more: object) -> Any:
        """Register a schema, which must succeed."""
        path = f"/subjects/{quoted(subject)}/versions"
        return self.given("POST", path, {"schema": schema, **more})

    def then(self, found: object, wanted: object) -> None:
        """Compare what was found with what every registry answers, or this one by the list.

        Where the list names the test, what was found must be what the list says, and not what is
        wanted: a difference that is gone is a failure too.
        """
        if self._difference is None:
            assert found == wanted
            return
        assert found != wanted, f"`{self._test}` is no difference any more: take it off the list"
        assert found == self._difference.found, self._difference.reason

    @classmethod
    def embedded(cls, url: str, test: str) -> "AskedRegistry":
        """Ask the embedded registry, of which nothing may differ."""
        return cls(url, test, {})

    @classmethod
    def apicurio(cls, url: str, test: str) -> "AskedRegistry":
        """Ask Apicurio."""
        return cls(url, test, APICURIO)


def quoted(name: str) -> str:
    """Write a name as a segment of a path."""
    return quote(name, safe="")


def record(*fields: str, name: str = "R", **attributes: object) -> str:
    """The text of a record whose fields are integers; `field!` has no default."""
    entries = [
        {"name": one.rstrip("!"), "type": "int", **({} if one.endswith("!") else {"default": 0})}
        for one in fields
    ]
    document = {"type": "record", "name": name, **attributes, "fields": entries}
    return json.dumps(document, separators=(",", ":"))
