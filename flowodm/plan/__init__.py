"""What a project declares, brought about: `flowodm.yaml`'s topics, schemas and levels.

```
model.py      what a plan is made of: values
desired.py    the file → what is to be; nothing is imported
state.py      what there is of it, asked in few questions
building.py   the two → a plan: pure
proving.py    every step asked about before the first is carried out
making.py     read, planned and proven at once
applying.py   the steps, carried out one by one
drift.py      what differs, without what to do about it
seen.py       the state as a text to compare: what moved since a plan was made
document.py   a plan as JSON has it
saved.py      a plan read back from there
```
What one topic or one subject is changed by is `flowodm.topics`'s and `flowodm.subjects`'s.
"""

from flowodm.plan.applying import apply_plan, carry_out
from flowodm.plan.building import build_plan
from flowodm.plan.desired import load_desired, read_desired
from flowodm.plan.drift import Difference, differences
from flowodm.plan.making import make_plan
from flowodm.plan.model import (
    AlterTopic,
    Blocker,
    CreateTopic,
    DeleteTopic,
    Desired,
    DesiredSubject,
    DesiredTopic,
    Done,
    Kept,
    Newer,
    Plan,
    RegisterSchema,
    SetLevel,
    State,
    Step,
)
from flowodm.plan.proving import prove_plan
from flowodm.plan.state import read_state

__all__ = [
    "AlterTopic",
    "Blocker",
    "CreateTopic",
    "DeleteTopic",
    "Desired",
    "DesiredSubject",
    "DesiredTopic",
    "Difference",
    "Done",
    "Kept",
    "Newer",
    "Plan",
    "RegisterSchema",
    "SetLevel",
    "State",
    "Step",
    "apply_plan",
    "build_plan",
    "carry_out",
    "differences",
    "load_desired",
    "make_plan",
    "prove_plan",
    "read_desired",
    "read_state",
]
