"""What is where, and what is nowhere."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flowodm.sandbox.registry.store import Store
from tests.unit.sandbox.registry.asking import Registry

pytestmark = pytest.mark.unit


def test_small_endpoints(registry: Registry) -> None:
    assert registry.get() == {}
    assert registry.get("contexts") == ["."]
    assert registry.ask("HEAD", "subjects").status == 200
    assert registry.get("schemas", "types") == ["AVRO"]
    assert registry.get("associations", "resources", "-", "topic") == []
    assert registry.get("v1", "metadata", "version")["version"].startswith("flowodm-")
    assert registry.get("v1", "metadata", "id")["scope"]["path"] == []


def test_what_is_nowhere_is_404_and_what_cannot_be_done_405(registry: Registry) -> None:
    assert registry.code("GET", "nowhere") == 404
    assert registry.code("GET", "subjects", "s", "versions", "1", "x", "y") == 404
    assert registry.code("PATCH", "subjects") == 405
    assert registry.code("PUT", "subjects", "s") == 405


def test_a_store_that_fails_is_50001(registry: Registry) -> None:
    registry.store.close()
    assert registry.code("GET", "subjects") == 50001


def test_a_file_that_another_program_holds_is_50002(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    registry.store = Store(path, patience=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert registry.code("GET", "subjects") == 50002
    assert registry.get("subjects") == []
    registry.store.close()
