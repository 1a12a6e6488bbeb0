"""What it takes until the command line answers: CPU time, as a ratio to `python -c pass`.

usage: python -m benchmarks.startup
"""

import os
import pty
import statistics
import sys
from collections.abc import Callable

from benchmarks.processes import run
from benchmarks.rounds import ROUNDS

CALLS = 10
"""Runs of one contender in a round; their median counts."""

FLOWODM = [sys.executable, "-m", "flowodm"]
COMPLETING = {"_FLOWODM_COMPLETE": "complete_bash"}


def main() -> None:
    """Print one row a contender."""
    base = cpu([sys.executable, "-c", "pass"])
    rows: dict[str, tuple[Callable[[], float], list[float]]] = {
        "--version": (cpu([*FLOWODM, "--version"]), []),
        "--help, off a terminal": (cpu([*FLOWODM, "--help"]), []),
        "--help, on a terminal": (on_terminal([*FLOWODM, "--help"]), []),
        "completion of a command": (cpu(FLOWODM, COMPLETING | words("flowodm ta")), []),
        "import flowodm": (cpu([sys.executable, "-c", "import flowodm"]), []),
    }
    for _ in range(ROUNDS):
        for contender, ratios in rows.values():
            ratios.append(contender() / base())
    for name, (_, ratios) in rows.items():
        three = (min(ratios), statistics.median(ratios), max(ratios))
        print(
            f"| {name} | FlowODM | {' / '.join(f'{ratio:.1f}' for ratio in three)} × `python -c pass` |"
        )


def words(line: str) -> dict[str, str]:
    return {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}


def cpu(command: list[str], env: dict[str, str] | None = None) -> Callable[[], float]:
    return lambda: statistics.median(run(command, env=env).cpu for _ in range(CALLS))


def on_terminal(command: list[str]) -> Callable[[], float]:
    """CPU seconds of a command whose output is a terminal."""

    def once() -> float:
        before = os.times()
        pty.spawn(command, lambda descriptor: os.read(descriptor, 65536) and b"")
        after = os.times()
        return (after.children_user + after.children_system) - (
            before.children_user + before.children_system
        )

    return lambda: statistics.median(once() for _ in range(CALLS))


if __name__ == "__main__":
    main()
