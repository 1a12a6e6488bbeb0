"""What the parts of a manifest must be that their types do not say.

Each check raises the error of the first thing wrong, at its place in the file.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn

from flowodm.config.librdkafka import (
    BOOTSTRAP_KEYS,
    CODE_LOADING_KEYS,
    KEYS,
    is_known_key,
    is_secret_key,
)
from flowodm.documents.validate import did_you_mean
from flowodm.documents.yaml import Document, Location
from flowodm.errors import SettingsError

if TYPE_CHECKING:
    from flowodm.manifest.document import LoopSettings, ManifestSettings

__all__ = ["check_contents"]

_IDENTITY: Final = ("sasl.", "ssl.", "security.", "https.", "enable.ssl.", "enable.sasl.")
"""How the keys begin that say where we connect to, as whom, and whom we trust."""
_TOPIC_ROOM: Final = 249


def check_contents(document: Document, settings: "ManifestSettings") -> None:
    """Check what loops say, and what they say together.

    Raises:
        ConfigurationError: Something is wrong; with file and line.
    """
    names: dict[str, int] = {}
    for index, loop in enumerate(settings.loops):
        place: Location = ("loops", index)
        if loop.name in names:
            first = document.where(("loops", names[loop.name], "name"))
            raise document.error(
                (*place, "name"), f"a loop `{loop.name}` is there already, in {first}"
            )
        names[loop.name] = index
        _check_records(document, place, loop)
        _check_keys(document, place, loop)
        _check_policies(document, place, loop)
        _check_profile(document, place, loop)
    _check_groups(document, settings)


def _check_records(document: Document, place: Location, loop: "LoopSettings") -> None:
    of = f"loop `{loop.name}`"
    if loop.model is None and loop.topic is None:
        raise document.error(
            place,
            f"{of} has neither `model` nor `topic`",
            hint="`model: app.events:UserEvent`, or `topic:` for the schema in the registry",
        )
    if loop.model is not None and loop.topic is not None:
        raise document.error(
            (*place, "topic"),
            f"{of} has both `model` and `topic`",
            hint="a model names its topic in its `Settings`",
        )
    if loop.subject is not None and loop.topic is None:
        raise document.error((*place, "subject"), f"`subject` in {of} goes with `topic` alone")
    if loop.topic is not None and loop.group is None:
        raise document.error(
            place, f"`group` is missing in {of}", hint="no model names one: `group: audit`"
        )


def _check_keys(document: Document, place: Location, loop: "LoopSettings") -> None:
    for key, value in loop.settings.items():
        location = (*place, "settings", key)
        _check_key(document, location, key, f"in loop `{loop.name}`")
        if (problem := _problem(key, value)) is not None:
            raise document.error(location, problem)


def _check_key(document: Document, location: Location, key: str, of: str) -> None:
    name = f"`{key[:60]}`"
    if key in CODE_LOADING_KEYS:
        raise document.error(
            location,
            f"{name} {of} runs code, and is refused in a manifest",
            hint="it may stand in the file of your own configuration directory",
        )
    if key in BOOTSTRAP_KEYS or key.startswith(_IDENTITY):
        raise document.error(
            location,
            f"{name} {of} is the context's: a manifest says neither where to connect nor as whom",
            hint="contexts stand in flowodm.yaml; `context:` names one",
        )
    if not is_known_key(key):
        raise document.error(
            location,
            f"unknown key {name} of librdkafka {of}",
            hint=did_you_mean(key.replace("_", "."), KEYS),
        )
    if is_secret_key(key):
        raise document.error(location, f"{name} {of} is a secret: its place is a context")


def _problem(key: str, value: str) -> str | None:
    """Say what librdkafka has against a value; no client is made."""
    from confluent_kafka import Consumer, KafkaException

    try:
        # the last key is refused, if the one before it is not
        Consumer({"group.id": "check", key: value, "flowodm.no.such.key": ""})
    except KafkaException as error:
        text = str(error.args[0].str())
        return None if "flowodm.no.such.key" in text else f"`{key}`: {text}"
    return None


def _check_policies(document: Document, place: Location, loop: "LoopSettings") -> None:
    of = f"in loop `{loop.name}`"
    if loop.retry.initial > loop.retry.max:
        raise document.error(
            (*place, "retry"),
            f"`initial` of `retry` {of} is more than `max`",
            hint="`initial` bounds the first delay, `max` every delay",
        )
    if loop.dead_letter is None:
        return
    if "on_failure" in loop.model_fields_set:
        raise document.error(
            (*place, "on_failure"),
            f"`on_failure` {of} has no meaning beside `dead_letter`",
            hint="what is given up goes to the dead letters; leave one of them out",
        )
    if loop.topic is not None:
        _check_letters(document, place, loop, loop.topic)


def _check_letters(document: Document, place: Location, loop: "LoopSettings", topic: str) -> None:
    assert loop.dead_letter is not None
    letters = loop.dead_letter.topic or f"{topic}-dlt"
    if letters == topic:
        raise document.error(
            (*place, "dead_letter", "topic"),
            f"the dead letters of loop `{loop.name}` go to the topic that it reads",
            hint=f"for example `{topic}-dlt`",
        )
    if len(letters) > _TOPIC_ROOM:
        raise document.error(
            (*place, "dead_letter"), f"`{letters[:60]}…` is too long for a topic's name"
        )


def _check_profile(document: Document, place: Location, loop: "LoopSettings") -> None:
    try:
        effective = loop.effective
    except SettingsError as error:
        raise document.error(
            _blamed(place, loop, error.message),
            f"{error.message} (loop `{loop.name}`)",
            hint=error.hint,
        ) from None
    work = float(effective.to_consumer_config()["max.poll.interval.ms"]) / 1_000
    if effective.revoke_drain_timeout >= work:
        raise document.error(
            _place_of(place, loop, "revoke_drain_timeout", "max.poll.interval.ms"),
            f"`revoke_drain_timeout` of loop `{loop.name}` is {effective.revoke_drain_timeout:g} s,"
            f" and `max.poll.interval.ms` ends its membership after {work:g} s",
            hint="a drain is part of one turn: give it less, or the turn more",
        )


def _blamed(place: Location, loop: "LoopSettings", message: str) -> Location:
    """Find the setting that a message speaks of."""
    named = (key for key in loop.settings if f"`{key}`" in message)
    key = next(named, None)
    if key is not None:
        return (*place, "settings", key)
    return _place_of(place, loop, *(name for name in loop.model_fields_set if name in message))


def _place_of(place: Location, loop: "LoopSettings", *names: str) -> Location:
    for name in names:
        if name in loop.settings:
            return (*place, "settings", name)
        if name in loop.model_fields_set:
            return (*place, name)
    return (*place, "profile")


def _check_groups(document: Document, settings: "ManifestSettings") -> None:
    """Refuse one group on different topics, as far as the file says which topics they are."""
    topics = {index: loop.topic for index, loop in enumerate(settings.loops)}
    check_groups(
        [(loop.group, topics[index]) for index, loop in enumerate(settings.loops)],
        lambda index, other, group: _refuse_group(document, settings, index, other, group),
    )


def check_groups(
    loops: "list[tuple[str | None, str | None]]", refuse: Callable[[int, int, str], NoReturn]
) -> None:
    """Find two loops on one group whose topics differ.

    Args:
        loops: The group and the topic of each; None where that is not known.
        refuse: Given the index of the second and of the first of them, and the group.
    """
    seen: dict[str, tuple[int, str]] = {}
    for index, (group, topic) in enumerate(loops):
        if group is None or topic is None:
            continue
        first, other = seen.setdefault(group, (index, topic))
        if other != topic:
            refuse(index, first, group)


def _refuse_group(
    document: Document, settings: "ManifestSettings", index: int, other: int, group: str
) -> NoReturn:
    one, two = settings.loops[other].name, settings.loops[index].name
    raise document.error(
        ("loops", index, "group"),
        f"loops `{one}` and `{two}` are one group, `{group[:60]}`, on different topics",
        hint="a change to one would interrupt the other: give each a group of its own",
    )
