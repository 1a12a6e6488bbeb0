"""How commands name a version of a subject, and which subjects are nobody's to change."""

from typing import TYPE_CHECKING, Final, NamedTuple

from flowodm.errors import ChangeRefused, UsageError
from flowodm.registry.rules import subject_words

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry.rules import Version

__all__ = ["Address", "check_change", "is_internal_subject", "parse_address", "topic_of"]

_INTERNAL: Final = ("__", "_schemas")
_LARGEST: Final = 2**31 - 1


class Address(NamedTuple):
    """A subject, and which version of it is meant."""

    subject: str
    version: "Version | None" = None
    """None: no version was named."""

    def __str__(self) -> str:
        return self.subject if self.version is None else f"{self.subject}@{self.version}"


def parse_address(text: str) -> Address:
    """Read `SUBJECT` or `SUBJECT@VERSION`.

    What follows the last `@` is a version when it is a number or `latest`; a subject whose own
    name ends like that is named with its version: `a@1@latest`.

    Raises:
        UsageError: There is no name, or the version is no number that a version can be.
    """
    name, at, version = text.rpartition("@")
    if not at:
        name, version = text, ""
    if at and version == "latest":
        address = Address(name, "latest")
    elif at and version.isascii() and version.isdigit():
        address = Address(name, _number(text, version))
    else:
        address = Address(text)
    if not address.subject:
        raise UsageError(f"`{text}` names no subject", hint="for example orders-value@3")
    return address


def _number(text: str, digits: str) -> int:
    number = int(digits) if len(digits) <= 10 else 0
    if not 1 <= number <= _LARGEST:
        raise UsageError(f"`{text}`: versions are numbers from 1 to {_LARGEST:,}, or `latest`")
    return number


def topic_of(subject: str) -> tuple[str, bool]:
    """Return the topic that a subject is named after, and whether it is of the topic's keys.

    That is the strategy that registries call `TopicNameStrategy`: `orders-value`, `orders-key`.
    """
    plain = _without_context(subject)
    if plain.endswith("-key"):
        return plain.removesuffix("-key"), True
    return plain.removesuffix("-value"), False


def check_change(connection: "KafkaConnection", operation: str, subject: str | None) -> None:
    """Refuse a change to a subject that its context does not allow; before anything is sent.

    Args:
        connection: Of whose registry.
        operation: What is about to be done, as a user would say it: `registry delete`.
        subject: What it is done to; None: the registry itself.

    Raises:
        ChangeRefused: The context is read-only, the subject is internal, or this is not the
            cluster that the context is for.
    """
    if subject is not None and is_internal_subject(subject):
        raise ChangeRefused(
            f"{subject_words(subject)} is internal to Kafka or its registry; "
            f"`{operation}` was not tried"
        )
    connection.check_change(operation)


def is_internal_subject(subject: str) -> bool:
    """Tell whether a subject is Kafka's or the registry's own."""
    return _without_context(subject).startswith(_INTERNAL)


def _without_context(subject: str) -> str:
    """Leave out `:.context:`, which a registry puts before the subjects of its contexts."""
    if subject.startswith(":."):
        return subject[2:].partition(":")[2]
    return subject
