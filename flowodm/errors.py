"""The errors of FlowODM: one tree, each with a message, a cure and an exit code.

```
FlowODMError
├── ConfigurationError          flowodm.yaml, the environment, a context
│   ├── SettingsError           a class's `Settings` or a profile
│   └── UsageError              an argument that means nothing here (a position, a filter)
├── ChangeRefused               the guard said no: read-only, protected, the wrong cluster
├── BrokerError
│   ├── BrokerUnreachable
│   ├── AuthenticationFailed    who you say you are
│   ├── AuthorizationError      what you may do
│   ├── TopicNotFound
│   ├── GroupNotFound
│   ├── DeliveryError
│   └── DeliveryTimeout         no report in time: the record may still land
├── RegistryError
│   ├── RegistryUnreachable
│   ├── SubjectNotFound
│   └── SchemaNotFound
├── SchemaError
│   ├── SchemaParseError        carries the JSON path
│   ├── SchemaValidationError
│   └── SchemaCompatibilityError
├── SerializationError          a value that does not fit its schema; carries the field path
├── DeserializationError        bytes that are not a value; carries position and field path
├── LoopError                   a loop ended before it was asked to
│   └── DrainTimeout            asked to, and handlers were still at work when its time was up
├── SandboxError                the local broker or registry would not start
└── PlanError
```

Messages name the thing in backticks and say what was wrong with it; `hint` says what to do next,
and stands in a traceback under the message.
Nothing here prints: the faces turn an error into lines (`cli/output.py`).
"""

from collections.abc import Iterable
from typing import Any

__all__ = [
    "AuthenticationFailed",
    "AuthorizationError",
    "BrokerError",
    "BrokerUnreachable",
    "ChangeRefused",
    "ConfigurationError",
    "DeliveryError",
    "DeliveryTimeout",
    "DeserializationError",
    "DrainTimeout",
    "FlowODMError",
    "GroupNotFound",
    "LoopError",
    "PlanError",
    "RegistryError",
    "RegistryUnreachable",
    "SandboxError",
    "SchemaCompatibilityError",
    "SchemaError",
    "SchemaNotFound",
    "SchemaParseError",
    "SchemaValidationError",
    "SerializationError",
    "SettingsError",
    "SubjectNotFound",
    "TopicNotFound",
    "UsageError",
]


class FlowODMError(Exception):
    """Every error that FlowODM raises on purpose.

    Args:
        message: What was wrong with which thing; one line, no secret.
        hint: The cure, or the next command to try.
    """

    exit_code: int = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint is not None:
            self.add_note(f"hint: {hint}")


class ConfigurationError(FlowODMError):
    """A configuration file, an environment variable or a context is wrong."""

    exit_code = 2


class SettingsError(ConfigurationError):
    """A model's `Settings` or a profile is wrong."""


class UsageError(ConfigurationError):
    """An argument has no meaning here: a position, a filter, an option."""


class ChangeRefused(FlowODMError):
    """The guard refused a change, and nothing was tried."""

    exit_code = 4


class BrokerError(FlowODMError):
    """The Kafka cluster answered with an error, or not at all."""


class BrokerUnreachable(BrokerError):
    """No broker answered within the time given."""


class AuthenticationFailed(BrokerError):
    """A broker refused the credentials."""

    exit_code = 4


class AuthorizationError(BrokerError):
    """The credentials are right, and this operation is not allowed to them."""

    exit_code = 4


class TopicNotFound(BrokerError):
    """The cluster has no such topic."""


class GroupNotFound(BrokerError):
    """The cluster has no such consumer group."""


class DeliveryError(BrokerError):
    """The broker refused a record, or librdkafka gave it up; it was not written.

    Args:
        message: Which record, and why.
        outcomes: Of many records, what became of each, in their order: a `Delivery`, or the
            error that kept it from being delivered.
        hint: The cure.
    """

    def __init__(
        self, message: str, outcomes: Iterable[Any] = (), *, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.outcomes = tuple(outcomes)


class DeliveryTimeout(BrokerError):
    """No delivery report came within the caller's own timeout.

    Args:
        message: What was being delivered.
        may_be_delivered: Whether the record may still reach the log.
        hint: The cure.
    """

    def __init__(
        self, message: str, *, may_be_delivered: bool = True, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.may_be_delivered = may_be_delivered


class RegistryError(FlowODMError):
    """The schema registry answered with an error.

    Args:
        message: What failed, on which subject or id, at which host (never with credentials).
        status: The HTTP status, when there was an answer.
        code: The registry's own `error_code`, when it gave one.
        hint: The cure.
        retry_after: Seconds that it asks to wait, when it does.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        if status in (401, 403):
            self.exit_code = 4


class RegistryUnreachable(RegistryError):
    """The registry did not answer, or what answered is no registry."""


class SubjectNotFound(RegistryError):
    """The registry has no such subject, or not that version of it."""


class SchemaNotFound(RegistryError):
    """The registry has no schema of that id."""


class SchemaError(FlowODMError):
    """A schema is wrong, or two schemas do not go together."""


class SchemaParseError(SchemaError):
    """A text or document is not an Avro schema.

    Args:
        message: What is wrong, without the place.
        path: The place, as a JSON pointer into the schema (`/fields/3/type`); empty at the root.
        hint: The cure.
        line: The line of the text, where that is known.
    """

    def __init__(
        self, message: str, *, path: str = "", hint: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(f"{message} (at `{path or '/'}`)", hint=hint)
        self.path = path
        self.reason = message
        self.line = line


class SchemaValidationError(SchemaError):
    """A model and a schema say different things.

    Args:
        message: Which model and which schema.
        errors: Each difference, with its place.
        hint: The cure.
    """

    def __init__(
        self, message: str, errors: Iterable[str] = (), *, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.errors = list(errors)


class SchemaCompatibilityError(SchemaError):
    """A schema breaks the compatibility that its subject promises.

    Args:
        message: Which schema, and what it breaks.
        compatibility_level: What the subject promises, where that is known: `BACKWARD`, …
        hint: The cure.
    """

    exit_code = 3

    def __init__(
        self, message: str, compatibility_level: str | None = None, *, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.compatibility_level = compatibility_level


class SerializationError(FlowODMError):
    """A value does not fit the schema it is written with.

    Args:
        message: What is wrong with the value, without the place.
        path: The field, dotted from the root (`address.zip`); empty for the value itself.
        hint: The cure.
    """

    def __init__(self, message: str, *, path: str = "", hint: str | None = None) -> None:
        super().__init__(f"{message} at `{path}`" if path else message, hint=hint)
        self.path = path
        self.reason = message


class DeserializationError(FlowODMError):
    """Bytes are not a value of their schema, or cannot be resolved into the reader's.

    Args:
        message: What is wrong, without the place.
        path: The field that was being read, dotted from the root; empty for the value itself.
        position: The byte of the Avro body (after any framing) where reading stopped.
        schema_id: The writer's schema id, when the record named one.
        hint: The cure.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        position: int | None = None,
        schema_id: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.position = position
        self.schema_id = schema_id


class LoopError(FlowODMError):
    """A consumer loop ended before it was asked to: at a record that it may not pass.

    Args:
        message: Which loop, at which record, and why.
        hint: The cure.
    """


class DrainTimeout(LoopError):
    """A consumer loop was asked to end, and handlers were still at work when its time was up.

    What they worked on is not committed: it comes again.
    """

    exit_code = 5


class SandboxError(FlowODMError):
    """The sandbox could not be prepared, started or stopped."""


class PlanError(FlowODMError):
    """A plan cannot be carried out, not to its end, or not any more: the state has moved.

    Args:
        message: What stands in the way, or which step failed, and why.
        done: The steps that were carried out, in order.
        undone: Those that were not, the one that failed first.
        hint: The cure.
    """

    def __init__(
        self,
        message: str,
        *,
        done: Iterable[Any] = (),
        undone: Iterable[Any] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.done = tuple(done)
        self.undone = tuple(undone)
