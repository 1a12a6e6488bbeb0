"""Commands with all that they print, as files that were reviewed by eye.

After a change on purpose: FLOWODM_UPDATE_GOLDEN=1 pytest, and look at the difference.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.inside import run_inside

__all__ = ["transcript"]

_VARYING = (
    (re.compile(r"\d{8}T\d{6}\.\d+Z"), "20000101T000000.000000Z"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "2000-01-01T00:00:00Z"),
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d{4,5}\b"), "localhost:9092"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"), "0" * 8),
    (re.compile(r"\bcoordinator \d+"), "coordinator 1"),
    (re.compile(r'("(?:lag_)?seconds": )[\d.]+(e-\d+)?'), r"\g<1>0.0"),
    (re.compile(r" +[\d,]+ ms$", re.M), "  0 ms"),
    (re.compile(r"\bcluster [\w-]{22}(?=,)"), "cluster " + "A" * 22),
)


def transcript(
    commands: Iterable[str],
    directory: Path,
    environ: Mapping[str, str],
    names: Mapping[str, str],
) -> str:
    """Run commands one after the other, and return them with what each printed.

    Args:
        commands: As they are typed, without `flowodm`.
        directory: Where they are run.
        environ: Their environment.
        names: What stands for a name of this run alone; of the same length, for the tables' sake.
    """
    parts = []
    for line in commands:
        done = run_inside(shlex.split(line), directory, environ)
        parts.append(f"$ flowodm {line}\n{done.stdout}")
        parts += [f"2> {told}\n" for told in done.stderr.splitlines()]
        parts.append("" if done.exit_code == 0 else f"exit {done.exit_code}\n")
        parts.append("\n")
    shown = "".join(parts)
    for name, same in names.items():
        shown = shown.replace(name, same)
    for varying, same in _VARYING:
        shown = varying.sub(same, shown)
    return _unwrapped(shown)


def _unwrapped(shown: str) -> str:
    """Undo the lines' wrapping that depends on how many milliseconds a step of `doctor` took."""
    count = 1
    while count:
        shown, count = re.subn(r"  0 ms\n {23}(\S.*)", r" \1  0 ms", shown)
    return shown
