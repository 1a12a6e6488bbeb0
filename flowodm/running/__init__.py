"""The loops of a manifest, running: in this process, or in several that are watched over.

```
build.py       a manifest → loops: models and handlers imported, every error with its line
crew.py        the loops of one process, each in a thread; started and ended together
wire.py        events and statuses as JSON: between processes, and for logs
order.py       what a worker process is to do
worker.py      a process that runs a crew for a supervisor
supervisor.py  processes: started, ended, restarted
restarts.py    when a process that ended is started again (pure)
files.py       which files have changed
rehearsal.py   `--dry-run`: decode what the loops would get
```
Signals, terminals and exit codes are the command line's matter.
"""

__all__: list[str] = []
