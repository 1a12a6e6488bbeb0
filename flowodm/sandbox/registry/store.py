"""Where the embedded registry keeps its schemas: one SQLite file, or memory.

Every request is one transaction that is on the disk before it is answered (write-ahead log,
`synchronous=FULL`), so a kill between two requests loses nothing that was acknowledged. What is
allowed is decided by the endpoints.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flowodm.avro.schema import Schema
from flowodm.errors import SandboxError
from flowodm.registry.cache import BoundedCache
from flowodm.registry.model import Reference

__all__ = [
    "Deleted",
    "Setting",
    "Store",
    "StoreFailure",
    "StoreTimeout",
    "StoredSchema",
    "StoredVersion",
]

Deleted = Literal["hidden", "included", "only"]
"""What a question means by the versions that were soft-deleted."""

Setting = Literal["compatibility", "mode"]

_FORMAT = 1
_TABLES = """
CREATE TABLE schemas (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guid TEXT NOT NULL,
    text TEXT NOT NULL,
    refs TEXT NOT NULL
);
CREATE INDEX schemas_by_guid ON schemas (guid);
CREATE TABLE versions (
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    schema_id INTEGER NOT NULL REFERENCES schemas (id),
    is_deleted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (subject, version)
) WITHOUT ROWID;
CREATE INDEX versions_by_schema ON versions (schema_id);
CREATE TABLE schema_references (
    schema_id INTEGER NOT NULL REFERENCES schemas (id),
    subject TEXT NOT NULL,
    version INTEGER NOT NULL
);
CREATE INDEX schema_references_by_target ON schema_references (subject, version);
CREATE INDEX schema_references_by_schema ON schema_references (schema_id);
CREATE TABLE settings (
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name, subject)
) WITHOUT ROWID;
"""
_BOUNDS: dict[Deleted, tuple[int, int]] = {"hidden": (0, 0), "included": (0, 1), "only": (1, 1)}
"""Between which values of `is_deleted`."""
_SCHEMAS_WHERE = "SELECT id, guid, text, refs FROM schemas WHERE "
_VERSIONS_WHERE = (
    "SELECT v.subject, v.version, v.is_deleted, s.id, s.guid, s.text, s.refs"
    " FROM versions v JOIN schemas s ON s.id = v.schema_id WHERE "
)
_MOST_PARSED = 2_000
_MOST_TEXT = 8 * 1024 * 1024
"""Characters of the schemas that are kept parsed."""
_WHOLE_REGISTRY = ""
"""The subject under which the registry's own settings stand; no subject is empty."""


@dataclass(frozen=True, slots=True)
class StoredSchema:
    """A schema with its id."""

    schema_id: int
    guid: str
    text: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of a subject."""

    subject: str
    version: int
    schema: StoredSchema
    is_deleted: bool


class StoreFailure(Exception):
    """The state cannot be read or written now."""


class StoreTimeout(StoreFailure):
    """Another program holds the file, and does not let go of it."""


class Store:
    """The registry's state; threads may share it, one at a time.

    Args:
        path: The file; None to keep all in memory.
        patience: Seconds to wait for another program that holds the file.

    Raises:
        SandboxError: The file cannot be opened, or is another program's.
    """

    def __init__(self, path: Path | None = None, *, patience: float = 10.0) -> None:
        self._lock = threading.RLock()
        self.parsed: BoundedCache[tuple[str, tuple[Schema, ...]], Schema] = BoundedCache(
            max_entries=_MOST_PARSED, max_weight=_MOST_TEXT
        )
        """Schemas that were parsed before, by their text and what they reference."""
        place = ":memory:" if path is None else str(path)
        try:
            # One connection, no implicit transactions: `transaction` says BEGIN itself.
            self._connection = sqlite3.connect(
                place, isolation_level=None, check_same_thread=False, timeout=patience
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._create()
        except (sqlite3.Error, StoreFailure) as error:
            raise SandboxError(
                f"the registry's file `{place}` cannot be opened: {error}",
                hint="`flowodm sandbox up --reset` begins with an empty one",
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside one step: all of it, or nothing after an exception.

        Raises:
            StoreFailure: The disk is full, or the file cannot be read or written.
            StoreTimeout: Another program holds it.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                is_busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
                raise (StoreTimeout if is_busy else StoreFailure)(str(error)) from error
            finally:
                self._roll_back()

    def _roll_back(self) -> None:
        """Undo what was not committed, if there is any."""
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    # Schemas

    def schema(self, schema_id: int) -> StoredSchema | None:
        """Return the schema of an id."""
        return self._one_schema("id = ?", schema_id)

    def schema_by_guid(self, guid: str) -> StoredSchema | None:
        """Return the schema of a GUID; of several ids the lowest."""
        return self._one_schema("guid = ?", guid)

    def highest_id(self) -> int:
        """Return the highest id there is; 0 when there is none."""
        (found,) = self._connection.execute("SELECT max(id) FROM schemas").fetchone()
        return found or 0

    def add_schema(
        self, guid: str, text: str, references: tuple[Reference, ...], schema_id: int | None = None
    ) -> StoredSchema:
        """Keep a schema under a new id, or under the one given."""
        refs = json.dumps([[one.name, one.subject, one.version] for one in references])
        cursor = self._connection.execute(
            "INSERT INTO schemas (id, guid, text, refs) VALUES (?, ?, ?, ?)",
            (schema_id, guid, text, refs),
        )
        assert cursor.lastrowid is not None
        self._connection.executemany(
            "INSERT INTO schema_references (schema_id, subject, version) VALUES (?, ?, ?)",
            [(cursor.lastrowid, one.subject, one.version) for one in references],
        )
        return StoredSchema(cursor.lastrowid, guid, text, references)

    def referrers(self, subject: str, version: int) -> tuple[int, ...]:
        """List the ids of the live schemas that reference a version."""
        rows = self._connection.execute(
            "SELECT DISTINCT r.schema_id FROM schema_references r JOIN versions v"
            " ON v.schema_id = r.schema_id AND v.is_deleted = 0"
            " WHERE r.subject = ? AND r.version = ? ORDER BY r.schema_id",
            (subject, version),
        )
        return tuple(row[0] for row in rows)

    # Subjects and versions

    def subjects(self, deleted: Deleted = "hidden") -> tuple[str, ...]:
        """List the subjects by name; `only` lists those without a live version."""
        rows = self._connection.execute(
            "SELECT DISTINCT subject FROM versions WHERE is_deleted BETWEEN ? AND ?"
            " ORDER BY subject",
            _BOUNDS[deleted],
        )
        names = tuple(row[0] for row in rows)
        if deleted != "only":
            return names
        live = set(self.subjects())
        return tuple(name for name in names if name not in live)

    def versions(self, subject: str, deleted: Deleted = "hidden") -> tuple[int, ...]:
        """List the versions of a subject, oldest first."""
        rows = self._connection.execute(
            "SELECT version FROM versions WHERE subject = ? AND is_deleted BETWEEN ? AND ?"
            " ORDER BY version",
            (subject, *_BOUNDS[deleted]),
        )
        return tuple(row[0] for row in rows)

    def has_subject(self, subject: str, deleted: Deleted = "hidden") -> bool:
        """Tell whether a subject has a version."""
        row = self._connection.execute(
            "SELECT 1 FROM versions WHERE subject = ? AND is_deleted BETWEEN ? AND ? LIMIT 1",
            (subject, *_BOUNDS[deleted]),
        ).fetchone()
        return row is not None

    def version(
        self, subject: str, version: int | None, deleted: Deleted = "hidden"
    ) -> StoredVersion | None:
        """Return one version of a subject; None as the version means the latest."""
        found = self._found_versions(
            "v.subject = ? AND (? IS NULL OR v.version = ?)"
            " AND is_deleted BETWEEN ? AND ? ORDER BY v.version DESC LIMIT 1",
            (subject, version, version, *_BOUNDS[deleted]),
        )
        return found[0] if found else None

    def versions_of_schema(self, schema_id: int, deleted: Deleted) -> tuple[StoredVersion, ...]:
        """List where a schema is registered."""
        return self._found_versions(
            "v.schema_id = ? AND is_deleted BETWEEN ? AND ? ORDER BY v.subject, v.version",
            (schema_id, *_BOUNDS[deleted]),
        )

    def versions_of_guid(
        self, subject: str, guid: str, deleted: Deleted
    ) -> tuple[StoredVersion, ...]:
        """List the versions of a subject that hold an equal schema, newest first."""
        return self._found_versions(
            "v.subject = ? AND s.guid = ? AND is_deleted BETWEEN ? AND ? ORDER BY v.version DESC",
            (subject, guid, *_BOUNDS[deleted]),
        )

    def all_versions(self, deleted: Deleted) -> tuple[StoredVersion, ...]:
        """List every version of every subject."""
        return self._found_versions(
            "is_deleted BETWEEN ? AND ? ORDER BY v.subject, v.version", _BOUNDS[deleted]
        )

    def add_version(self, subject: str, version: int, schema_id: int) -> None:
        """Put a schema under a version of a subject."""
        self._connection.execute(
            "INSERT INTO versions (subject, version, schema_id) VALUES (?, ?, ?)",
            (subject, version, schema_id),
        )

    def live_versions(self, subject: str) -> Iterator[StoredVersion]:
        """Go through the live versions of a subject, newest first, as far as is asked."""
        for number in reversed(self.versions(subject)):
            yield from self._found_versions("v.subject = ? AND v.version = ?", (subject, number))

    def mark_live(self, subject: str, version: int) -> None:
        """Take a soft deletion back."""
        self._connection.execute(
            "UPDATE versions SET is_deleted = 0 WHERE subject = ? AND version = ?",
            (subject, version),
        )

    def mark_deleted(self, subject: str, version: int) -> None:
        """Soft-delete a version."""
        self._connection.execute(
            "UPDATE versions SET is_deleted = 1 WHERE subject = ? AND version = ?",
            (subject, version),
        )

    def remove(self, subject: str, version: int) -> None:
        """Remove a version, and its schema when nothing holds it any more."""
        row = self._connection.execute(
            "DELETE FROM versions WHERE subject = ? AND version = ? RETURNING schema_id",
            (subject, version),
        ).fetchone()
        if row is None or self.versions_of_schema(row[0], "included"):
            return
        self._connection.execute("DELETE FROM schema_references WHERE schema_id = ?", row)
        self._connection.execute("DELETE FROM schemas WHERE id = ?", row)

    # Settings

    def setting(self, name: Setting, subject: str | None) -> str | None:
        """Return what is set for a subject, or for the registry (None)."""
        row = self._connection.execute(
            "SELECT value FROM settings WHERE name = ? AND subject = ?",
            (name, subject or _WHOLE_REGISTRY),
        ).fetchone()
        return None if row is None else str(row[0])

    def set_setting(self, name: Setting, subject: str | None, value: str) -> None:
        """Set a value."""
        self._connection.execute(
            "INSERT OR REPLACE INTO settings (name, subject, value) VALUES (?, ?, ?)",
            (name, subject or _WHOLE_REGISTRY, value),
        )

    def clear_setting(self, name: Setting, subject: str | None) -> None:
        """Forget a value."""
        self._connection.execute(
            "DELETE FROM settings WHERE name = ? AND subject = ?",
            (name, subject or _WHOLE_REGISTRY),
        )

    def _create(self) -> None:
        with self.transaction():
            (found,) = self._connection.execute("PRAGMA user_version").fetchone()
            if found == _FORMAT:
                return
            (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if found != 0 or tables:
                raise sqlite3.DatabaseError(f"it is of format {found}, not {_FORMAT}")
            for statement in _TABLES.split(";"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {_FORMAT}")

    def _one_schema(self, condition: str, key: int | str) -> StoredSchema | None:
        row = self._connection.execute(
            _SCHEMAS_WHERE + condition + " ORDER BY id LIMIT 1", (key,)
        ).fetchone()
        return None if row is None else _schema(*row)

    def _found_versions(
        self, condition: str, keys: tuple[int | str | None, ...]
    ) -> tuple[StoredVersion, ...]:
        rows = self._connection.execute(_VERSIONS_WHERE + condition, keys)
        return tuple(
            StoredVersion(subject, version, _schema(*schema), bool(is_deleted))
            for subject, version, is_deleted, *schema in rows
        )


def _schema(schema_id: int, guid: str, text: str, refs: str) -> StoredSchema:
    references = tuple(Reference(*entry) for entry in json.loads(refs))
    return StoredSchema(schema_id, guid, text, references)
