"""What the consume verbs take, checked before anything is done with it.

They are called once per record: what is right costs a comparison.
"""

from typing import Literal, TypeAlias

from flowodm.errors import UsageError

__all__ = ["OnError", "check_count", "check_timeout", "is_strict"]

OnError: TypeAlias = Literal["raise", "yield"]
"""What becomes of a record that cannot be decoded: an exception, or an `Undecodable`."""


def is_strict(on_error: OnError) -> bool:
    """Tell whether to raise what cannot be decoded.

    Raises:
        UsageError: It says something else than both words.
    """
    if on_error == "raise":
        return True
    if on_error == "yield":
        return False
    raise UsageError(
        f'`on_error` is "raise" or "yield", not `{on_error!r:.40}`',
        hint='"raise" stays on what cannot be decoded; "yield" gives it as a value and goes on',
    )


def check_timeout(timeout: object) -> None:
    """Refuse what is no number of seconds.

    Raises:
        UsageError: It is no number, or less than 0.
    """
    if isinstance(timeout, (float, int)) and timeout is not True and timeout >= 0:
        return
    hint = "give seconds: `timeout=1.0`"
    if timeout is None:
        hint = "every wait has an end: `timeout=60`; `consume_iter` goes on for ever by itself"
    raise UsageError(f"`timeout` is a number of seconds, not `{timeout!r:.40}`", hint=hint)


def check_count(max_messages: object) -> None:
    """Refuse a number of records that is none.

    Raises:
        UsageError: It is no whole number, or less than one.
    """
    if max_messages is None:
        return
    if not isinstance(max_messages, int) or isinstance(max_messages, bool):
        raise UsageError(
            f"`max_messages` is a whole number of records, not `{max_messages!r:.40}`",
            hint="give an int: `max_messages=5`",
        )
    if max_messages < 1:
        raise UsageError(f"`max_messages` is at least 1, not {max_messages}")
