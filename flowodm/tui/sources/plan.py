"""What the project declares against the cluster, as the plan's screen shows it; reading only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from flowodm.errors import PlanError
from flowodm.tui.sources.failure import Failure, failure_of
from flowodm.tui.sources.loading import load_registry
from flowodm.tui.sources.patience import Patience

if TYPE_CHECKING:
    from flowodm.config import Context
    from flowodm.config.files import ConfigFile
    from flowodm.connection import KafkaConnection
    from flowodm.plan import Desired, Difference, Plan

__all__ = ["KafkaPlan", "PlanSource", "Planned", "Tell"]

Tell: TypeAlias = Callable[[str], None]
"""Called from the thread that plans."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, proven, and what differs from what is declared."""

    plan: "Plan"
    differences: "tuple[Difference, ...]"
    context: "Context"
    """Where it would be carried out."""
    at: datetime
    """When it was made."""
    unknown: Failure | None = None
    """Why the differences are not known."""


class PlanSource(Protocol):
    """Answers for the plan's screen; each question may block, and raises `FlowODMError`."""

    def plan(self, tell: Tell = lambda text: None) -> Planned | str | None:
        """Plan and prove; nothing is changed.

        Tells how far it is, in words. None: no file declares anything; a name: of the file that
        declares neither topics nor schemas.
        """


class KafkaPlan:
    """The project's `flowodm.yaml` against a real cluster.

    Args:
        connection: Its clients.
        patience: How long they are waited for.
        config_file: The file; None: that of the project.
        directory: Where paths start, and the project is looked for; None: the working directory.
    """

    def __init__(
        self,
        connection: "KafkaConnection",
        patience: Patience,
        config_file: Path | None = None,
        directory: Path | None = None,
    ) -> None:
        self._connection = connection
        self._patience = patience
        self._config_file = config_file
        self._directory = directory

    def plan(self, tell: Tell = lambda text: None) -> Planned | str | None:
        """Read the file anew, then the cluster; plan, and prove it."""
        load_registry()
        from flowodm.config.sources import project_file
        from flowodm.plan import make_plan

        file = project_file(self._config_file, directory=self._directory)
        if file is None:
            return None
        desired = self._desired(file)
        if not (desired.topics or desired.needs_registry or desired.faults):
            return desired.source
        with self._patience.seconds("plan") as seconds:
            plan = make_plan(
                self._connection,
                desired,
                timeout=seconds,
                on_read=lambda done, total: tell(f"read {done:,} of {total:,} subjects"),
                on_proof=lambda done, total: tell(f"proven {done:,} of {total:,} changes"),
            )
        tell("comparing")
        return _with_differences(plan, self._connection.context)

    def _desired(self, file: "ConfigFile") -> "Desired":
        from flowodm.plan import read_desired
        from flowodm.sources import Sources
        from flowodm.sources.declared import declared_paths

        directory = Path.cwd() if self._directory is None else self._directory
        sources = Sources(
            directory,
            registry=self._connection.schema_registry,
            library=lambda: declared_paths(file, directory),
        )
        return read_desired(file, sources, directory)


def _with_differences(plan: "Plan", context: "Context") -> Planned:
    """Compare too: of the same look, and without what the proof has found."""
    from flowodm.plan import build_plan, differences

    now = datetime.now()
    try:
        found = differences(build_plan(plan.desired, plan.state))
    except PlanError as error:
        return Planned(plan, (), context, now, failure_of(error))
    return Planned(plan, found, context, now)
