"""Asking the embedded registry's rules without a server."""

import json
from typing import Any

from flowodm.sandbox.registry.endpoints import handle
from flowodm.sandbox.registry.http import RegistryRequest, RegistryResponse
from flowodm.sandbox.registry.store import Store


class Registry:
    """A registry in memory.

    Args:
        level: Its compatibility level; None: the one that it begins with.
    """

    def __init__(self, level: str | None = "NONE") -> None:
        self.store = Store()
        if level is not None:
            self.put("config", body={"compatibility": level})

    def ask(
        self, method: str, *segments: str, body: object = None, **query: object
    ) -> RegistryResponse:
        data = b"" if body is None else json.dumps(body).encode()
        texts = {name: str(value) for name, value in query.items()}
        return handle(RegistryRequest(method, segments, texts, data), self.store)

    def get(self, *segments: str, **query: object) -> Any:
        return self._good(self.ask("GET", *segments, **query))

    def put(self, *segments: str, body: object, **query: object) -> Any:
        return self._good(self.ask("PUT", *segments, body=body, **query))

    def delete(self, *segments: str, **query: object) -> Any:
        return self._good(self.ask("DELETE", *segments, **query))

    def register(self, subject: str, schema: str, references: list = (), **more: object) -> Any:
        body = {"schema": schema, "references": list(references), **more}
        return self._good(self.ask("POST", "subjects", subject, "versions", body=body))

    def look_up(self, subject: str, schema: str, **query: object) -> Any:
        return self._good(self.ask("POST", "subjects", subject, body={"schema": schema}, **query))

    def code(self, method: str, *segments: str, body: object = None, **query: object) -> int:
        """Ask what is refused, and return the number; the status is its beginning."""
        response = self.ask(method, *segments, body=body, **query)
        assert isinstance(response.document, dict), response
        code = response.document["error_code"]
        assert isinstance(code, int)
        assert str(code).startswith(str(response.status))
        return code

    @staticmethod
    def _good(response: RegistryResponse) -> Any:
        assert response.status == 200, response
        return response.document if response.text is None else response.text


def record(name: str, *fields: str, **attributes: object) -> str:
    entries = [{"name": one, "type": "int", "default": 0} for one in fields]
    document = {"type": "record", "name": name, **attributes, "fields": entries}
    return json.dumps(document, separators=(",", ":"))


def reference(subject: str, version: int = 1, name: str = "A") -> dict:
    return {"name": name, "subject": subject, "version": version}


A, B, C = (record(name, "x") for name in "ABC")
HOLDER = '{"type":"record","name":"Holder","fields":[{"name":"a","type":"A"}]}'
