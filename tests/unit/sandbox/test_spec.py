"""What a sandbox is made of, as a value."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.sandbox.spec import Credentials, Node, SandboxSpec, free_ports, new_cluster_id

pytestmark = pytest.mark.unit

PORT = st.integers(1, 65535)
TEXT = st.text(min_size=1, max_size=20)
SPECS = st.builds(
    SandboxSpec,
    directory=st.just(Path("/somewhere")),
    cluster_id=st.builds(new_cluster_id),
    nodes=st.lists(st.builds(Node, st.integers(1, 3), PORT, PORT), min_size=1, max_size=3).map(
        tuple
    ),
    registry_port=st.none() | PORT,
    admin=st.none() | st.builds(Credentials, TEXT, TEXT),
    properties=st.dictionaries(TEXT, TEXT).map(lambda found: tuple(found.items())),
)


@given(SPECS)
def test_a_spec_survives_its_json_form(spec: SandboxSpec) -> None:
    assert SandboxSpec.from_json(spec.directory, spec.to_json()) == spec


def plain(**changes: object) -> SandboxSpec:
    values: dict = {
        "directory": Path("/somewhere"),
        "cluster_id": "id",
        "nodes": (Node(1, 9092, 9093), Node(2, 9094, 9095)),
        "registry_port": 8081,
    }
    return SandboxSpec(**(values | changes))


def test_clients_are_told_every_broker() -> None:
    assert plain().client_config() == {"bootstrap.servers": "127.0.0.1:9092,127.0.0.1:9094"}


def test_clients_of_a_secure_sandbox_are_the_admin_unless_someone_else_is_named() -> None:
    spec = plain(admin=Credentials("admin", "one"))
    config = spec.client_config()
    assert config["security.protocol"] == "SASL_SSL"
    assert config["sasl.mechanism"] == "SCRAM-SHA-512"
    assert (config["sasl.username"], config["sasl.password"]) == ("admin", "one")
    assert config["ssl.ca.location"] == "/somewhere/ca.pem"
    assert spec.client_config(Credentials("bob", "two"))["sasl.username"] == "bob"


def test_a_sandbox_without_a_registry_has_no_registry_url() -> None:
    assert plain().registry_url == "http://127.0.0.1:8081"
    assert plain(registry_port=None).registry_url is None


def test_a_cluster_id_is_sixteen_bytes_that_no_command_line_takes_for_an_option() -> None:
    ids = [new_cluster_id() for _ in range(500)]
    assert all(len(base64.urlsafe_b64decode(f"{each}==")) == 16 for each in ids)
    assert not any(each.startswith("-") for each in ids)
    assert len(set(ids)) == 500


def test_free_ports_are_distinct_and_none_that_is_to_be_avoided() -> None:
    first = free_ports(20)
    assert len(set(first)) == 20
    assert not set(free_ports(20, avoid=first)) & set(first)
