"""Keeping secrets out of whatever is written: a redactor, and a logging filter made of it.

Every secret that a context loads is made known here; `redact` then takes it out of any text,
in the forms it may take on the way (percent-encoded, in base64, inside JSON). This is the second
line: the first is that secrets are `SecretStr` and that no message is built from one.
"""

import base64
import json
import logging
import re
import threading
import traceback
import urllib.parse
from collections.abc import Iterable

__all__ = ["MASK", "RedactingFilter", "Redactor", "redact", "remember"]

MASK = "********"

_SHORTEST = 4
"""A shorter secret is not searched for: masking every `a` would hide what the text says."""


class Redactor:
    """Takes known secrets out of texts; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def remember(self, secrets: Iterable[str]) -> None:
        """Make secrets known, so that no later text shows them."""
        forms = {form for secret in secrets for form in _forms(secret)}
        with self._lock:
            if not forms <= self._forms:
                self._forms |= forms
                longest_first = sorted(self._forms, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """Mask each known secret in a text."""
        pattern = self._pattern
        return pattern.sub(MASK, text) if pattern else text


def _forms(secret: str) -> set[str]:
    """Spell a secret in the ways it may be met: itself, its lines, its parts, encoded."""
    parts = {secret, secret.strip()}
    parts |= {line.strip() for line in secret.splitlines() if len(line.strip()) >= 16}
    _, colon, password = secret.partition(":")
    if colon and "\n" not in secret:  # basic authentication
        parts |= {password, base64.b64encode(secret.encode("utf-8", "replace")).decode()}
    forms = set(parts)
    for part in parts:
        forms |= {urllib.parse.quote(part, safe=safe) for safe in ("", "/", ":")}
        forms |= {urllib.parse.quote_plus(part)}
        forms |= {json.dumps(part)[1:-1], repr(part)[1:-1]}
    return {form for form in forms if len(form) >= _SHORTEST}


_process = Redactor()


def remember(secrets: Iterable[str]) -> None:
    """Make secrets known to this process's redactor; contexts do so when they are loaded."""
    _process.remember(secrets)


def redact(text: str) -> str:
    """Mask, in a text, each secret that this process has loaded."""
    return _process.redact(text)


class RedactingFilter(logging.Filter):
    """Masks known secrets in every log record that passes: message, arguments and traceback.

    Add it to handlers rather than to loggers: a logger's filter does not see the records of
    the loggers below it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; never drops one."""
        try:
            record.msg, record.args = redact(record.getMessage()), None
        except (TypeError, ValueError, KeyError):  # arguments that do not fit the format
            record.msg, record.args = redact(f"{record.msg} {record.args}"), None
        if record.exc_info and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip()
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
