"""The registry client on the embedded registry and on one that nobody here wrote."""

import asyncio
import threading
import uuid
from collections.abc import Iterator

import pytest

from flowodm.config import RegistryConfig
from flowodm.errors import RegistryError, SchemaNotFound, SubjectNotFound
from flowodm.registry import AsyncSchemaRegistry, Reference, SchemaRegistry
from flowodm.sandbox.registry_server import RegistryServer

pytestmark = pytest.mark.integration

ADDRESS = (
    '{"type":"record","name":"Address","namespace":"n","fields":[{"name":"zip","type":"string"}]}'
)
USER = (
    '{"type":"record","name":"User","namespace":"n",'
    '"fields":[{"name":"id","type":"long"},{"name":"home","type":"n.Address"}]}'
)


@pytest.fixture(scope="module")
def embedded_url() -> Iterator[str]:
    with RegistryServer() as server:
        yield server.url


@pytest.fixture(params=["embedded", "apicurio"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def registry(url: str) -> Iterator[SchemaRegistry]:
    with SchemaRegistry(RegistryConfig(url=url)) as registry:
        registry.set_compatibility_level("NONE")
        yield registry


@pytest.fixture
def subject() -> str:
    return f"test-{uuid.uuid4().hex}-value"


def record(*fields: str) -> str:
    entries = ",".join(
        f'{{"name":"{name}","type":["null","int"],"default":null}}' for name in fields
    )
    return f'{{"type":"record","name":"R{uuid.uuid4().hex}","fields":[{entries}]}}'


def test_a_registered_schema_is_found_by_its_id(registry: SchemaRegistry, subject: str) -> None:
    text = record("a")
    registered = registry.register(subject, text)
    registry.forget()
    found = registry.schema_by_id(registered.schema_id)
    assert registry.parsed(registered.schema_id).to_json() == text
    assert found.schema_type == "AVRO"
    assert found.references == ()


def test_registering_the_same_again_gives_the_same_id(
    registry: SchemaRegistry, subject: str
) -> None:
    text = record("a")
    assert registry.register(subject, text) == registry.register(subject, text)
    assert registry.versions(subject) == (1,)


def test_the_latest_version_is_the_last_one_registered(
    registry: SchemaRegistry, subject: str
) -> None:
    ids = [registry.register(subject, record(*fields)).schema_id for fields in ("a", "ab", "abc")]
    assert registry.versions(subject) == (1, 2, 3)
    assert registry.version(subject).schema.schema_id == ids[-1]
    assert registry.version(subject, 1).schema.schema_id == ids[0]
    assert registry.version(subject, 2).version == 2


def test_a_new_version_is_the_latest_at_once_for_the_client_that_made_it(
    registry: SchemaRegistry, subject: str
) -> None:
    registry.register(subject, record("a"))
    assert registry.version(subject).version == 1
    registry.register(subject, record("b"))
    assert registry.version(subject).version == 2


def test_a_schema_is_looked_up_under_its_subject(registry: SchemaRegistry, subject: str) -> None:
    registered = registry.register(subject, record("a"))
    found = registry.lookup(subject, registered)
    assert (found.subject, found.version) == (subject, 1)
    assert found.schema.schema_id == registered.schema_id


def test_an_unknown_schema_under_a_known_subject_is_said_to_be_one(
    registry: SchemaRegistry, subject: str
) -> None:
    registry.register(subject, record("a"))
    with pytest.raises(SchemaNotFound):
        registry.lookup(subject, record("b"))


def test_references_are_resolved_when_a_schema_is_parsed(
    registry: SchemaRegistry, subject: str
) -> None:
    registry.register(f"{subject}-address", ADDRESS)
    reference = Reference("n.Address", f"{subject}-address", 1)
    user = registry.register(subject, USER, [reference])
    registry.forget()
    schema = registry.parsed(user.schema_id)
    assert schema.name == "n.User"
    assert set(schema.names) == {"n.User", "n.Address"}
    assert registry.schema_by_id(user.schema_id).references == (reference,)


def test_a_schema_tells_where_it_is_registered(registry: SchemaRegistry, subject: str) -> None:
    text = record("a")
    first = registry.register(subject, text)
    registry.register(f"{subject}-2", text)
    assert set(registry.subject_versions(first.schema_id)) == {(subject, 1), (f"{subject}-2", 1)}


@pytest.mark.parametrize("name", ["a/b", "50%", "ünï✓", "a b+c", "q?x=1#y", "..", "%2F"])
def test_a_subject_may_hold_any_printable_character(registry: SchemaRegistry, name: str) -> None:
    subject = name if name == ".." else f"{name}-{uuid.uuid4().hex}"
    registered = registry.register(subject, record("a"))
    assert registry.version(subject).schema.schema_id == registered.schema_id
    assert subject in registry.subjects()


def test_subjects_are_listed_by_prefix(registry: SchemaRegistry, subject: str) -> None:
    for ending in ("-1", "-2"):
        registry.register(subject + ending, record("a"))
    assert registry.subjects(subject) == (f"{subject}-1", f"{subject}-2")
    assert registry.subjects(f"{subject}-none") == ()


def test_what_is_not_there_is_named(registry: SchemaRegistry, subject: str) -> None:
    with pytest.raises(SchemaNotFound, match="has no schema id 987654321"):
        registry.parsed(987654321)
    with pytest.raises(SubjectNotFound, match=f"subject `{subject}`"):
        registry.versions(subject)
    registry.register(subject, record("a"))
    with pytest.raises(SubjectNotFound, match=f"version 7 of subject `{subject}`"):
        registry.version(subject, 7)


def test_a_text_that_is_no_schema_is_refused_with_the_reason(
    registry: SchemaRegistry, subject: str
) -> None:
    with pytest.raises(RegistryError) as caught:
        registry.register(subject, '{"type":"recrod","name":"X","fields":[]}')
    assert caught.value.status == 422
    assert caught.value.code == 42201


def test_threads_share_a_client(registry: SchemaRegistry, subject: str) -> None:
    ids = [registry.register(subject, record(name)).schema_id for name in "abcdef"]
    registry.forget()
    names: list[str] = []

    def read() -> None:
        names.extend(registry.parsed(schema_id).name for schema_id in ids)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 48
    assert len(set(names)) == 6


def test_the_asyncio_client_gives_the_same_answers(
    registry: SchemaRegistry, subject: str, url: str
) -> None:
    registry.register(f"{subject}-address", ADDRESS)
    user = registry.register(subject, USER, [Reference("n.Address", f"{subject}-address", 1)])

    async def ask() -> None:
        async with AsyncSchemaRegistry(RegistryConfig(url=url)) as other:
            parsed = await asyncio.gather(*(other.parsed(user.schema_id) for _ in range(5)))
            assert set(parsed) == {registry.parsed(user.schema_id)}
            assert await other.version(subject) == registry.version(subject)
            assert await other.subjects(subject) == registry.subjects(subject)
            with pytest.raises(SchemaNotFound, match="987654321"):
                await other.schema_by_id(987654321)

    asyncio.run(ask())
