"""The embedded registry's promise: what it acknowledged is there after any number of `kill -9`.

Several clients register, delete and set levels all the time. Each keeps the book of what was
acknowledged, and a request whose answer never came may have been done or not.
"""

import http.client
import json
import random
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.registry_process import RegistryProcess
from tests.servers import wait_until
from tests.soak import kills

pytestmark = pytest.mark.faults

SEED = 4711
KILLS = kills(5)
CLIENTS = 4
SHARED = "shared"
"""The subject in which every client registers."""


def schema(number: int) -> str:
    """One of many schemas that may follow each other."""
    return f'{{"type":"fixed","name":"F","size":1,"number":{number}}}'


class Gone(Exception):
    """The registry ended before it answered."""


class Connection:
    """A connection that sends each request once."""

    def __init__(self, url: str) -> None:
        self._http = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, document: object = None) -> tuple[int, Any]:
        body = None if document is None else json.dumps(document)
        try:
            self._http.request(method, path, body, {"Content-Type": "application/json"})
            response = self._http.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._http.close()
            raise Gone from error

    def get(self, path: str, missing: Any) -> Any:
        status, document = self.ask("GET", path)
        return missing if status == 404 else document

    def register(self, subject: str, number: int) -> tuple[int, int]:
        status, answer = self.ask(
            "POST", f"/subjects/{subject}/versions", {"schema": schema(number)}
        )
        assert status == 200, answer
        return answer["id"], answer["version"]


class Book:
    """What was acknowledged, by all clients."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.numbers: dict[int, int] = {}
        """Which schema an id stands for."""
        self.shared: dict[int, tuple[int, int]] = {}
        """The id and version of a schema in the shared subject."""
        self.faults: list[str] = []
        self.count = 0

    def note(self, number: int, schema_id: int) -> None:
        with self._lock:
            self.count += 1
            if self.numbers.setdefault(schema_id, number) != number:
                self.faults.append(f"id {schema_id}: {self.numbers[schema_id]} and {number}")

    def note_shared(self, number: int, place: tuple[int, int]) -> None:
        self.note(number, place[0])
        with self._lock:
            if self.shared.setdefault(number, place) != place:
                self.faults.append(f"schema {number}: {self.shared[number]} and {place}")


@dataclass(frozen=True)
class Own:
    """A subject that one client alone changes."""

    live: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()
    level: str | None = None

    def registered(self) -> "Own":
        return replace(self, live=(*self.live, max((0, *self.live, *self.deleted)) + 1))

    def hidden(self, version: int) -> "Own":
        live = tuple(one for one in self.live if one != version)
        deleted = tuple(sorted((*self.deleted, version)))
        return Own(live, deleted, self.level if live else None)

    def removed(self, version: int) -> "Own":
        deleted = tuple(one for one in self.deleted if one != version)
        return Own(self.live, deleted, self.level if self.live else None)


class Client(threading.Thread):
    """Changes the registry until it is gone."""

    def __init__(self, url: str, number: int, book: Book, own: list[Own], seed: int) -> None:
        super().__init__()
        self._connection = Connection(url)
        self._subject = f"own-{number}"
        self._first = (number + 1) * 1_000_000 + seed * 10_000
        self._book = book
        self.own = own
        """What its subject may be: one state, or two after a request without an answer."""
        self._chance = random.Random(SEED * 1000 + seed * CLIENTS + number)
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self._settle()
            while True:
                self._first += 1
                self._share()
                self._change()
        except Gone:
            pass
        except BaseException as error:
            self.failure = error

    def _settle(self) -> None:
        found = read_own(self._connection, self._subject)
        assert found in self.own, (found, self.own)
        self.own = [found]

    def _share(self) -> None:
        """Register what the others register too, at the same time."""
        number = len(self._book.shared) + self._chance.randint(0, 1)
        self._book.note_shared(number, self._connection.register(SHARED, number))

    def _change(self) -> None:
        (before,) = self.own
        kind = self._chance.choice(("register", "register", "hide", "remove", "level"))
        if kind == "hide" and before.live:
            version = self._chance.choice(before.live)
            self._drop(version, before.hidden(version), "")
        elif kind == "remove" and before.deleted:
            version = self._chance.choice(before.deleted)
            self._drop(version, before.removed(version), "?permanent=true")
        elif kind == "level" and before.live:
            self._set_level(self._chance.choice(("FULL", "NONE", "FORWARD")))
        else:
            self.own = [before, before.registered()]
            schema_id, version = self._connection.register(self._subject, self._first)
            assert version == self.own[1].live[-1]
            self._book.note(self._first, schema_id)
            self.own = self.own[1:]

    def _drop(self, version: int, after: Own, query: str) -> None:
        self._do("DELETE", f"/subjects/{self._subject}/versions/{version}{query}", None, after)

    def _set_level(self, level: str) -> None:
        after = replace(self.own[0], level=level)
        self._do("PUT", f"/config/{self._subject}", {"compatibility": level}, after)

    def _do(self, method: str, path: str, document: object, after: Own) -> None:
        self.own = [self.own[0], after]
        status, answer = self._connection.ask(method, path, document)
        assert status == 200, answer
        self.own = [after]


def read_own(connection: Connection, subject: str) -> Own:
    place = f"/subjects/{subject}/versions"
    config = connection.get(f"/config/{subject}", {})
    return Own(
        tuple(connection.get(place, [])),
        tuple(connection.get(f"{place}?deletedOnly=true", [])),
        config.get("compatibilityLevel"),
    )


def test_kill_9_under_concurrent_clients_loses_nothing_and_uses_no_id_twice(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    chance = random.Random(SEED)
    book = Book()
    own = [[Own()] for _ in range(CLIENTS)]
    for kill in range(KILLS):
        own = _round(path, book, own, kill, chance.randint(40, 160))
    with (
        RegistryProcess("--file", str(path)) as process,
        closing(Connection(process.url)) as connection,
    ):
        _compare(connection, book, own)
    with closing(sqlite3.connect(path)) as state:
        assert state.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert book.count > 40 * KILLS


def _round(
    path: Path, book: Book, own: list[list[Own]], kill: int, answers: int
) -> list[list[Own]]:
    """Have all clients change the registry, kill it after some answers, and say what may be."""
    with RegistryProcess("--file", str(path)) as process:
        clients = [
            Client(process.url, number, book, states, kill) for number, states in enumerate(own)
        ]
        for client in clients:
            client.start()
        wanted = book.count + answers
        wait_until(
            lambda: book.count >= wanted or not all(client.is_alive() for client in clients),
            seconds=60,
            what=f"{answers} answers",
        )
        process.popen.kill()
        for client in clients:
            client.join()
    assert [client.failure for client in clients] == [None] * CLIENTS
    assert not book.faults
    return [client.own for client in clients]


def _compare(connection: Connection, book: Book, own: list[list[Own]]) -> None:
    versions = connection.ask("GET", f"/schemas?subjectPrefix={SHARED}")[1]
    found = {one["schema"]: (one["id"], one["version"]) for one in versions}
    assert {number: found.get(schema(number)) for number in book.shared} == book.shared
    assert [one["version"] for one in versions] == list(range(1, len(versions) + 1))
    for number, states in enumerate(own):
        assert read_own(connection, f"own-{number}") in states
    everything = connection.ask("GET", "/schemas?deleted=true")[1]
    texts = {(one["id"], one["schema"]) for one in everything}
    assert max(Counter(schema_id for schema_id, _ in texts).values()) == 1
    assert max(Counter(text for _, text in texts).values()) == 1
    for schema_id, text in texts:
        assert schema_id not in book.numbers or text == schema(book.numbers[schema_id])
