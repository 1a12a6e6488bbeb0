"""Interleaved rounds: each contender once per round, so that a drifting machine hits them alike."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """Figures per contender, one per round; the first contender is FlowODM."""

    case: str
    unit: str
    figures: Mapping[str, tuple[float, ...]]

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times faster the first contender was than the second, round by round."""
        ours, theirs = list(self.figures.values())[:2]
        return tuple(b / a for a, b in zip(ours, theirs, strict=True))

    def lines(self) -> list[str]:
        """Rows of the Markdown table: one a contender, then the ratio."""
        rows = [
            f"| {self.case} | {name} | {_three(figures)} {self.unit} |"
            for name, figures in self.figures.items()
        ]
        if len(self.figures) > 1:
            rows.append(f"| {self.case} | **ratio** | **{_three(self.ratios)}×** |")
        return rows


def interleaved(
    case: str, unit: str, contenders: Mapping[str, Callable[[], float]], rounds: int = ROUNDS
) -> Comparison:
    """Call each contender once per round, after one round that does not count.

    Args:
        case: What is measured.
        unit: The unit of what the contenders return; smaller is better.
        contenders: Name → a call that does the work once and returns its figure.
        rounds: How many rounds count.
    """
    for contender in contenders.values():
        contender()
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            figures[name].append(contender())
    return Comparison(case, unit, {name: tuple(values) for name, values in figures.items()})


def _three(values: tuple[float, ...]) -> str:
    return " / ".join(
        f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
        for value in (min(values), statistics.median(values), max(values))
    )
