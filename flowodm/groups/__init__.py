"""Consumer groups: which there are, how far behind they are, and their offsets moved.

`reading.py` asks a cluster and creates nothing: no group, no topic, not even Kafka's topic of
offsets. `lag.py` adds up; `resetting.py` plans, pure, and `changes.py` does what was planned.
"""

from flowodm.groups.changes import apply_deletion, apply_reset, check_deletion
from flowodm.groups.group import (
    Commit,
    Coordinator,
    Group,
    GroupPartition,
    GroupReading,
    Member,
)
from flowodm.groups.lag import LagLimits, TopicLag, lags_of
from flowodm.groups.reading import read_group, read_groups, read_readers
from flowodm.groups.resetting import (
    ResetPlan,
    ResetStep,
    Shift,
    Target,
    parse_target,
    plan_reset,
    plan_undo,
)
from flowodm.groups.undo import Undo, read_undo, write_undo

__all__ = [
    "Commit",
    "Coordinator",
    "Group",
    "GroupPartition",
    "GroupReading",
    "LagLimits",
    "Member",
    "ResetPlan",
    "ResetStep",
    "Shift",
    "Target",
    "TopicLag",
    "Undo",
    "apply_deletion",
    "apply_reset",
    "check_deletion",
    "lags_of",
    "parse_target",
    "plan_reset",
    "plan_undo",
    "read_group",
    "read_groups",
    "read_readers",
    "read_undo",
    "write_undo",
]
