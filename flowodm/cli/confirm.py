"""The question before a change in a protected context: type the topic's name.

Never asked off a terminal, where `--yes` has to say it.
"""

import sys
from typing import TYPE_CHECKING

from flowodm.cli.options import Session
from flowodm.cli.output import Span
from flowodm.errors import ChangeRefused, UsageError

if TYPE_CHECKING:
    from flowodm.config import Context

__all__ = ["confirm_change"]


def confirm_change(
    session: Session, context: "Context", operation: str, topic: str, *, yes: bool
) -> None:
    """Have a change to a topic of a protected context confirmed; others pass.

    Args:
        session: Where the question is asked.
        context: The context.
        operation: What is about to be done, as a user would say it.
        topic: What it is done to.
        yes: Whether the command line has confirmed it.

    Raises:
        UsageError: It has not, and there is no terminal to ask on.
        ChangeRefused: The answer was another.
    """
    if yes or not context.protected:
        return
    if not (session.output.stderr.is_tty and sys.stdin is not None and sys.stdin.isatty()):
        raise UsageError(
            f"context `{context.name}` is protected; `{operation}` was not tried",
            hint="off a terminal it needs `--yes`",
        )
    session.output.message(
        Span(f"Context {context.name} is protected.", "yellow"),
        f" Type the topic's name to {operation}: ",
    )
    if sys.stdin.readline().strip() != topic:
        raise ChangeRefused(f"that is not `{topic}`; `{operation}` was not tried")
