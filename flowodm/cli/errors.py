"""Errors in words: at most five lines on stderr, and the exit code.

`error:` and what failed on which thing, then indented the cure. Nothing here prints a traceback
unless `-vv` asks for it.
"""

import sys
from contextlib import suppress
from typing import Any, Final

from flowodm.cli.options import Session
from flowodm.cli.output import OutputClosed, Span
from flowodm.errors import FlowODMError

__all__ = ["report"]

_MESSAGE_LINES: Final = 3
_HINT_LINES: Final = 2
_SIMILAR: Final = 0.7
"""How alike two names must be for one to be a slip of the other."""


def report(error: BaseException, session: Session) -> int:
    """Write what went wrong to stderr and return the exit code."""
    session.output.clear_status()
    if isinstance(error, OutputClosed):
        return 0
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, KeyboardInterrupt):
        return _ended(session, 130)
    if isinstance(error, FlowODMError):
        code, message, hint = error.exit_code, error.message, error.hint
        message = message or type(error).__name__
    elif (ending := _of_typer(error)) is not None:
        code, message, hint = ending
        if not message:
            return _ended(session, code)
    else:
        code, message, hint = 1, f"{type(error).__name__}: {error}", _bug_hint(session)
        message = message.removesuffix(": ")
    _flush_quietly(session)
    _write(session, message, hint)
    if session.values.verbose >= 2:
        _write_traceback(session, error)
    return code


def _write(session: Session, message: str, hint: str | None) -> None:
    first, *rest = _lines(message, _MESSAGE_LINES)
    session.output.message(Span("error:", "red"), f" {first}")
    for line in rest:
        session.output.message(f"  {line}")
    for line in _lines(hint or "", _HINT_LINES):
        session.output.message(f"  {line}")


def _lines(text: str, at_most: int) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if len(lines) > at_most:
        lines = [*lines[: at_most - 1], f"… ({len(lines) - at_most + 1} more lines)"]
    return lines


def _ended(session: Session, code: int) -> int:
    """Hand out what was written, where the run itself did not fail; a failure now is told."""
    try:
        session.output.flush()
    except OutputClosed:
        return code
    except FlowODMError as error:
        _write(session, error.message, error.hint)
        return code or error.exit_code
    return code


def _flush_quietly(session: Session) -> None:
    """Hand out what was written before the error, which is the one to tell."""
    with suppress(OutputClosed, FlowODMError):
        session.output.flush()


def _bug_hint(session: Session) -> str:
    if session.values.verbose >= 2:
        return "This is a bug in FlowODM; please report it with the traceback below."
    return (
        "This is a bug in FlowODM; run it again with -vv for the traceback, and please report it."
    )


def _write_traceback(session: Session, error: BaseException) -> None:
    import traceback

    for chunk in traceback.format_exception(error):
        for line in chunk.rstrip("\n").split("\n"):
            session.output.message(Span(line, "dim"))


def _of_typer(error: BaseException) -> tuple[int, str, str | None] | None:
    """Return exit code, message and hint of an exception of Typer's; None for others."""
    if "typer" not in sys.modules:
        return None
    import typer

    if isinstance(error, typer.Exit):
        return error.exit_code, "", None
    if isinstance(error, typer.Abort):
        return 1, "aborted; nothing was changed", None
    if isinstance(error, typer.TyperException):
        return error.exit_code, _usage_message(error), _usage_hint(error)
    return None


def _usage_message(error: Any) -> str:
    if hasattr(error, "possibilities"):
        return f"no such option `{error.option_name}`"
    message = str(error.format_message())
    message = message.rstrip(".").replace(" '", " `").replace("' ", "` ").replace("':", "`:")
    if message.endswith("'"):
        message = message[:-1] + "`"
    return message[:1].lower() + message[1:]


def _usage_hint(error: Any) -> str:
    from difflib import get_close_matches

    context = getattr(error, "ctx", None)
    command = f"{context.command_path if context else 'flowodm'} --help"
    option = getattr(error, "option_name", "")
    near = get_close_matches(option, getattr(error, "possibilities", None) or (), 1, _SIMILAR)
    return f"did you mean `{near[0]}`?  ({command})" if near else f"see: {command}"
