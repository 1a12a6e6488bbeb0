"""What went wrong with a question, as a screen tells it: the cause, and the cure."""

from dataclasses import dataclass

from flowodm.errors import FlowODMError

__all__ = ["Failure", "failure_of"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer."""

    message: str
    hint: str | None = None


def failure_of(error: Exception) -> Failure:
    """Word an error; one that is not ours on purpose is a bug, and says so."""
    if isinstance(error, FlowODMError):
        return Failure(error.message or type(error).__name__, error.hint)
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    return Failure(text, "this is a bug in FlowODM; please report it")
