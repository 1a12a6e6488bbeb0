"""What users name is loaded, or refused with the source, the place and a cure."""

import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowodm.avro.document import MAX_CHARACTERS
from flowodm.config import RegistryConfig
from flowodm.errors import FlowODMError, SchemaError, SchemaParseError, SubjectNotFound, UsageError
from flowodm.registry import SchemaRegistry
from flowodm.registry.local import answered_here
from flowodm.registry.wire import Response
from flowodm.sources import Sources, Unloadable, load_source
from flowodm.testing.registry import MockRegistry

pytestmark = pytest.mark.unit

ORDER = '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "order.avsc").write_text(ORDER)
    return tmp_path


@pytest.fixture
def registry() -> Iterator[SchemaRegistry]:
    with MockRegistry("http://sources.test") as mock:
        yield SchemaRegistry(RegistryConfig(url=mock.url))


def test_a_file_is_loaded_with_its_text_and_its_path(folder: Path) -> None:
    loaded = load_source("schemas/order.avsc", directory=folder)
    assert (loaded.label, loaded.text) == ("schemas/order.avsc", ORDER)
    assert loaded.path == folder / "schemas" / "order.avsc"
    assert loaded.schema.name == "Order"


def test_a_directory_of_one_schema_is_that_schema(folder: Path) -> None:
    assert load_source("schemas", directory=folder).label == "schemas/order.avsc"


def test_one_schema_of_several_has_to_be_named(folder: Path) -> None:
    (folder / "schemas" / "bill.avsc").write_text(ORDER.replace("Order", "Bill"))
    with pytest.raises(UsageError, match="holds 2 schemas, and one is needed") as caught:
        load_source("schemas", directory=folder)
    assert caught.value.hint == "name one of them: `schemas/bill.avsc`, `schemas/order.avsc`"


def test_a_directory_without_schemas_is_an_error(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(UsageError, match=r"directory `empty` holds no `\.avsc` file"):
        load_source("empty", directory=folder)


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("schemas/ordr.avsc", "did you mean `schemas/order.avsc`?"),
        ("schema/order.avsc", "there is no directory"),
        ("orders-value", "a subject's version is `orders-value@latest`"),
    ],
)
def test_a_missing_file_comes_with_what_may_be_meant(folder: Path, source: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"there is no file `{source}`") as caught:
        load_source(source, directory=folder)
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "the text is empty"),
        (b"{", "line 1"),
        (b"nonsense", "nothing defines a type"),
        (b'syntax = "proto3";\nmessage A {}', "this is a Protobuf file"),
        (b'@namespace("a") protocol P { record A {} }', "this is Avro IDL"),
        (b'{"type": "record", "type": "enum"}', "stands twice"),
        (b'{"$schema": "x", "properties": {}}', "this is a JSON Schema"),
        (b"\xff\xfe{", "not UTF-8"),
        (b"[" * 100_000, "nested more than"),
    ],
)
def test_what_is_no_avro_schema_is_said_to_be_what_it_is(
    folder: Path, text: bytes, reason: str
) -> None:
    (folder / "x.avsc").write_bytes(text)
    with pytest.raises(SchemaParseError) as caught:
        load_source("x.avsc", directory=folder)
    assert caught.value.reason.startswith("`x.avsc`: ")
    assert reason in caught.value.message


def test_a_file_of_more_than_ten_megabytes_is_not_read(folder: Path) -> None:
    (folder / "big.avsc").write_bytes(b" " * (MAX_CHARACTERS + 1))
    with pytest.raises(SchemaParseError, match=r"`big\.avsc` is larger than 10 MiB"):
        load_source("big.avsc", directory=folder)


def test_an_endless_file_is_not_read_for_ever(folder: Path) -> None:
    with pytest.raises(SchemaParseError, match="larger than 10 MiB"):
        load_source("/dev/zero", directory=folder)


def test_a_broken_file_of_a_directory_stands_beside_the_others(folder: Path) -> None:
    (folder / "schemas" / "broken.avsc").write_text("{")
    broken, order = Sources(folder).load_all("schemas")
    assert isinstance(broken, Unloadable)
    assert order.label == "schemas/order.avsc"


def test_standard_input_is_a_source_that_may_be_named_twice(folder: Path) -> None:
    sources = Sources(folder, stdin=io.BytesIO(ORDER.encode()))
    assert sources.load("-").schema == sources.load("-").schema
    assert sources.load("-").label == "standard input"


# Models

MODELS = """
from flowodm import FlowBaseModel
from pydantic import BaseModel

print("imported")

class Order(FlowBaseModel):
    class Settings:
        topic = "orders"
    id: int

class Bill(FlowBaseModel):
    class Settings:
        topic = "bills"
    id: int

class Plain(BaseModel):
    id: int
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    import sys

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "sourced_models.py").write_text(MODELS)
    yield lambda line: None
    sys.modules.pop("sourced_models", None)


def test_a_model_is_a_source_with_a_subject(models: object) -> None:
    told: list[str] = []
    loaded = Sources(tell=told.append).load("model:sourced_models:Order")
    assert (loaded.label, loaded.subject) == ("model sourced_models:Order", "orders-value")
    assert loaded.text == loaded.schema.to_json()
    assert told == ["imported"]


def test_a_class_without_a_topic_has_no_subject(models: object) -> None:
    assert load_source("model:sourced_models:Plain").subject is None


def test_a_module_is_every_class_with_a_topic_in_it(models: object) -> None:
    found = Sources().load_all("model:sourced_models")
    assert [each.label for each in found] == [
        "model sourced_models:Order",
        "model sourced_models:Bill",
    ]


# Versions


def test_a_version_is_loaded_with_what_it_references(
    registry: SchemaRegistry, tmp_path: Path
) -> None:
    registry.register("orders-value", ORDER)
    loaded = load_source("orders-value@latest", registry=registry, directory=tmp_path)
    assert (loaded.label, loaded.short_label) == ("orders-value v1", "v1")
    assert (loaded.subject, loaded.version, loaded.schema_id) == ("orders-value", 1, 1)


@pytest.mark.parametrize("source", ["latest", "1", "v1"])
def test_a_version_alone_is_one_of_the_subject_that_is_known(
    registry: SchemaRegistry, source: str
) -> None:
    registry.register("orders-value", ORDER)
    assert load_source(source, registry=registry, subject="orders-value").version == 1


def test_a_version_alone_needs_a_subject(registry: SchemaRegistry) -> None:
    with pytest.raises(UsageError, match="`latest` needs a subject"):
        load_source("latest", registry=registry)


def test_another_contexts_registry_is_asked(registry: SchemaRegistry) -> None:
    registry.register("orders-value", ORDER)
    asked: list[str] = []

    def registry_of(name: str) -> SchemaRegistry:
        asked.append(name)
        return registry

    loaded = Sources(context_registry=registry_of).load("context:prod", subject="orders-value")
    assert asked == ["prod"]
    assert loaded.label == "orders-value v1 of context prod"


def test_a_subject_that_is_not_there_comes_with_the_one_that_is_meant(
    registry: SchemaRegistry,
) -> None:
    registry.register("orders-value", ORDER)
    with pytest.raises(SubjectNotFound) as caught:
        load_source("order-value@1", registry=registry)
    assert caught.value.hint == "did you mean `orders-value`?"


def test_a_version_that_is_not_there_comes_with_those_that_are(registry: SchemaRegistry) -> None:
    registry.register("orders-value", ORDER)
    with pytest.raises(SubjectNotFound) as caught:
        load_source("orders-value@7", registry=registry)
    assert caught.value.hint == "its versions: 1"


def test_a_version_needs_a_registry(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs a schema registry"):
        load_source("orders-value@1", directory=tmp_path)


# Commits


@pytest.fixture
def repository(folder: Path) -> Path:
    (folder / "schemas" / "use.avsc").write_text(
        '{"type": "record", "name": "Use", "fields": [{"name": "o", "type": "Order"}]}'
    )
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", "one")
    (folder / "schemas" / "order.avsc").write_text(ORDER.replace("long", "int"))
    return folder


def _git(folder: Path, *arguments: str) -> None:
    identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in _WHAT}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **identity}
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True)


_WHAT = ("NAME", "EMAIL")


def test_a_file_is_loaded_as_it_was_in_a_commit(repository: Path) -> None:
    loaded = load_source("git:HEAD:schemas/order.avsc", directory=repository)
    assert (loaded.label, loaded.text) == ("git:HEAD:schemas/order.avsc", ORDER)
    assert loaded.path is None


def test_a_file_is_loaded_as_it_is_staged(repository: Path) -> None:
    _git(repository, "add", ".")
    assert '"int"' in load_source("git::schemas/order.avsc", directory=repository).text


def test_a_path_may_start_from_here(repository: Path) -> None:
    loaded = load_source("git:main:./order.avsc", directory=repository / "schemas")
    assert loaded.text == ORDER


@pytest.mark.parametrize("source", ["git:main:schemas", "git:main:schemas/", "git::schemas"])
def test_a_directory_of_a_commit_is_all_of_its_schemas(repository: Path, source: str) -> None:
    found = Sources(repository).load_all(source)
    start = source.rstrip("/")
    assert [each.label for each in found] == [f"{start}/order.avsc", f"{start}/use.avsc"]


@pytest.mark.parametrize("revision", ["main", ""])
def test_a_file_of_a_commit_uses_its_neighbours_of_that_commit(
    repository: Path, revision: str
) -> None:
    loaded = load_source(f"git:{revision}:schemas/use.avsc", directory=repository)
    assert '"long"' in loaded.uses[0].text


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("git:mian:schemas/order.avsc", "git knows no revision `mian`", "a branch, a tag"),
        (
            "git:main:schemas/ordr.avsc",
            "there is no `schemas/ordr.avsc` in `main`",
            "did you mean `git:main:schemas/order.avsc`?",
        ),
        ("git:main:nothing", "there is no `nothing` in `main`", "from the root"),
        ("git::nothing", "there is no `nothing` staged", "from the root"),
        ("git:main:../x.avsc", "lies outside the repository", ""),
    ],
)
def test_what_a_commit_does_not_have_is_told(
    repository: Path, source: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        load_source(source, directory=repository)
    assert hint in str(caught.value.hint)


def test_outside_a_repository_that_is_what_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    with pytest.raises(UsageError, match="is in no git repository"):
        load_source("git:main:x.avsc", directory=folder)


def test_a_program_that_a_repository_names_is_not_run(repository: Path) -> None:
    program = repository / "run.sh"
    program.write_text(f"#!/bin/sh\ntouch {repository}/was-run\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external"):
        _git(repository, "config", key, str(program))
    assert Sources(repository).load_all("git::schemas")
    assert Sources(repository).load_all("git:main:schemas")
    assert not (repository / "was-run").exists()


def test_what_a_commit_lacks_is_not_fetched(repository: Path) -> None:
    for key, value in (
        ("extensions.partialClone", "origin"),
        ("core.repositoryFormatVersion", "1"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::touch {repository}/was-fetched"),
        ("protocol.ext.allow", "always"),
    ):
        _git(repository, "config", key, value)
    for path in (repository / ".git" / "objects").glob("??/*"):
        path.chmod(0o644)
        path.unlink()
    with pytest.raises(FlowODMError):
        load_source("git:main:schemas/order.avsc", directory=repository)
    assert not (repository / "was-fetched").exists()


def test_a_link_in_a_commit_is_not_followed(repository: Path) -> None:
    (repository / "link.avsc").symlink_to("/etc/passwd")
    _git(repository, "add", ".")
    with pytest.raises(FlowODMError):
        load_source("git::link.avsc", directory=repository)
    assert [each.label for each in Sources(repository).load_all("git::schemas")]


def test_a_schema_that_is_not_avro_is_named() -> None:
    body = b'{"subject": "odd", "version": 1, "id": 1, "schemaType": "JSON", "schema": "{}"}'
    with answered_here("http://odd.test", lambda request: Response(200, {}, body)):
        registry = SchemaRegistry(RegistryConfig(url="http://odd.test"))
        with pytest.raises(SchemaError, match="`odd v1` is JSON, not Avro"):
            load_source("odd@1", registry=registry)
