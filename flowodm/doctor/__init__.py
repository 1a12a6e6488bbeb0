"""What is wrong between here and a cluster: looked for step by step, each with its cure.

```
report.py      what was found, in order, and what it comes to: values, nothing is asked here
servers.py     one address: its name, its port, its TLS
cluster.py     librdkafka's look: the login, the metadata
listeners.py   every broker, under the address that it tells its clients
access.py      what this user may do
registries.py  the registry, and one schema of it read back
examine.py     which look comes after which, and what runs beside what
```

Reading only: no topic, group, offset or schema is made or changed.
"""

from flowodm.doctor.examine import PATIENCE, examine
from flowodm.doctor.report import STEPS, Examination, Finding, Status, StepName

__all__ = ["PATIENCE", "STEPS", "Examination", "Finding", "Status", "StepName", "examine"]
