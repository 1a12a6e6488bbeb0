"""The questions before a change: go on, or type the name of what is changed.

Never asked off a terminal, where `--yes` has to say it. On one, no flag stands for the name that a
protected context wants typed: what is called up from a shell's history is not meant anew.
"""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flowodm.cli.options import Session
from flowodm.cli.output import Span
from flowodm.errors import ChangeRefused, UsageError

if TYPE_CHECKING:
    from flowodm.config import Context

__all__ = ["Confirm", "DryRun", "Noun", "Yes", "confirm_change", "confirm_plan"]

Noun = Literal["topic", "subject", "context", "group"]
"""What it is whose name is typed."""

Yes = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Do it without asking, where a context is not protected."),
]
Confirm = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Confirm it off a terminal, where the context is protected."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; do nothing.")]


def confirm_change(
    session: Session,
    context: "Context",
    operation: str,
    name: str,
    *,
    yes: bool,
    noun: Noun = "topic",
) -> None:
    """Have a change in a protected context confirmed; others pass.

    Args:
        session: Where the question is asked.
        context: The context.
        operation: What is about to be done, as a user would say it.
        name: What it is done to.
        yes: Whether the command line has confirmed it, which counts off a terminal.
        noun: What has the name.

    Raises:
        UsageError: It has not, and there is no terminal to ask on.
        ChangeRefused: The answer was another.
    """
    if not context.protected:
        return
    if _can_ask(session):
        _have_typed(session, operation, name, noun, _warning(context))
    elif not yes:
        raise UsageError(
            f"context `{context.name}` is protected; `{operation}` was not tried",
            hint="off a terminal it needs `--yes`",
        )


def confirm_plan(
    session: Session,
    context: "Context",
    operation: str,
    name: str,
    *,
    yes: bool,
    noun: Noun = "subject",
    grave: str | None = None,
    preview: str = "`--dry-run` only shows what it would do",
) -> None:
    """Have a change confirmed that was shown; by its name where it is grave, or protected.

    Args:
        session: Where the question is asked.
        context: The context.
        operation: What is about to be done, as a user would say it.
        name: What it is done to.
        yes: Whether the command line has confirmed it; on a terminal it does not stand for the
            name that a protected context wants typed.
        noun: What has the name.
        grave: Why a mere yes would be too easily said; None: it would not.
        preview: How to see what it would do, without doing it.

    Raises:
        UsageError: It has not, and there is no terminal to ask on.
        ChangeRefused: The answer was another.
    """
    can_ask = _can_ask(session)
    if yes and not (context.protected and can_ask):
        return
    if not can_ask:
        raise UsageError(
            f"`{operation}` changes what is there, and was not tried",
            hint=f"off a terminal it needs `--yes`; {preview}",
        )
    if context.protected:
        _have_typed(session, operation, name, noun, _warning(context))
    elif grave is not None:
        _have_typed(session, operation, name, noun, Span(grave, "yellow"))
    else:
        session.output.ask("Go on? [y/N] ")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise ChangeRefused(f"`{operation}` was not tried")


def _can_ask(session: Session) -> bool:
    return session.output.stderr.is_tty and sys.stdin is not None and sys.stdin.isatty()


def _warning(context: "Context") -> Span:
    return Span(f"Context {context.name} is protected.", "yellow")


def _have_typed(session: Session, operation: str, name: str, noun: Noun, warning: Span) -> None:
    session.output.message(warning, f" Type the {noun}'s name to {operation}: ")
    if sys.stdin.readline().strip() != name:
        raise ChangeRefused(f"that is not `{name}`; `{operation}` was not tried")
