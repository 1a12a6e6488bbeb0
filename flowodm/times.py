"""Moments and lengths of time, as a person types them.

A moment is 13 digits (milliseconds), 10 digits (seconds), a date, an RFC 3339 date and time,
`now`, or how long ago (`-15m`). A date, and a time without a zone, is UTC. Pure.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

from flowodm.errors import UsageError

__all__ = ["DURATION", "MOMENT", "parse_duration", "parse_time", "refuse_time"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,6})?"
_UNITS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 0.001}
DURATION: Final = (
    r"(?=[0-9])"
    + "".join(rf"(?:{_NUMBER}{unit})?" for unit in ("w", "d", "h"))
    + rf"(?:{_NUMBER}m(?!s))?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?"
)
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
_ZONE = r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
MOMENT: Final = rf"(?:[0-9]{{13}}|[0-9]{{10}}|now|-{DURATION}|{_DATE}(?:[Tt ]{_CLOCK}{_ZONE}?)?)"


_DURATION_FORM: Final = re.compile(DURATION)
_DURATION_PART: Final = re.compile(rf"({_NUMBER})(ms|[wdhms])")
_MOMENT_FORM: Final = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]+))?)?(?:[Zz]|(?P<zone>[+-][0-9]{2}:[0-9]{2}))?)?"
)


def parse_time(text: str, *, now: datetime) -> int:
    """Read a moment: the T of the grammar.

    Returns:
        Milliseconds since the epoch. A finer moment is rounded up, so that "at or after" stays
        true of records, which have milliseconds; one before 1970 is 0.

    Raises:
        UsageError: The text is no moment.
    """
    if re.fullmatch(r"[0-9]{13}", text):
        return int(text)
    if re.fullmatch(r"[0-9]{10}", text):
        return int(text) * 1000
    if text == "now":
        return _milliseconds(now)
    if text.startswith("-"):
        return max(0, _milliseconds(now) - round(parse_duration(text[1:]) * 1000))
    found = _MOMENT_FORM.fullmatch(text)
    if found is None:
        lacks_unit = re.fullmatch("[0-9]{1,9}", text)
        refuse_time(
            text,
            f"is not a time; is it `{text}s` or `{text}h` ago?" if lacks_unit else "is not a time",
        )
    return _moment(found)


def parse_duration(text: str) -> float:
    """Read a length of time: `250ms`, `30s`, `15m`, `1h30m`, `2d`, `1w`.

    Returns:
        Seconds.

    Raises:
        UsageError: The text is no duration, or it has no unit.
    """
    if not _DURATION_FORM.fullmatch(text):
        raise UsageError(
            f"`{text[:40]}` is not a length of time: expected a number and a unit"
            " (`ms`, `s`, `m`, `h`, `d` or `w`), the largest first",
            hint="for example `30s`, `15m`, `1h30m` or `2d`",
        )
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(text))


def _moment(found: re.Match[str]) -> int:
    second, fraction = found["second"] or "0", found["fraction"] or ""
    try:
        whole = datetime(
            int(found["year"]),
            int(found["month"]),
            int(found["day"]),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(second),
            tzinfo=UTC,
        )
    except ValueError as error:
        refuse_time(found[0], f"is not a real time ({error})")
    milliseconds = (
        -(-int(f"{fraction:0<3}") // 10 ** (max(len(fraction), 3) - 3)) if fraction else 0
    )
    return max(0, _milliseconds(whole) + milliseconds - _zone_milliseconds(found))


def _zone_milliseconds(found: re.Match[str]) -> int:
    zone = found["zone"]
    if zone is None:
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        refuse_time(found[0], f"has a zone that is none: `{zone}`")
    return (hours * 60 + minutes) * 60_000 * (-1 if zone[0] == "-" else 1)


def _milliseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("`now` must know its zone")
    return -((_EPOCH - moment) // timedelta(milliseconds=1))


def refuse_time(text: str, why: str) -> NoReturn:
    """Raise the usage error of a text that is no moment.

    Args:
        text: What was typed.
        why: What is wrong with it, as the end of a sentence.
    """
    raise UsageError(
        f"`{text[:80]}` {why}",
        hint="expected 13 digits of milliseconds, 10 of seconds, a date, RFC 3339, `now` or how"
        " long ago; for example `@-15m`, `@2026-11-23` or `@2026-11-23T10:00:00Z:now`",
    )
