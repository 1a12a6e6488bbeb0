"""What a named sandbox is made of, and where its ports go."""

import socket
from pathlib import Path

import pytest

from flowodm.errors import SandboxError, UsageError
from flowodm.sandbox import lifecycle, state
from flowodm.sandbox.lifecycle import Wish
from flowodm.sandbox.servers import PortTaken

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def data_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_the_first_sandbox_wants_the_usual_ports_and_others_do_not() -> None:
    first = lifecycle._new_spec(state.DEFAULT_NAME, Wish())
    assert (first.nodes[0].port, first.registry_port) == (9092, 8081)
    second = lifecycle._new_spec("second", Wish())
    assert second.nodes[0].port != 9092
    assert second.registry_port != 8081


def test_ports_that_are_wished_are_had() -> None:
    spec = lifecycle._new_spec("one", Wish(nodes=3, port=2001, registry_port=2002))
    assert (spec.nodes[0].port, spec.registry_port) == (2001, 2002)
    assert [node.id for node in spec.nodes] == [1, 2, 3]
    ports = [port for _, port in lifecycle._ports(spec)]
    assert len(set(ports)) == 7


@pytest.mark.parametrize("nodes", [0, 2, 4])
def test_a_sandbox_has_one_node_or_three(nodes: int) -> None:
    with pytest.raises(UsageError, match="1 node or 3"):
        lifecycle._new_spec("one", Wish(nodes=nodes))


def test_one_port_cannot_be_both_servers() -> None:
    with pytest.raises(UsageError, match="both"):
        lifecycle._new_spec("one", Wish(port=2001, registry_port=2001))


def test_ports_stay_as_they_are_while_they_are_free() -> None:
    spec = lifecycle._new_spec("one", Wish())
    assert lifecycle._fit_ports("one", spec, Wish(), set()) == spec


def test_only_the_port_that_is_taken_moves() -> None:
    spec = lifecycle._new_spec("one", Wish())
    with socket.create_server(("127.0.0.1", spec.nodes[0].port)):
        fitted = lifecycle._fit_ports("one", spec, Wish(), set())
    assert fitted.nodes[0].port != spec.nodes[0].port
    assert fitted.nodes[0].controller_port == spec.nodes[0].controller_port
    assert fitted.registry_port == spec.registry_port
    assert lifecycle._moved(spec, fitted) == ((spec.nodes[0].port, fitted.nodes[0].port),)


def test_a_port_that_was_asked_for_does_not_move() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wish = Wish(port=taken.getsockname()[1])
        spec = lifecycle._new_spec("one", wish)
        with pytest.raises(PortTaken, match=f"port {wish.port} is taken"):
            lifecycle._fit_ports("one", spec, wish, set())


def test_a_sandbox_that_runs_in_part_does_not_move() -> None:
    spec = lifecycle._new_spec("one", Wish())
    assert spec.registry_port
    with (
        socket.create_server(("127.0.0.1", spec.registry_port)),
        pytest.raises(PortTaken, match="runs in part"),
    ):
        lifecycle._fit_ports("one", spec, Wish(), {"node-1"})


def test_a_wished_port_that_was_the_controllers_pushes_that_one_away() -> None:
    spec = lifecycle._new_spec("one", Wish())
    wanted = spec.nodes[0].controller_port
    fitted = lifecycle._fit_ports("one", spec, Wish(port=wanted), set())
    assert fitted.nodes[0].port == wanted
    assert fitted.nodes[0].controller_port not in (wanted, fitted.registry_port)


def test_a_running_sandbox_is_not_moved_by_a_wish() -> None:
    spec = lifecycle._new_spec("one", Wish())
    with pytest.raises(SandboxError, match="is running on port"):
        lifecycle._fit_ports("one", spec, Wish(port=1), {"node-1"})


def test_reading_the_status_makes_nothing(tmp_path: Path) -> None:
    assert lifecycle.read_statuses() == ()
    assert lifecycle.read_status("one") is None
    assert list(tmp_path.iterdir()) == []
