"""Changes to a registry beyond registering: deletions, compatibility levels, modes, contexts.

Generators of requests (`wire.py`), as in `rules.py`.
"""

from flowodm.errors import RegistryError
from flowodm.registry.desk import Desk, Query
from flowodm.registry.rules import Rules, subject_words, version_words
from flowodm.registry.wire import Steps

__all__ = ["Administration"]

_NO_LEVEL = 40408
_NO_MODE = 40409


class Administration:
    """Deletes, and reads and sets levels and modes.

    Args:
        desk: Where questions go.
        rules: Whose caches a change makes doubtful.
    """

    def __init__(self, desk: Desk, rules: Rules) -> None:
        self._desk = desk
        self._rules = rules

    def delete_subject(self, subject: str, *, permanent: bool = False) -> Steps[tuple[int, ...]]:
        """Delete every version of a subject."""
        what = subject_words(subject)
        value = yield from self._desk.delete(
            what, "subjects", subject, query=_if_on("permanent", permanent)
        )
        self._rules.forget_versions()
        return self._desk.shapes.numbers(value, what)

    def delete_version(self, subject: str, version: int, *, permanent: bool = False) -> Steps[int]:
        """Delete one version of a subject."""
        what = version_words(subject, version)
        value = yield from self._desk.delete(
            what,
            "subjects",
            subject,
            "versions",
            str(version),
            query=_if_on("permanent", permanent),
        )
        self._rules.forget_versions()
        return self._desk.shapes.number(value, what)

    def referenced_by(self, subject: str, version: int) -> Steps[tuple[int, ...]]:
        """List the ids of the schemas that reference a version."""
        what = version_words(subject, version)
        value = yield from self._desk.get(
            what, "subjects", subject, "versions", str(version), "referencedby"
        )
        return self._desk.shapes.numbers(value, what)

    def compatibility_level(self, subject: str | None = None) -> Steps[str | None]:
        """Read the level set for a subject (None: none of its own), or the registry's own."""
        what = _setting("compatibility level", subject)
        try:
            value = yield from self._desk.get(what, *_place("config", subject))
        except RegistryError as error:
            if error.code == _NO_LEVEL:
                return None
            raise
        return self._desk.shapes.field(value, what, "compatibilityLevel", "compatibility")

    def set_compatibility_level(self, level: str, subject: str | None = None) -> Steps[str]:
        """Set the level of a subject, or of the registry."""
        what = _setting("compatibility level", subject)
        value = yield from self._desk.put(
            what, *_place("config", subject), body={"compatibility": level}
        )
        return self._desk.shapes.field(value, what, "compatibility", "compatibilityLevel")

    def delete_compatibility_level(self, subject: str | None = None) -> Steps[None]:
        """Have a subject, or the registry, go back to the level above it."""
        what = _setting("compatibility level", subject)
        yield from self._desk.delete(what, *_place("config", subject))

    def mode(self, subject: str | None = None) -> Steps[str | None]:
        """Read the mode set for a subject (None: none of its own), or the registry's own."""
        what = _setting("mode", subject)
        try:
            value = yield from self._desk.get(what, *_place("mode", subject))
        except RegistryError as error:
            if error.code == _NO_MODE:
                return None
            raise
        return self._desk.shapes.field(value, what, "mode")

    def set_mode(self, mode: str, subject: str | None = None, *, force: bool = False) -> Steps[str]:
        """Set the mode of a subject, or of the registry."""
        what = _setting("mode", subject)
        value = yield from self._desk.put(
            what, *_place("mode", subject), body={"mode": mode}, query=_if_on("force", force)
        )
        return self._desk.shapes.field(value, what, "mode")

    def delete_mode(self, subject: str) -> Steps[None]:
        """Have a subject go back to the registry's mode."""
        yield from self._desk.delete(_setting("mode", subject), "mode", subject)

    def contexts(self) -> Steps[tuple[str, ...]]:
        """List the registry's contexts."""
        value = yield from self._desk.get("the contexts", "contexts")
        return self._desk.shapes.texts(value, "the contexts")

    def schema_types(self) -> Steps[tuple[str, ...]]:
        """List the schema languages the registry takes."""
        value = yield from self._desk.get("the schema types", "schemas", "types")
        return self._desk.shapes.texts(value, "the schema types")


def _place(word: str, subject: str | None) -> tuple[str, ...]:
    return (word,) if subject is None else (word, subject)


def _setting(word: str, subject: str | None) -> str:
    return f"its {word}" if subject is None else f"{word} of {subject_words(subject)}"


def _if_on(name: str, is_on: bool) -> Query:
    return ((name, "true"),) if is_on else ()
