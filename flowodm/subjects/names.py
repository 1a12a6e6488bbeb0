"""How commands name a version of a subject, and what they may change."""

from typing import TYPE_CHECKING, Final, NamedTuple

from flowodm.connection.changes import check_subject
from flowodm.errors import UsageError
from flowodm.registry.words import without_context

if TYPE_CHECKING:
    from flowodm.connection import KafkaConnection
    from flowodm.registry.rules import Version

__all__ = ["Address", "check_change", "parse_address", "topic_of"]

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
    plain = without_context(subject)
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
    check_subject(operation, subject)
    connection.check_change(operation)
