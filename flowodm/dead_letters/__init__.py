"""Topics of dead letters: what is in them, and sending it again.

What a dead letter says is read by `flowodm.consumer.dead_letter`; here is what is done with many.

selection.py · summary.py · marks.py    pure: which are meant, how many of what, which were sent
topics.py                               which topics hold them
progress.py                             what was sent again, kept in the cluster
plan.py · replay.py                     what would be sent where, and sending it

Reading writes nothing: no group, no commit, no topic. A replay writes records and its progress.
"""

from flowodm.dead_letters.marks import Marks
from flowodm.dead_letters.plan import LeftOut, ReplayPlan, ReplayShare, build_plan
from flowodm.dead_letters.progress import Progress, read_progress, replay_group
from flowodm.dead_letters.replay import Replay, ReplayOptions
from flowodm.dead_letters.selection import LETTER, DeadRecord, Selection, Sieve, facts_of
from flowodm.dead_letters.summary import LetterCount, Summary
from flowodm.dead_letters.topics import find_topics, is_dead_letter_name

__all__ = [
    "LETTER",
    "DeadRecord",
    "LeftOut",
    "LetterCount",
    "Marks",
    "Progress",
    "Replay",
    "ReplayOptions",
    "ReplayPlan",
    "ReplayShare",
    "Selection",
    "Sieve",
    "Summary",
    "build_plan",
    "facts_of",
    "find_topics",
    "is_dead_letter_name",
    "read_progress",
    "replay_group",
]
