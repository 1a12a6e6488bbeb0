"""librdkafka's errors as FlowODM's, each with its named cause."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flowodm.config.secrets import redact
from flowodm.connection.causes import Cause
from flowodm.connection.journal import Failure
from flowodm.errors import (
    AuthenticationFailed,
    AuthorizationError,
    BrokerError,
    BrokerUnreachable,
    ConfigurationError,
    FlowODMError,
    TopicNotFound,
)

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, KafkaException

    from flowodm.config import Context
    from flowodm.connection.kafka import KafkaConnection

__all__ = ["broker_error", "configuration_error", "exit_code_of", "kafka_name", "unreachable"]

_TRANSPORT = frozenset(
    {
        "_TRANSPORT",
        "_ALL_BROKERS_DOWN",
        "_RESOLVE",
        "_SSL",
        "_TIMED_OUT",
        "_TIMED_OUT_QUEUE",
        "_BAD_MSG",
        "_AUTHENTICATION",
        "_MSG_TIMED_OUT",
        "REQUEST_TIMED_OUT",
    }
)
_AUTHENTICATION_KINDS = ("credentials", "mechanism", "token", "client_certificate", "no_sasl")


def broker_error(
    error: "KafkaError | KafkaException", *, connection: "KafkaConnection"
) -> FlowODMError:
    """Make the error to raise out of one of librdkafka's.

    Args:
        error: What a client raised or handed over.
        connection: Whose client it was: its log knows why a broker could not be reached.
    """
    from confluent_kafka import KafkaException

    plain: KafkaError = error.args[0] if isinstance(error, KafkaException) else error
    name = plain.name()
    if name in _TRANSPORT:
        failure = connection.journal.worst()
        if failure is not None:
            return unreachable(connection, failure)
        if name == "_AUTHENTICATION":
            return AuthenticationFailed(f"{_where(connection)} refuses us: {_text(plain)}")
        return BrokerUnreachable(f"no answer from {_where(connection)}: {_text(plain)}")
    if name.endswith("AUTHORIZATION_FAILED"):
        return _not_authorised(name, connection.context)
    if name in ("SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM"):
        return AuthenticationFailed(f"{_where(connection)} refuses us: {_text(plain)}")
    if name in ("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION"):
        return TopicNotFound(
            f"{_where(connection)} has no such topic or partition", hint="flowodm topics list"
        )
    return BrokerError(f"{_where(connection)}: {_text(plain)}")


def unreachable(
    connection: "KafkaConnection", failure: Failure | None, *, elapsed: float | None = None
) -> BrokerError:
    """Make the error for a cluster that could not be used.

    Args:
        connection: Whose cluster.
        failure: What its brokers did; None when they were silent.
        elapsed: Seconds that were waited.
    """
    if failure is None:
        silence = f"no answer in {elapsed:.1f} s" if elapsed is not None else "no answer"
        message = f"cannot reach a broker at {_where(connection)} ({silence})"
        return BrokerUnreachable(message, hint=_unreachable_hint(connection.context, None))
    cause = failure.cause if failure.is_explained else connection.explain(failure.cause)
    where = cause.address or _where(connection)
    if cause.kind in _AUTHENTICATION_KINDS:
        return _refused(connection.context, cause, where)
    effort = ""
    if elapsed is not None and not cause.is_definite:
        effort = f", {failure.tries} {'try' if failure.tries == 1 else 'tries'} in {elapsed:.1f} s"
    message = f"cannot reach a broker at {where} ({cause.text}{effort})"
    return BrokerUnreachable(message, hint=_unreachable_hint(connection.context, cause))


def configuration_error(error: Exception, context: "Context") -> ConfigurationError:
    """Make the error for a configuration that librdkafka refuses, with the place of the key."""
    plain = error.args[0] if error.args else error
    text = redact(str(plain.str() if hasattr(plain, "str") else plain))
    found = re.search(r'property "([^"]+)"|`([a-z_.]+)`', text)
    key = (found[1] or found[2]) if found else None
    place = context.place(key)
    text = re.sub(r"^Failed to create [a-z ]+: ", "", text)
    if found and "No such configuration property" in text:
        return ConfigurationError(f"{place}: librdkafka has no key `{key}`")
    return ConfigurationError(f"{place}: librdkafka refuses context `{context.name}`: {text}")


def kafka_name(error: FlowODMError) -> str:
    """Return librdkafka's name of the error that one of ours was made of; empty: of none."""
    from confluent_kafka import KafkaException

    cause = error.__cause__
    return cause.args[0].name() if isinstance(cause, KafkaException) else ""


def exit_code_of(errors: Iterable[FlowODMError]) -> int:
    """Return the exit code where something of a list could not be had.

    Args:
        errors: What kept it back.

    Returns:
        0 without any, 4 where something is not allowed, else 1.
    """
    found = list(errors)
    if any(isinstance(error, AuthorizationError) for error in found):
        return AuthorizationError.exit_code
    return 1 if found else 0


def _refused(context: "Context", cause: Cause, where: str) -> AuthenticationFailed:
    settings = context.client_config("admin")
    show = _look_up(context, "sasl.username")
    if cause.kind == "credentials":
        user = settings.get("sasl.username")
        mechanism = settings.get("sasl.mechanism", settings.get("sasl.mechanisms", "SASL"))
        who = f"user `{user}`" if user else "these credentials"
        return AuthenticationFailed(
            f"{where} refuses {who} ({mechanism}: wrong user name or password)",
            hint=f"check `sasl.username` and `sasl.password` of context `{context.name}`  ({show})",
        )
    hint = f"{cause.hint}  ({show})" if cause.hint else show
    return AuthenticationFailed(f"cannot log in at {where} ({cause.text})", hint=hint)


def _not_authorised(name: str, context: "Context") -> AuthorizationError:
    what = name.removesuffix("_AUTHORIZATION_FAILED").replace("_", " ").lower()
    user = context.client_config("admin").get("sasl.username")
    who = f"user `{user}` is" if user else "we are"
    return AuthorizationError(
        f"{who} not allowed to do this ({what} authorisation failed)",
        hint="ask for an access control list that allows it",
    )


def _unreachable_hint(context: "Context", cause: Cause | None) -> str:
    if cause is not None and cause.hint:
        return cause.hint
    if cause is not None and cause.kind == "unresolved":
        return f"check `bootstrap_servers` of context `{context.name}` ({context.source})"
    servers = context.bootstrap_servers or ""
    look = _look_up(context, "bootstrap_servers")
    check = f"check the address: {'flowodm doctor' if look.startswith('flowodm ') else look}"
    if any(name in servers for name in ("localhost", "127.0.0.1", "[::1]")):
        return f"start a local one: flowodm sandbox up · {check}"
    return check


def _look_up(context: "Context", key: str) -> str:
    """Say where a setting can be looked at: a command shows only what is configured."""
    match context.place(key):
        case "connect()":
            return f"connect({key.replace('.', '_')}=…)"
        case "code":
            return f"`{key}` of `Context(…)`"
    return f"flowodm context show {context.name}"


def _where(connection: "KafkaConnection") -> str:
    return connection.context.bootstrap_servers or f"context `{connection.context.name}`"


def _text(error: "KafkaError") -> str:
    return redact(error.str() or error.name())
