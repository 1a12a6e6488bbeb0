"""Confluent's own client and serializers, on the embedded registry."""

import asyncio
import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import (
    AsyncSchemaRegistryClient,
    ConfigCompatibilityLevel,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    SchemaRegistryError,
    ServerConfig,
    header_schema_id_serializer,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from flowodm.sandbox.registry import RegistryServer

pytestmark = pytest.mark.integration

ADDRESS = (
    '{"type":"record","name":"Address","namespace":"n","fields":[{"name":"zip","type":"string"}]}'
)
USER = (
    '{"type":"record","name":"User","namespace":"n",'
    '"fields":[{"name":"id","type":"long"},{"name":"home","type":"n.Address"}]}'
)
USER_VALUE = {"id": 7, "home": {"zip": "1010"}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with RegistryServer() as server:
        yield server.url


@pytest.fixture
def client(url: str) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": url, "max.retries": 0}) as client:
        yield client


@pytest.fixture
def topic() -> str:
    return f"test-{uuid.uuid4().hex}"


def schema(*fields: str) -> Schema:
    """A schema that may follow every other one that this function makes."""
    entries = ",".join(f'{{"name":"{one}","type":["null","int"],"default":null}}' for one in fields)
    return Schema(f'{{"type":"record","name":"R","doc":"{uuid.uuid4().hex}","fields":[{entries}]}}')


def context(topic: str, field: MessageField = MessageField.VALUE) -> SerializationContext:
    return SerializationContext(topic, field, [])


def refused(code: int, status: int):
    return pytest.raises(SchemaRegistryError, match=rf"HTTP status code {status}, SR code {code}")


def test_schemas_are_registered_and_read(client: SchemaRegistryClient, topic: str) -> None:
    first, second = schema("a"), schema("b")
    ids = [client.register_schema(topic, one) for one in (first, second)]
    client.clear_caches()
    assert client.get_schema(ids[0]).schema_str == first.schema_str
    assert client.get_versions(topic) == [1, 2]
    latest = client.get_latest_version(topic)
    assert (latest.version, latest.schema_id) == (2, ids[1])
    assert client.get_version(topic, 1).schema_id == ids[0]
    assert client.get_schema_by_guid(latest.guid).schema_str == second.schema_str
    assert client.lookup_schema(topic, second).version == 2
    assert client.get_subjects_by_schema_id(ids[0]) == [topic]
    (place,) = client.get_schema_versions(ids[0])
    assert (place.subject, place.version) == (topic, 1)
    assert topic in client.get_subjects()
    assert client.get_subjects(subject_prefix=topic) == [topic]
    assert client.get_schema_types() == ["AVRO"]
    assert client.get_contexts() == ["."]


def test_a_registered_schema_comes_back_whole(client: SchemaRegistryClient, topic: str) -> None:
    registered = client.register_schema_full_response(topic, schema("a"))
    assert (registered.subject, registered.version) == (topic, 1)
    assert str(uuid.UUID(registered.guid)) == registered.guid


def test_errors_carry_confluents_numbers(client: SchemaRegistryClient, topic: str) -> None:
    with refused(40401, 404):
        client.get_versions(topic)
    with refused(40403, 404):
        client.get_schema(987654321)
    with refused(42201, 422):
        client.register_schema(topic, Schema('{"type":"recrod"}'))
    with refused(42201, 422):
        client.register_schema(topic, Schema(""))
    client.register_schema(topic, schema("a"))
    with refused(40402, 404):
        client.get_version(topic, 5)
    with refused(42202, 422):
        client.get_version(topic, "newest")
    with refused(40403, 404):
        client.lookup_schema(topic, schema("b"))


def test_deletion_is_soft_first(client: SchemaRegistryClient, topic: str) -> None:
    for one in "abc":
        client.register_schema(topic, schema(one))
    with refused(40407, 404):
        client.delete_version(topic, 1, permanent=True)
    assert client.delete_version(topic, 1) == 1
    assert client.get_versions(topic) == [2, 3]
    assert client.get_versions(topic, deleted=True) == [1, 2, 3]
    assert client.get_versions(topic, deleted_only=True) == [1]
    with refused(40406, 404):
        client.delete_version(topic, 1)
    assert client.delete_version(topic, 1, permanent=True) == 1
    with refused(40405, 404):
        client.delete_subject(topic, permanent=True)
    assert client.delete_subject(topic) == [2, 3]
    with refused(40404, 404):
        client.delete_subject(topic)
    assert topic not in client.get_subjects()
    assert topic in client.get_subjects(deleted=True)
    assert client.delete_subject(topic, permanent=True) == [2, 3]
    assert topic not in client.get_subjects(deleted=True)


REQUIRING = Schema('{"type":"record","name":"R","fields":[{"name":"must","type":"int"}]}')


def test_compatibility_levels_are_kept_and_enforced(
    client: SchemaRegistryClient, topic: str
) -> None:
    assert client.get_compatibility() == "BACKWARD"
    assert client.get_config().compatibility_level == "BACKWARD"
    client.register_schema(topic, schema("a"))
    assert client.test_compatibility(topic, schema("a"))
    assert not client.test_compatibility(topic, REQUIRING)
    assert not client.test_compatibility(topic, REQUIRING, version=1)
    assert not client.test_compatibility_all_versions(topic, REQUIRING, verbose=True)
    with refused(40901, 409):
        client.register_schema(topic, REQUIRING)
    assert client.set_compatibility(topic, "NONE") == {"compatibility": "NONE"}
    assert client.register_schema(topic, REQUIRING)


def test_a_subjects_level_is_set_and_deleted(client: SchemaRegistryClient, topic: str) -> None:
    with refused(42203, 422):
        client.set_compatibility(level="SIDEWAYS")
    with refused(40408, 404):
        client.get_compatibility(topic)
    for level in ConfigCompatibilityLevel:
        answer = client.set_config(topic, ServerConfig(compatibility=level))
        assert answer == {"compatibility": level}
        assert client.get_config(topic).compatibility_level == level
    assert client.delete_config(topic).compatibility_level == level
    with refused(40408, 404):
        client.get_config(topic)
    with refused(40401, 404):
        client.delete_config(topic)


@pytest.fixture
def own_client() -> Iterator[SchemaRegistryClient]:
    """Of a registry whose own settings no other test sees."""
    with (
        RegistryServer() as server,
        SchemaRegistryClient({"url": server.url, "max.retries": 0}) as client,
    ):
        yield client


def test_the_registrys_level_is_set_and_deleted(own_client: SchemaRegistryClient) -> None:
    own_client.set_compatibility(level="FULL")
    assert own_client.get_compatibility() == "FULL"
    assert own_client.delete_config().compatibility_level == "FULL"
    assert own_client.get_compatibility() == "BACKWARD"


def test_the_registrys_mode_is_set(own_client: SchemaRegistryClient, topic: str) -> None:
    assert own_client.update_global_mode("READONLY") == "READONLY"
    assert own_client.get_global_mode() == "READONLY"
    with refused(42205, 422):
        own_client.register_schema(topic, schema("a"))
    own_client.update_global_mode("READWRITE")
    own_client.register_schema(topic, schema("a"))
    with refused(42205, 422):
        own_client.update_global_mode("IMPORT")
    assert own_client.update_global_mode("IMPORT", force=True) == "IMPORT"


def test_modes_are_kept(client: SchemaRegistryClient, topic: str) -> None:
    assert client.get_global_mode() == "READWRITE"
    with refused(40409, 404):
        client.get_mode(topic)
    assert client.update_mode(topic, "READONLY") == "READONLY"
    with refused(42205, 422):
        client.register_schema(topic, schema("a"))
    with refused(42204, 422):
        client.update_mode(topic, "SIDEWAYS")
    assert client.delete_mode(topic) == "READONLY"
    client.register_schema(topic, schema("a"))


def test_lists_are_paged_as_they_ask(client: SchemaRegistryClient, topic: str) -> None:
    for one in "abc":
        client.register_schema(topic, schema(one))
    assert client.get_versions(topic, offset=1, limit=1) == [2]
    schema_id = client.get_latest_version(topic).schema_id
    assert client.get_subjects(subject_prefix=topic, offset=0, limit=1) == [topic]
    assert client.get_subjects_by_schema_id(schema_id, deleted=True, limit=1) == [topic]
    assert client.get_schema_versions(schema_id, subject_name=topic, limit=1)[0].version == 3
    assert client.get_contexts(offset=0, limit=1) == ["."]
    assert client.get_referenced_by(topic, 1) == []


def test_deleted_subjects_are_listed_alone(client: SchemaRegistryClient, topic: str) -> None:
    written = schema("a")
    client.register_schema(topic, written)
    client.delete_subject(topic)
    assert topic in client.get_subjects(deleted_only=True)
    client.clear_caches()
    assert client.get_version(topic, 1, deleted=True).version == 1
    assert client.lookup_schema(topic, written, deleted=True).version == 1
    client.clear_caches()
    with refused(40401, 404):
        client.lookup_schema(topic, written)


def test_a_normalized_schema_is_found_whatever_the_order_of_its_props(
    client: SchemaRegistryClient, topic: str
) -> None:
    one, other = (
        Schema(f'{{"type":"fixed","name":"F","size":1,{props}}}')
        for props in ('"b":1,"a":2', '"a":2,"b":1')
    )
    schema_id = client.register_schema(topic, one, normalize_schemas=True)
    assert client.register_schema(topic, other, normalize_schemas=True) == schema_id
    assert client.lookup_schema(topic, other, normalize_schemas=True).version == 1
    assert client.test_compatibility(topic, other, normalize=True)


def test_a_schema_is_resolved_when_they_ask(client: SchemaRegistryClient, topic: str) -> None:
    client.register_schema(f"{topic}-address", Schema(ADDRESS))
    references = [SchemaReference("n.Address", f"{topic}-address", 1)]
    schema_id = client.register_schema(topic, Schema(USER, "AVRO", references))
    client.clear_caches()
    assert '"zip"' in (client.get_schema(schema_id, fmt="resolved").schema_str or "")
    assert '"zip"' not in (client.get_latest_version(topic).schema.schema_str or "")


def test_no_schema_has_metadata_and_no_topic_associations(
    client: SchemaRegistryClient, topic: str
) -> None:
    client.register_schema(topic, schema("a"))
    with refused(40403, 404):
        client.get_latest_with_metadata(topic, {"owner": "me"})
    assert client.get_associations_by_resource_name(topic, "-", "topic") == []


@pytest.mark.parametrize("subject", ["a/b c%2F", "ü ✓", ":.lab:orders", "a?b#c&d=e+f"])
def test_a_subject_may_have_any_name(client: SchemaRegistryClient, subject: str) -> None:
    schema_id = client.register_schema(subject, Schema(ADDRESS))
    assert subject in client.get_subjects()
    assert client.get_latest_version(subject).schema_id == schema_id
    assert client.delete_subject(subject) == [1]


def test_referenced_schemas_cannot_be_deleted(client: SchemaRegistryClient, topic: str) -> None:
    client.register_schema(f"{topic}-address", Schema(ADDRESS))
    references = [SchemaReference("n.Address", f"{topic}-address", 1)]
    user = client.register_schema(topic, Schema(USER, "AVRO", references))
    assert client.get_referenced_by(f"{topic}-address", 1) == [user]
    with refused(42206, 422):
        client.delete_subject(f"{topic}-address")
    with refused(42206, 422):
        client.delete_version(f"{topic}-address", 1)
    with refused(42201, 422):
        client.register_schema(
            topic, Schema(USER, "AVRO", [SchemaReference("n.Address", "nowhere", 1)])
        )


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("field", [MessageField.VALUE, MessageField.KEY])
def test_serializers_register_what_they_write(
    client: SchemaRegistryClient, topic: str, normalize: bool, field: MessageField
) -> None:
    client.register_schema(f"{topic}-address", Schema(ADDRESS))
    references = [SchemaReference("n.Address", f"{topic}-address", 1)]
    serializer = AvroSerializer(
        client, Schema(USER, "AVRO", references), conf={"normalize.schemas": normalize}
    )
    data = serializer(USER_VALUE, context(topic, field))
    with SchemaRegistryClient(client.config()) as fresh:
        assert AvroDeserializer(fresh)(data, context(topic, field)) == USER_VALUE
    assert client.get_versions(f"{topic}-{field}") == [1]


def test_the_guid_in_a_header_leads_back_to_the_schema(
    client: SchemaRegistryClient, topic: str
) -> None:
    conf = {"schema.id.serializer": header_schema_id_serializer}
    written = context(topic)
    data = AvroSerializer(client, ADDRESS, conf=conf)({"zip": "12345 1010"}, written)
    assert data == b"\x1412345 1010"
    assert [name for name, _ in written.headers] == ["__value_schema_id"]
    with SchemaRegistryClient(client.config()) as fresh:
        assert AvroDeserializer(fresh)(data, written) == {"zip": "12345 1010"}


def test_a_serializer_can_use_the_latest_version(client: SchemaRegistryClient, topic: str) -> None:
    client.register_schema(f"{topic}-value", Schema(ADDRESS))
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    data = AvroSerializer(client, conf=conf)({"zip": "1"}, context(topic))
    assert AvroDeserializer(client)(data, context(topic)) == {"zip": "1"}


def test_a_serializer_that_may_not_register_looks_up(
    client: SchemaRegistryClient, topic: str
) -> None:
    serializer = AvroSerializer(client, ADDRESS, conf={"auto.register.schemas": False})
    with refused(40401, 404):
        serializer({"zip": "1"}, context(topic))
    client.register_schema(f"{topic}-value", Schema(ADDRESS))
    assert serializer({"zip": "1"}, context(topic))[:1] == b"\0"


def test_their_asyncio_client_works_too(url: str, topic: str) -> None:
    async def go() -> None:
        async with AsyncSchemaRegistryClient({"url": url}) as client:
            schema_id = await client.register_schema(topic, Schema(ADDRESS))
            assert (await client.get_schema(schema_id)).schema_str == ADDRESS
            assert (await client.get_latest_version(topic)).schema_id == schema_id

    asyncio.run(go())
