"""What librdkafka's log lines mean: a cause that a person can act on.

librdkafka tells a caller only "broker transport failure"; why is in its log. Here a line becomes
a `Cause`, by the words of librdkafka 2.16. Who collects the lines is `journal.py`.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Cause", "Kind", "cause_of"]

Kind: TypeAlias = Literal[
    "credentials",
    "mechanism",
    "token",
    "client_certificate",
    "certificate",
    "tls",
    "not_kafka",
    "no_sasl",
    "unresolved",
    "refused",
    "unroutable",
    "silent",
    "disconnected",
]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a broker could not be used."""

    kind: Kind
    text: str
    """A few words, as they stand in parentheses after what failed."""
    address: str
    """`host:port`; empty when the cause is about no broker."""
    is_definite: bool
    """Whether trying again is pointless."""
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    kind: Kind
    text: str
    """With the groups of the pattern."""
    is_definite: bool
    hint: str | None = None


def _rule(
    pattern: str, kind: Kind, text: str, *, definite: bool = True, hint: str | None = None
) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE), kind, text, definite, hint)


_PROTOCOL_HINT = "set `security.protocol`: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"

_RULES = (
    _rule(
        r"SASL (\S+) mechanism handshake failed: .*supported mechanisms: *(\w[^()]*?) *(?:\(|$)",
        "mechanism",
        r"it does not offer \1, but \2",
        hint="set `sasl.mechanism` to one that it offers",
    ),
    _rule(
        r"SASL (\S+) mechanism handshake failed",
        "no_sasl",
        r"it asks for no SASL there",
        hint=_PROTOCOL_HINT,
    ),
    _rule(
        r"Failed to (?:retrieve OIDC|acquire SASL OAUTHBEARER) token(?: from \"[^\"]*\")?: (.*?)"
        r"(?: \(-?\d+\))?$",
        "token",
        r"no OAuth token: \1",
        hint="check `sasl.oauthbearer.token.endpoint.url` and the client's id and secret",
    ),
    _rule(r"SASL authentication error|Authentication failed", "credentials", "wrong credentials"),
    _rule(
        r"alert certificate required|alert handshake failure|alert bad certificate",
        "client_certificate",
        "it asks for a client certificate that it knows",
        hint="set `ssl.certificate.location` and `ssl.key.location`",
    ),
    _rule(
        r"certificate verify failed",
        "certificate",
        "its certificate is not trusted",
        hint="set `ssl.ca.location` to the authority that signed it",
    ),
    _rule(
        r"connecting to a PLAINTEXT broker listener\?|wrong version number|"
        r"SSL connection closed by peer \(after \d+ms in state SSL_HANDSHAKE",
        "tls",
        "it does not speak TLS there",
        hint=_PROTOCOL_HINT,
    ),
    _rule(
        r"SSL connection closed by peer",
        "disconnected",
        "it hangs up after the TLS handshake",
        definite=False,
        hint="does it want a login? then `security.protocol` is SASL_SSL",
    ),
    _rule(r"SSL handshake failed: (?:error:\w+:)?(.*?)(?: \(after|$)", "tls", r"TLS: \1"),
    _rule(
        r"Invalid response size 1213486160|Invalid response size 1347703880",
        "not_kafka",
        "what answers there speaks HTTP, not Kafka",
        hint="is it the registry's address?",
    ),
    _rule(r"Invalid response size|Protocol read buffer", "not_kafka", "what answers is not Kafka"),
    _rule(
        r"Failed to resolve '[^']*': (.*?) \(after|Failed to resolve '[^']*': (.*)",
        "unresolved",
        "the name does not resolve",
        definite=False,
    ),
    _rule(r"Connection refused", "refused", "connection refused", definite=False),
    _rule(
        r"(No route to host|Network is unreachable|Host is down|Permission denied|"
        r"Operation not permitted)",
        "unroutable",
        r"\1",
        definite=False,
    ),
    _rule(
        r"Connection setup timed out|timed out",
        "silent",
        "no answer",
        definite=False,
    ),
    _rule(
        r"Disconnected|Receive failed|Send failed|reset by peer",
        "disconnected",
        "it hangs up",
        definite=False,
        hint=_PROTOCOL_HINT,
    ),
)

_PERMANENT_NAME = re.compile(r"not known|nodename nor servname|No such host|No address", re.I)
_THREAD = re.compile(r"\[thrd:(?:GroupCoordinator: ?)?(?:\w+://)?(\[?[^\]]+?\]?:\d+)/")


def cause_of(line: str) -> Cause | None:
    """Read the cause out of a line of librdkafka's log; None when it tells of no failure.

    Args:
        line: Facility, client and text, as librdkafka hands it to a logger.
    """
    if not line.startswith(("FAIL", "OIDC", "SASLOAUTH", "OAUTHBEARER")):
        return None
    address = found[1] if (found := _THREAD.search(line)) else ""
    for rule in _RULES:
        if match := rule.pattern.search(line):
            text = match.expand(rule.text) if "\\" in rule.text else rule.text
            is_definite = rule.is_definite
            if rule.kind == "unresolved":
                is_definite = bool(_PERMANENT_NAME.search(line))
            if rule.kind == "unroutable":
                text = text.lower()
            return Cause(rule.kind, text, address, is_definite, rule.hint)
    return Cause("disconnected", "it fails", address, False)
