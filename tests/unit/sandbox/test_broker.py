"""Kafka's properties of a sandbox's nodes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowodm.sandbox import broker
from flowodm.sandbox.spec import Credentials, Node, SandboxSpec

pytestmark = pytest.mark.unit


def spec_of(count: int, **changes: object) -> SandboxSpec:
    nodes = tuple(Node(number, 9000 + number, 9100 + number) for number in range(1, count + 1))
    values: dict = {"directory": Path("/d"), "cluster_id": "id", "registry_port": None}
    return SandboxSpec(nodes=nodes, **(values | changes))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("admin", [None, Credentials("admin", "secret")])
def test_a_node_listens_on_the_loopback_interface_only(
    count: int, admin: Credentials | None
) -> None:
    spec = spec_of(count, admin=admin)
    for node in spec.nodes:
        found = broker.properties_of(spec, node)
        addresses = ",".join([found["listeners"], found["advertised.listeners"]])
        assert set(re.findall(r"//([^:]*):", addresses)) == {"127.0.0.1"}
        assert set(re.findall(r"@([^:]*):", found["controller.quorum.voters"])) == {"127.0.0.1"}


def test_three_nodes_are_voters_of_one_quorum_and_keep_three_copies() -> None:
    spec = spec_of(3)
    found = [broker.properties_of(spec, node) for node in spec.nodes]
    voters = {each["controller.quorum.voters"] for each in found}
    assert voters == {"1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103"}
    assert [each["node.id"] for each in found] == ["1", "2", "3"]
    assert {each["offsets.topic.replication.factor"] for each in found} == {"3"}
    assert len({each["log.dirs"] for each in found}) == 3


def test_topics_are_not_made_by_asking_for_them_unless_the_caller_wants_that() -> None:
    key = "auto.create.topics.enable"
    spec = spec_of(1)
    assert broker.properties_of(spec, spec.nodes[0])[key] == "false"
    spec = spec_of(1, properties=((key, "true"),))
    assert broker.properties_of(spec, spec.nodes[0])[key] == "true"


def test_a_secure_node_takes_clients_by_scram_over_tls_and_asks_the_authorizer() -> None:
    spec = spec_of(1, admin=Credentials("admin", "secret"))
    found = broker.properties_of(spec, spec.nodes[0])
    assert found["listeners"].startswith("SASL_SSL://")
    assert found["sasl.enabled.mechanisms"] == "SCRAM-SHA-512"
    assert found["authorizer.class.name"].endswith("StandardAuthorizer")
    assert "allow.everyone.if.no.acl.found" not in found


@given(st.dictionaries(st.from_regex(r"[a-z.]{1,20}", fullmatch=True), st.text(max_size=30)))
def test_any_value_survives_the_properties_format(values: dict[str, str]) -> None:
    text = broker._to_properties(values)
    assert text.isascii()
    assert read_properties(text) == values


def read_properties(text: str) -> dict[str, str]:
    """Read what Java's `Properties.load` would, of the little that is used here."""
    found = {}
    for line in text.splitlines():
        name, value = line.split("=", 1)
        value = value.lstrip(" \t\f")  # as Java does
        units = re.sub(
            r"\\(?:u([0-9a-f]{4})|(.))",
            lambda match: chr(int(match[1], 16)) if match[1] else match[2],
            value,
        )
        found[name] = units.encode("utf-16", "surrogatepass").decode("utf-16")
    return found
