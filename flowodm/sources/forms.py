"""What the text of a source asks for. Nothing is read here."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from flowodm.avro.words import shown
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.registry.rules import Version

__all__ = ["FileForm", "Form", "GitForm", "ModelForm", "StdinForm", "VersionForm", "read_form"]


@dataclass(frozen=True, slots=True)
class FileForm:
    """A file or directory of this machine."""

    path: str


@dataclass(frozen=True, slots=True)
class GitForm:
    """A file or directory of a commit; an empty revision is what is staged."""

    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class ModelForm:
    """A Pydantic class, or all of a module where no class is named."""

    module: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class VersionForm:
    """A version of a subject: of the one that is known, where none is named."""

    version: "Version"
    subject: str | None = None
    context: str | None = None
    """The context whose registry is meant; None: the one in use."""


@dataclass(frozen=True, slots=True)
class StdinForm:
    """Standard input."""


Form: TypeAlias = FileForm | GitForm | ModelForm | VersionForm | StdinForm

_VERSION: Final = re.compile(r"v?([1-9][0-9]{0,8})|latest", re.ASCII)
_AT_FAULT: Final = re.compile(r"v?-?[0-9]*|la?t?e?s?t?", re.ASCII)
_IN_PATHS: Final = ("/", "./", "../", "~")


def read_form(text: str) -> Form:
    """Read the text of a source.

    Only the text counts, never what there is: `orders@1` is a version of a subject, and a file of
    that name is `./orders@1`.

    Raises:
        UsageError: It names nothing, or begins as one of the forms and does not go on so.
    """
    if not text or "\0" in text:
        raise UsageError("a source of a schema is empty" if not text else f"{shown(text)} is none")
    if text == "-":
        return StdinForm()
    if text.startswith("git:"):
        return _git(text)
    if text.startswith("model:"):
        return _model(text)
    if text.startswith("context:"):
        return _context(text)
    if text.startswith(_IN_PATHS):
        return FileForm(text)
    return _version(text, None) or FileForm(text)


def _version(text: str, context: str | None) -> VersionForm | None:
    subject, at, word = text.rpartition("@")
    if (match := _VERSION.fullmatch(word)) is not None:
        if at and not subject:
            raise UsageError(f"`{text}` names no subject", hint="as in `orders-value@latest`")
        number: Version = int(match[1]) if match[1] else "latest"
        return VersionForm(number, subject or None, context)
    if at and subject and _AT_FAULT.fullmatch(word):
        raise UsageError(
            f"{shown(word)} in {shown(text)} is no version",
            hint=f"versions are 1, 2, … or `latest`; a file of that name is `./{text}`",
        )
    return None


def _git(text: str) -> GitForm:
    revision, colon, path = text.removeprefix("git:").partition(":")
    if not colon or not path:
        raise UsageError(
            f"{shown(text)} names no file of a commit",
            hint="as in `git:main:schemas/order.avsc`; `git::schemas/order.avsc` is what is staged",
        )
    if revision.startswith("-") or not (revision + path).isprintable():
        raise UsageError(f"{shown(revision)} is no revision", hint="as in `git:HEAD~1:order.avsc`")
    return GitForm(revision, path)


def _model(text: str) -> ModelForm:
    module, colon, name = text.removeprefix("model:").partition(":")
    if not module or (colon and not name):
        raise UsageError(f"{shown(text)} names no class", hint="as in `model:app.events:UserEvent`")
    return ModelForm(module, name)


def _context(text: str) -> VersionForm:
    name, colon, rest = text.removeprefix("context:").partition(":")
    if not name or (colon and not rest):
        raise UsageError(
            f"{shown(text)} names no context",
            hint="as in `context:prod`, or `context:prod:orders-value@latest`",
        )
    if not colon:
        return VersionForm("latest", None, name)
    return _version(rest, name) or VersionForm("latest", rest, name)
