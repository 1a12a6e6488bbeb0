"""What goes wrong in a world: nothing answers any more, or everything does again."""

from flowodm.errors import BrokerUnreachable, ConfigurationError, FlowODMError, RegistryUnreachable
from tests.tui.fakes import Fakes
from tests.tui.visits import World

DOWN = BrokerUnreachable(
    "cannot reach a broker at localhost:9092 (connection refused, 3 tries in 2.0 s)",
    hint="start a local one: flowodm sandbox up · check the address: flowodm doctor",
)
REGISTRY_DOWN = RegistryUnreachable(
    "cannot reach the registry at http://localhost:8081 (connection refused)",
    hint="check the address: flowodm doctor",
)
BAD_FILE = ConfigurationError(
    "flowodm.yaml:12: unknown key `bootstrap_server` in context `local`",
    hint="did you mean `bootstrap_servers`?",
)


def fail(world: World) -> None:
    """Let everything fail from now on."""
    break_all(world.fakes, DOWN, REGISTRY_DOWN, BAD_FILE)
    world.clock.now += 42


def heal(world: World) -> None:
    break_all(world.fakes, None, None, None)


def break_all(
    fakes: Fakes,
    brokers: FlowODMError | None,
    registry: FlowODMError | None,
    file: FlowODMError | None,
) -> None:
    for one in (fakes.cluster, fakes.topics, fakes.groups, fakes.brokers, fakes.plan):
        one.error = brokers
    fakes.records.error = fakes.records.broken = brokers
    fakes.topics.readers_error = fakes.topics.settings_error = brokers
    fakes.records.decode_error = registry
    fakes.cluster.registry_error = fakes.topics.schemas_error = registry
    fakes.schemas.error = fakes.schemas.level_error = fakes.produce.error = registry
    fakes.brokers.contexts_error = file
