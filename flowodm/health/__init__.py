"""Whether loops live and are ready, and their figures, over HTTP (S17).

```
standing.py   a loop's status as one worker has it; what is wrong, in words
metrics.py    the figures as Prometheus reads them
server.py     `/livez`, `/readyz` and `/metrics` on a socket
probe.py      whether the registry answers, asked every two seconds
```
"""

from flowodm.health.probe import RegistryProbe
from flowodm.health.server import HealthServer, check_port
from flowodm.health.standing import Standing, dead, not_ready

__all__ = ["HealthServer", "RegistryProbe", "Standing", "check_port", "dead", "not_ready"]
