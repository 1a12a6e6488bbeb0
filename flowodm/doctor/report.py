"""What an examination has found: values, their order, and what they come to."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from flowodm.errors import FlowODMError

__all__ = [
    "STEPS",
    "Examination",
    "Finding",
    "Status",
    "StepName",
    "conclude",
    "failed",
    "lenient",
]

StepName: TypeAlias = Literal[
    "config",
    "dns",
    "tcp",
    "tls",
    "sasl",
    "metadata",
    "listeners",
    "authorisation",
    "registry",
    "schema",
]
Status: TypeAlias = Literal["ok", "warning", "failure", "unused", "untried"]

STEPS: Final[dict[StepName, tuple[StepName, ...]]] = {
    "config": (),
    "dns": ("config",),
    "tcp": ("dns",),
    "tls": ("tcp",),
    "sasl": ("tls",),
    "metadata": ("sasl",),
    "listeners": ("metadata",),
    "authorisation": ("metadata",),
    "registry": (),
    "schema": ("registry",),
}
"""The steps in order, each with those that must have gone well before it is tried."""

_UNUSED: Final[dict[StepName, str]] = {
    "tls": "not used",
    "sasl": "not used",
    "registry": "none is configured",
    "schema": "no schema to read",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look has found."""

    step: StepName
    status: Status
    text: str
    hint: str | None = None
    """The cure, of a failure or a warning."""
    seconds: float | None = None
    """How long the look took; None when there was none."""
    place: str | None = None
    """The address that it is about, where a step looks at several."""
    exit_code: int = 0
    """What the process ends with when this is the worst."""


@dataclass(frozen=True, slots=True)
class Examination:
    """All that was found, in the order of the steps."""

    findings: tuple[Finding, ...]

    @property
    def failures(self) -> int:
        """How many looks failed."""
        return sum(finding.status == "failure" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many looks found something that works, and should not stay so."""
        return sum(finding.status == "warning" for finding in self.findings)

    @property
    def untried(self) -> tuple[StepName, ...]:
        """The steps that were not tried, because one that they need failed."""
        return tuple(finding.step for finding in self.findings if finding.status == "untried")

    @property
    def exit_code(self) -> int:
        """The worst finding's: 0 nothing failed, 1 something did, 2 settings, 4 no permission."""
        return max((finding.exit_code for finding in self.findings), default=0)


def failed(
    step: StepName, error: FlowODMError, *, seconds: float | None = None, place: str | None = None
) -> Finding:
    """Make the finding of a look that ended in an error."""
    return Finding(
        step, "failure", error.message, error.hint, seconds, place, exit_code=error.exit_code
    )


def lenient(findings: Iterable[Finding], step: StepName) -> tuple[Finding, ...]:
    """Make failures of single addresses warnings, where another address got as far as `step`.

    Args:
        findings: What was found of several addresses.
        step: The last step of an address that works.
    """
    found = tuple(findings)
    if not any(one.step == step and one.status in ("ok", "warning") for one in found):
        return found
    return tuple(
        replace(one, status="warning", exit_code=0) if one.status == "failure" else one
        for one in found
    )


def conclude(findings: Iterable[Finding], unused: Collection[StepName] = ()) -> Examination:
    """Put findings in the order of the steps, and say of each other step why there is none.

    A step that failed was not well before, whatever an earlier look at it said.

    Args:
        findings: What was found, in any order.
        unused: The steps that this context does not ask for.
    """
    found = tuple(findings)
    spoilt = {(one.step, one.place) for one in found if one.status == "failure"}
    kept = [one for one in found if one.status != "ok" or (one.step, one.place) not in spoilt]
    return Examination(
        tuple(
            finding
            for step in STEPS
            for finding in [one for one in kept if one.step == step] or [_missing(step, unused)]
        )
    )


def _missing(step: StepName, unused: Collection[StepName]) -> Finding:
    if step in unused:
        about = "registry" if step == "schema" and "registry" in unused else step
        return Finding(step, "unused", _UNUSED[about])
    return Finding(step, "untried", "not tried")
