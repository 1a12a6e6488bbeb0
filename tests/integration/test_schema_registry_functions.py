"""`flowodm.schema` with the embedded registry and with one that nobody here wrote."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowodm import schema as functions
from flowodm.avro import CompatibilityLevel, parse
from flowodm.config import Context
from flowodm.connection import KafkaConnection
from flowodm.errors import (
    ChangeRefused,
    RegistryError,
    RegistryUnreachable,
    SchemaCompatibilityError,
    SubjectNotFound,
    UsageError,
)
from flowodm.registry import Reference

pytestmark = pytest.mark.integration

FIRST = {
    "type": "record",
    "name": "shop.Order",
    "fields": [{"name": "id", "type": "string"}, {"name": "count", "type": "int"}],
}
WIDER = {
    "type": "record",
    "name": "shop.Order",
    "fields": [*FIRST["fields"], {"name": "note", "type": ["null", "string"], "default": None}],
}
WITHOUT_COUNT = {"type": "record", "name": "shop.Order", "fields": FIRST["fields"][:1]}
REQUIRED_NOTE = {
    "type": "record",
    "name": "shop.Order",
    "fields": [*FIRST["fields"][:1], {"name": "note", "type": "string"}],
}
"""It cannot read `WITHOUT_COUNT`; and `FIRST`, whose `count` has no default, cannot read it."""
BREAKING = {
    "type": "record",
    "name": "shop.Order",
    "fields": [{"name": "id", "type": "long"}, {"name": "must", "type": "string"}],
}


class Functions:
    """The functions through one of their two faces: `call("list_subjects", …)`."""

    def __init__(self, is_async: bool, connection: KafkaConnection) -> None:
        self._is_async = is_async
        self.connection = connection

    def __call__(self, name: str, *arguments: Any, **options: Any) -> Any:
        options = {"connection": self.connection} | options
        if not self._is_async:
            return getattr(functions, name)(*arguments, **options)
        return asyncio.run(getattr(functions, f"a{name}")(*arguments, **options))


def connection_to(registry_url: str, **settings: Any) -> KafkaConnection:
    context = {
        "name": "test",
        "source": "test",
        "bootstrap_servers": "127.0.0.1:1",
        "schema_registry": {"url": registry_url},
    }
    return KafkaConnection(Context.model_validate(context | settings))


@pytest.fixture(params=["blocking", "asyncio"])
def call(request: pytest.FixtureRequest, any_registry: str) -> Iterator[Functions]:
    with connection_to(any_registry) as connection:
        yield Functions(request.param == "asyncio", connection)


@pytest.fixture
def subject() -> str:
    return f"orders-{uuid.uuid4().hex}-value"


def test_what_is_uploaded_is_loaded_listed_and_deleted(call: Functions, subject: str) -> None:
    schema_id = call("upload_schema", FIRST, subject)
    assert call("upload_schema", FIRST, subject) == schema_id
    assert call("load_schema_from_registry", subject) == parse(FIRST)
    call("upload_schema", WIDER, subject)
    assert call("load_schema_from_registry", subject) == parse(WIDER)
    assert call("load_schema_from_registry", subject, 1) == parse(FIRST)
    assert call("get_schema_versions", subject) == (1, 2)
    assert subject in call("list_subjects")
    assert call("list_subjects", subject) == (subject,)
    assert call("delete_subject", subject) == (1, 2)
    assert subject not in call("list_subjects")


@pytest.mark.parametrize("is_hidden", [False, True], ids=["live", "soft-deleted"])
def test_a_permanent_deletion_leaves_nothing(
    call: Functions, subject: str, is_hidden: bool
) -> None:
    call("upload_schema", FIRST, subject)
    if is_hidden:
        call("delete_subject", subject)
    call("delete_subject", subject, permanent=True)
    assert subject not in call.connection.schema_registry().subjects(deleted=True)


def test_a_subject_that_is_not_there_is_named(call: Functions, subject: str) -> None:
    for name in ("load_schema_from_registry", "get_schema_versions", "delete_subject"):
        with pytest.raises(SubjectNotFound, match=subject):
            call(name, subject)
    with pytest.raises(SubjectNotFound, match=subject):
        call("delete_subject", subject, permanent=True)
    call("upload_schema", FIRST, subject)
    with pytest.raises(SubjectNotFound, match="version 7"):
        call("load_schema_from_registry", subject, 7)


def test_references_are_fetched(call: Functions, subject: str) -> None:
    call("upload_schema", FIRST, subject)
    basket = {
        "type": "record",
        "name": "shop.Basket",
        "fields": [{"name": "orders", "type": {"type": "array", "items": "shop.Order"}}],
    }
    references = [Reference("shop.Order", subject, 1)]
    call("upload_schema", basket, f"{subject}-basket", references=references)
    loaded = call("load_schema_from_registry", f"{subject}-basket")
    assert loaded.names["shop.Order"].fullname == "shop.Order"
    assert loaded == parse(basket, references=[parse(FIRST)])


def test_a_file_is_uploaded(call: Functions, subject: str, tmp_path: Path) -> None:
    path = tmp_path / "order.avsc"
    path.write_text(json.dumps(FIRST, indent=2))
    call("upload_schema", path, subject)
    assert call("load_schema_from_registry", subject) == parse(FIRST)


def test_a_new_subject_takes_any_schema(call: Functions, subject: str) -> None:
    result = call("check_compatibility", FIRST, subject)
    assert result.is_compatible
    assert result.incompatibilities == ()
    assert subject in result.message


@pytest.fixture
def strict(apicurio_url: str, subject: str) -> Iterator[KafkaConnection]:
    """Apicurio, which checks what it says; the subject is at BACKWARD and holds a schema."""
    with connection_to(apicurio_url) as connection:
        functions.upload_schema(FIRST, subject, "BACKWARD", connection=connection)
        yield connection


def test_a_compatible_schema_is_said_to_be_one(strict: KafkaConnection, subject: str) -> None:
    result = functions.check_compatibility(WIDER, subject, connection=strict)
    assert result.is_compatible
    assert result.compatibility_level == "BACKWARD"
    assert result.message == (
        f"`shop.Order` may follow what is registered under `{subject}` at level BACKWARD"
    )


def test_an_incompatible_schema_is_said_to_be_one_and_why(
    strict: KafkaConnection, subject: str
) -> None:
    """Apicurio does not say why; then it is found here."""
    result = functions.check_compatibility(BREAKING, subject, connection=strict)
    assert not result.is_compatible
    assert (
        result.message == f"`shop.Order` may not follow version 1 of `{subject}` at level BACKWARD"
    )
    assert result.incompatibilities == (
        (
            "`/fields/0/type`, reading version 1: `string` was written, and the reader wants "
            "`long`; read `string` (or `bytes`), or the union of `string` and `long`"
        ),
        (
            "`/fields/1`, reading version 1: the reader's field `must` was not written, and has "
            "no default; give `must` a default, or an alias if it was written under another name"
        ),
    )


@pytest.mark.parametrize(
    ("level", "version"),
    [
        ("NONE", None),
        ("BACKWARD", 2),
        ("BACKWARD_TRANSITIVE", 2),
        ("FORWARD", None),
        ("FORWARD_TRANSITIVE", 1),
        ("FULL", 2),
        ("FULL_TRANSITIVE", 2),
    ],
)
def test_defect_28_any_level_is_checked_whichever_is_in_force(
    call: Functions, subject: str, level: CompatibilityLevel, version: int | None
) -> None:
    """0.3.1 took the level, checked at another, and reported the one it was given."""
    call("upload_schema", FIRST, subject)
    call("upload_schema", WITHOUT_COUNT, subject)
    result = call("check_compatibility", REQUIRED_NOTE, subject, level)
    assert (result.is_compatible, result.version) == (version is None, version)
    assert result.compatibility_level == level
    assert level in result.message
    if version is not None:
        assert len(result.incompatibilities) == len(result.verdict.incompatibilities) == 1
        assert f"version {version}: " in result.incompatibilities[0]


def test_a_level_is_checked_for_a_first_version_too(call: Functions, subject: str) -> None:
    result = call("check_compatibility", FIRST, subject, "FULL")
    assert (result.is_compatible, result.compatibility_level) == (True, "FULL")
    with pytest.raises(UsageError, match="`FULLER`"):
        call("check_compatibility", FIRST, subject, "FULLER")


def test_a_level_of_no_registry_is_refused_with_a_suggestion(
    strict: KafkaConnection, subject: str
) -> None:
    with pytest.raises(UsageError, match="`BACKWARDS`") as caught:
        functions.check_compatibility(
            WIDER, subject, "BACKWARDS", connection=strict  # type: ignore[arg-type]
        )
    assert caught.value.hint == "did you mean `BACKWARD`?"


def test_an_incompatible_schema_is_not_registered(strict: KafkaConnection, subject: str) -> None:
    with pytest.raises(SchemaCompatibilityError, match=subject):
        functions.upload_schema(BREAKING, subject, connection=strict)
    assert functions.get_schema_versions(subject, connection=strict) == (1,)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("upload_schema", (WIDER,)), ("delete_subject", ()), ("delete_subject", (True,))],
)
def test_a_read_only_context_changes_nothing(
    name: str, arguments: tuple[Any, ...], call: Functions, any_registry: str, subject: str
) -> None:
    call("upload_schema", FIRST, subject)
    order = (*arguments[:1], subject) if name == "upload_schema" else (subject, *arguments)
    with (
        connection_to(any_registry, read_only=True) as read_only,
        pytest.raises(ChangeRefused, match="read-only"),
    ):
        call(name, *order, connection=read_only)
    assert call("get_schema_versions", subject) == (1,)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("load_schema_from_registry", ("x",)),
        ("get_schema_versions", ("x",)),
        ("check_compatibility", (FIRST, "x")),
        ("upload_schema", (FIRST, "x")),
        ("delete_subject", ("x",)),
        ("list_subjects", ()),
    ],
)
def test_a_registry_that_is_down_is_named(name: str, arguments: tuple[Any, ...]) -> None:
    with (
        connection_to("http://127.0.0.1:1") as connection,
        pytest.raises(RegistryUnreachable, match=r"127\.0\.0\.1:1"),
    ):
        getattr(functions, name)(*arguments, connection=connection)


def test_the_default_connection_is_used(registry_url: str, subject: str) -> None:
    from flowodm.connection import connect

    with connect(bootstrap_servers="127.0.0.1:1", schema_registry_url=registry_url) as connection:
        functions.upload_schema(FIRST, subject)
        assert functions.get_schema_versions(subject) == (1,)
    connection.reset()


def test_a_level_that_cannot_be_set_is_an_error_and_nothing_is_registered(
    registry_url: str, subject: str
) -> None:
    """0.3.1 went on without it."""
    with connection_to(registry_url) as connection:
        connection.schema_registry().set_mode("READONLY", subject)
        with pytest.raises(RegistryError, match="read-only"):
            functions.upload_schema(FIRST, subject, "BACKWARD", connection=connection)
        assert functions.list_subjects(subject, connection=connection) == ()
