"""A schema tried on the records that a topic really holds.

```
meaning.py   two readings of one value: what means something else, and where
writers.py   what a writer's schema wrote, read as it was meant and with the candidate
trial.py     the last records of a topic, one by one; what was found, counted
```
A candidate is read as consumers in general read: the bytes are resolved, and then the reader's own
logical types give them a meaning, whatever the writer's were. So do Java's readers and most others,
and a registry serves them all. FlowODM's own reader converts exactly or refuses, which is told
beside it.
"""

from flowodm.subjects.trial.trial import Issue, Trial, try_schema

__all__ = ["Issue", "Trial", "try_schema"]
