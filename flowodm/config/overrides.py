"""librdkafka's keys from the command line (`--set key=value`).

A command line is seen by every user of the machine, so it takes no secret; and it may not turn
verification off, nor send a context's credentials to another host.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from flowodm.config.expand import read_secret
from flowodm.config.librdkafka import BOOTSTRAP_KEYS, KEYS, is_known_key, is_secret_key
from flowodm.config.settle import Draft
from flowodm.documents.validate import did_you_mean
from flowodm.documents.yaml import Location
from flowodm.errors import UsageError

__all__ = ["apply_overrides", "check_key"]

_TOKEN_HOST = "sasl.oauthbearer.token.endpoint.url"  # noqa: S105 - the name of a key
_VERIFICATION = frozenset(
    {"enable.ssl.certificate.verification", "ssl.endpoint.identification.algorithm"}
)


def apply_overrides(draft: Draft, overrides: Mapping[str, str]) -> None:
    """Put the command line's keys into a draft.

    Raises:
        UsageError: A key is not known, is a secret, or may not be set there.
    """
    for written, value in overrides.items():
        key = written.strip().removeprefix("librdkafka.")
        check_key(key)
        _check_host(draft, key)
        if (secret := _secret_in_file(key)) is not None:
            where = _where((key,))
            value = read_secret(Path(os.path.expanduser(value)), shown=value, where=where)
            key = secret
        if key in BOOTSTRAP_KEYS:
            draft.replace(("bootstrap_servers",), value, _where)
        else:
            draft.replace(("kafka", key), value, _where)
            for section in ("consumer", "producer"):
                if key in (draft.settings.get(section) or {}):
                    draft.replace((section, key), value, _where)


def _where(location: Location) -> str:
    return f"--set {location[-1]}" if location else "--set"


def _secret_in_file(key: str) -> str | None:
    """Name the secret whose file a key names, if it does."""
    target = key.removesuffix("_file")
    return target if target != key and target in KEYS and is_secret_key(target) else None


def check_key(key: str) -> None:
    """Check that a key may stand on a command line.

    Raises:
        UsageError: It is not known, is a secret, or may not be set there.
    """
    key = key.removeprefix("librdkafka.")
    if _secret_in_file(key) is not None:
        return
    if is_secret_key(key) and is_known_key(key):
        raise UsageError(
            f"`{key}` is a secret, and every user of this machine can read a command line",
            hint=f"put it in a context, or in the environment, or name a file: `{key}_file`",
        )
    if not is_known_key(key):
        near = did_you_mean(key, KEYS)
        raise UsageError(f"`--set {key[:60]}`: librdkafka has no such key", hint=near)
    if key in _VERIFICATION:
        raise UsageError(
            f"`{key}` may not be set on the command line",
            hint="a context may say `insecure: true`; it is said aloud at each run",
        )


def _check_host(draft: Draft, key: str) -> None:
    if (key in BOOTSTRAP_KEYS or key == _TOKEN_HOST) and (credential := draft.credential):
        raise UsageError(
            f"`--set {key}` would send `{credential}` of context `{draft.name}` to another host",
            hint="make a context for that host: flowodm context add NAME",
        )
