"""The registry client on the embedded registry and on one that nobody here wrote."""

import asyncio
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowodm.config import RegistryConfig
from flowodm.errors import (
    RegistryError,
    RegistryUnreachable,
    SchemaCompatibilityError,
    SchemaError,
    SchemaNotFound,
    SubjectNotFound,
)
from flowodm.registry import AsyncSchemaRegistry, Reference, SchemaDocument, SchemaRegistry
from flowodm.sandbox.registry import RegistryServer
from flowodm.sandbox.registry.store import Store

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


def test_a_guid_leads_to_its_schema(embedded_url: str, subject: str) -> None:
    with SchemaRegistry(RegistryConfig(url=embedded_url)) as registry:
        registered = registry.register(subject, record("a"))
        guid = registry.version(subject).schema.guid
        assert guid is not None
        assert registry.parsed_by_guid(guid) == registry.parsed(registered.schema_id)
        assert registry.schema_by_guid(guid).text == registered.text


def test_a_guid_the_registry_cannot_know_is_not_found(registry: SchemaRegistry) -> None:
    with pytest.raises(SchemaNotFound, match="has no schema `0000"):
        registry.parsed_by_guid("00000000-0000-0000-0000-000000000000")


def test_versions_and_subjects_are_deleted(registry: SchemaRegistry, subject: str) -> None:
    for name in "abc":
        registry.register(subject, record(name))
    assert registry.delete_version(subject, 1) == 1
    assert registry.versions(subject) == (2, 3)
    # Apicurio counts those that were deleted before.
    assert set(registry.delete_subject(subject)) - {1} == {2, 3}
    with pytest.raises(SubjectNotFound):
        registry.versions(subject)
    assert subject not in registry.subjects(subject)


def test_referrers_are_listed(registry: SchemaRegistry, subject: str) -> None:
    registry.register(f"{subject}-address", ADDRESS)
    user = registry.register(subject, USER, [Reference("n.Address", f"{subject}-address", 1)])
    assert registry.referenced_by(f"{subject}-address", 1) == (user.schema_id,)


def test_a_subjects_level_is_set_and_read(registry: SchemaRegistry, subject: str) -> None:
    registry.register(subject, record("a"))
    assert registry.compatibility_level() == "NONE"
    assert registry.set_compatibility_level("NONE", subject) == "NONE"
    assert registry.compatibility_level(subject) == "NONE"
    registry.delete_compatibility_level(subject)
    # Apicurio tells the registry's level where a subject has none.
    assert registry.compatibility_level(subject) in (None, "NONE")


def test_a_subject_has_no_level_until_it_is_set(embedded_url: str, subject: str) -> None:
    with SchemaRegistry(RegistryConfig(url=embedded_url)) as registry:
        assert registry.compatibility_level(subject) is None
        assert registry.mode(subject) is None


def test_the_registrys_mode_and_languages_are_read(registry: SchemaRegistry) -> None:
    assert registry.mode() == "READWRITE"
    assert "AVRO" in registry.schema_types()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("JSON", '{"type":"object","properties":{"id":{"type":"string"}}}'),
        ("PROTOBUF", 'syntax = "proto3";\nmessage Order {\n  string id = 1;\n}\n'),
    ],
)
def test_a_subject_in_another_language_is_listed_and_shown_and_not_parsed(
    apicurio_url: str, subject: str, kind: str, text: str
) -> None:
    with SchemaRegistry(RegistryConfig(url=apicurio_url)) as registry:
        registered = registry.register(subject, SchemaDocument(text, kind))
        assert subject in registry.subjects()
        found = registry.version(subject).schema
        assert (found.schema_type, found.schema_id) == (kind, registered.schema_id)
        assert "id" in found.text
        with pytest.raises(SchemaError, match=f"is {kind}, not Avro"):
            registry.parsed(registered.schema_id)


def test_the_embedded_registry_says_that_it_keeps_avro_only(
    embedded_url: str, subject: str
) -> None:
    with (
        SchemaRegistry(RegistryConfig(url=embedded_url)) as registry,
        pytest.raises(RegistryError, match="keeps AVRO only") as caught,
    ):
        registry.register(subject, SchemaDocument("{}", "JSON"))
    assert caught.value.code == 42201


def test_a_breaking_schema_is_refused_and_the_verdict_says_why(
    apicurio_url: str, subject: str
) -> None:
    old = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
    new = '{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}'
    with SchemaRegistry(RegistryConfig(url=apicurio_url)) as registry:
        registry.register(subject, old)
        registry.set_compatibility_level("BACKWARD", subject)
        assert registry.compatibility(subject, old).compatible
        verdict = registry.compatibility(subject, new)
        assert not verdict.compatible
        with pytest.raises(SchemaCompatibilityError, match=f"subject `{subject}`") as caught:
            registry.register(subject, new)
        assert caught.value.exit_code == 3
        assert registry.versions(subject) == (1,)


def test_a_base_path_that_is_missing_is_said_to_be(apicurio_url: str) -> None:
    base = apicurio_url.removesuffix("/apis/ccompat/v7")
    with (
        SchemaRegistry(RegistryConfig(url=base)) as registry,
        pytest.raises(RegistryUnreachable) as caught,
    ):
        registry.subjects()
    assert "/apis/ccompat/v7" in str(caught.value.hint)


def test_what_confluents_serializer_wrote_is_found(url: str, subject: str) -> None:
    from confluent_kafka.schema_registry import SchemaRegistryClient
    from confluent_kafka.schema_registry.avro import AvroSerializer
    from confluent_kafka.serialization import MessageField, SerializationContext

    topic = subject.removesuffix("-value")
    with SchemaRegistryClient({"url": url}) as client:
        data = AvroSerializer(client, ADDRESS)(
            {"zip": "1"}, SerializationContext(topic, MessageField.VALUE)
        )
    assert data is not None
    with SchemaRegistry(RegistryConfig(url=url)) as registry:
        schema_id = int.from_bytes(data[1:5], "big")
        assert registry.parsed(schema_id).name == "n.Address"
        assert registry.version(subject).schema.schema_id == schema_id


def test_five_thousand_subjects_are_listed(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite")
    with store.transaction():
        schema = store.add_schema("guid", '"int"', ())
        for number in range(5000):
            store.add_version(f"subject-{number:04}", 1, schema.schema_id)
    store.close()
    with (
        RegistryServer(tmp_path / "state.sqlite") as server,
        SchemaRegistry(RegistryConfig(url=server.url)) as registry,
    ):
        assert len(registry.subjects()) == 5000
        assert registry.subjects("subject-499") == tuple(
            f"subject-{number}" for number in range(4990, 5000)
        )
