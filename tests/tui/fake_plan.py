"""What a project of words declares, planned for real against a cluster of words."""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from flowodm.config import Context
from flowodm.errors import FlowODMError, PlanError
from flowodm.plan import Plan, build_plan, differences
from flowodm.tui.sources.failure import failure_of
from flowodm.tui.sources.plan import Planned, Tell
from tests.unit.display.test_plan import CONTEXT, DESIRED, made


def planned(plan: Plan, context: Context = CONTEXT) -> Planned:
    at = datetime(2026, 11, 23, 12, 4, 5)
    try:
        found = differences(build_plan(plan.desired, plan.state))
    except PlanError as error:
        return Planned(plan, (), context, at, failure_of(error))
    return Planned(plan, found, context, at)


@dataclass
class FakePlan:
    """A plan; or the name of a file that declares nothing, or None without a file."""

    found: Planned | str | None = field(default_factory=lambda: planned(made(DESIRED)))
    error: FlowODMError | None = None
    asked: int = 0
    told: tuple[str, ...] = ()
    """How far it says that it is."""
    going: Event | None = None
    """Holds the answer back until it is set."""

    def plan(self, tell: Tell = lambda text: None) -> Planned | str | None:
        self.asked += 1
        for text in self.told:
            tell(text)
        if self.going is not None:
            self.going.wait(10)
        if self.error is not None:
            raise self.error
        return self.found
