"""Shell completion: answers in milliseconds, with the topics and contexts there really are.

The shell calls `flowodm` with `_FLOWODM_COMPLETE` in its environment and the words up to the
cursor as arguments; the answer is one candidate a line, `word<TAB>remark`. Commands come from the
table, topics from the cluster, both without Typer; only the options of a command, and what
follows one of them, need its module. Whatever goes wrong, the answer is what is known by then:
completion never shows an error.

The scripts for the shells, and how they are installed, are in `shells.py`.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flowodm.cli import process
from flowodm.cli.app import COMMANDS, GROUPS, CommandEntry, children
from flowodm.cli.options import FORMATS, GLOBAL_OPTIONS, GlobalOption, Session, add_override
from flowodm.display.sanitize import visible

if TYPE_CHECKING:
    from flowodm.cli.frame import LeafCommand

__all__ = ["Candidate", "answer", "candidates"]

_PATIENCE: Final = 0.35
"""Seconds for a whole answer; with the start of the process, less than half a second."""


class Candidate(NamedTuple):
    """A word that could stand at the cursor, and what it is."""

    word: str
    remark: str = ""


class _Place(NamedTuple):
    """Where the cursor is."""

    prefix: str
    """The group of commands, `` at the root."""
    entry: CommandEntry | None
    """The command, when it is named."""
    option: str | None
    """The option right before the cursor, when it may want a value."""


def answer(words: Sequence[str], session: Session) -> int:
    """Write the candidates for the last of the words."""
    deadline = threading.Timer(_PATIENCE, process.end, (1,))  # whatever a cluster keeps us waiting
    deadline.daemon = True
    deadline.start()
    try:
        for word, remark in candidates(words, session):
            if word == visible(word):  # a name with escapes in it is nothing to type
                session.output.data(f"{word}\t{visible(remark)}\n".encode())
    except Exception:  # noqa: BLE001 - a shell's prompt is no place for an error
        return 1
    finally:
        session.output.flush()
        deadline.cancel()
    return 0


def candidates(words: Sequence[str], session: Session) -> Iterator[Candidate]:
    """Yield the candidates for the last of the words."""
    *before, current = _without_equals(words) or [""]
    place = _walk(before, session)
    option, equals, value = current.partition("=")
    if equals and option.startswith("--"):  # shells that do not break words at `=`
        for candidate in _values(place._replace(option=option), session):
            if candidate.word.startswith(value):
                yield candidate._replace(word=f"{option}={candidate.word}")
        return
    for candidate in _possible(place, current, session):
        if candidate.word.startswith(current):
            yield candidate


def _without_equals(words: Sequence[str]) -> list[str]:
    """Bash makes three words of `--output=json`; make them two, as people also write it."""
    joined: list[str] = []
    for word in words:
        if word == "=" and joined and joined[-1].startswith("--"):
            continue
        joined.append(word)
    if words and words[-1] == "=":
        joined.append("")
    return joined


def _walk(words: Sequence[str], session: Session) -> _Place:
    """Follow the words before the cursor, and take the global options among them."""
    place = _Place("", None, None)
    for word in words:
        if place.option is not None and (option := _global_option(place.option)):
            _take(option, word, session)
            place = place._replace(option=None)
        elif word.startswith("-"):
            name, equals, value = word.partition("=")
            option = _global_option(name)
            if equals and option:
                _take(option, value, session)
            wants_value = not equals and (option is None or option.kind in ("value", "list"))
            place = place._replace(option=name if wants_value else None)
        elif place.entry is not None:
            place = place._replace(option=None)
        else:
            place = _descend(place, word)
    return place


def _descend(place: _Place, word: str) -> _Place:
    path = f"{place.prefix} {word}".strip()
    if path in GROUPS:
        return _Place(path, None, None)
    entry = next((entry for entry in COMMANDS if entry.path == path), None)
    return _Place(place.prefix if entry else path, entry, None)


def _global_option(name: str) -> GlobalOption | None:
    return next((option for option in GLOBAL_OPTIONS if name in option.flags), None)


def _take(option: GlobalOption, value: str, session: Session) -> None:
    if option.name == "overrides":
        add_override(session.values, value)
    elif option.kind == "value":
        setattr(session.values, option.name, value)


def _possible(place: _Place, current: str, session: Session) -> Iterator[Candidate]:
    if place.option is not None and (_global_option(place.option) or _wants_value(place)):
        yield from _values(place, session)
    elif current.startswith("-"):
        yield from _flags(place)
    elif place.entry is None:
        for name, summary in children(place.prefix).items():
            yield Candidate(name, summary)
    else:
        yield from _named(place.entry.completes, session)


def _named(noun: str, session: Session) -> Iterator[Candidate]:
    """Yield the names of what there is of a noun."""
    if noun == "topics":
        yield from _topics(session)
    elif noun == "groups":
        yield from _groups(session)
    elif noun == "subjects":
        yield from _subjects(session)
    elif noun == "contexts":
        yield from _contexts(session)


def _values(place: _Place, session: Session) -> Iterator[Candidate]:
    """Yield what may follow the option at the place."""
    assert place.option is not None
    option = _global_option(place.option)
    if option is None and (noun := _noun(place)):
        yield from _named(noun, session)
    elif option is None:
        yield from map(Candidate, _choices(place))
    elif option.name == "context":
        yield from _contexts(session)
    elif option.name == "output":
        formats = _command(place.entry).spec.formats if place.entry else FORMATS
        yield from map(Candidate, formats)


def _noun(place: _Place) -> str:
    """Name what a command's own option takes, where it takes what there is.

    `sandbox up --topic` makes a new one, and elsewhere `--to` is a position.
    """
    match place.prefix, place.option:
        case "topics" | "sandbox", _:
            return ""
        case _, "--subject" | "-s":
            return "subjects"
        case _, "--group" | "-g":
            return "groups"
        case _, "--topic" | "--against-topic":
            return "topics"
        case ("groups", "-t") | ("dlq", "--from" | "--to"):
            return "topics"
    return ""


def _flags(place: _Place) -> Iterator[Candidate]:
    if place.entry is not None:
        for parameter in _command(place.entry).own_parameters:
            if parameter.param_type_name == "option" and not parameter.hidden:
                yield Candidate(max(parameter.opts, key=len), _first_sentence(parameter.help))
    for option in GLOBAL_OPTIONS:
        yield Candidate(max(option.flags, key=len), option.help)


def _wants_value(place: _Place) -> bool:
    parameter = _parameter(place)
    return parameter is not None and not (parameter.is_flag or parameter.count)


def _choices(place: _Place) -> Iterable[str]:
    parameter = _parameter(place)
    return () if parameter is None else map(str, parameter.type_descriptor.choices or ())


def _parameter(place: _Place) -> Any:
    """Return the command's own option at the place; None when it has no such one."""
    if place.entry is None:
        return None
    for parameter in _command(place.entry).own_parameters:
        if place.option in (*parameter.opts, *parameter.secondary_opts):
            return parameter
    return None


def _command(entry: CommandEntry) -> "LeafCommand":
    from flowodm.cli.frame import build_command

    return build_command(entry)


def _first_sentence(text: str | None) -> str:
    return (text or "").split(". ")[0].rstrip(".")


def _topics(session: Session) -> Iterator[Candidate]:
    """Yield the cluster's topics, internal ones left out; nothing when it is silent."""
    from flowodm.connection import KafkaConnection

    connection = KafkaConnection(session.load_context())
    for name in sorted(connection.metadata(_PATIENCE).topics):
        if not name.startswith("_"):
            yield Candidate(name)


def _groups(session: Session) -> Iterator[Candidate]:
    """Yield the cluster's consumer groups; to ask creates nothing."""
    from flowodm.connection import KafkaConnection

    admin = KafkaConnection(session.load_context()).admin()
    asked = admin.list_consumer_groups(request_timeout=_PATIENCE)
    for name in sorted(one.group_id for one in asked.result(_PATIENCE).valid or ()):
        yield Candidate(name)


def _subjects(session: Session) -> Iterator[Candidate]:
    """Yield the registry's subjects; a slow one is cut off with the whole answer."""
    if (config := session.load_context().schema_registry) is None:
        return
    from flowodm.registry import SchemaRegistry

    with SchemaRegistry(config) as registry:
        yield from map(Candidate, sorted(registry.subjects()))


def _contexts(session: Session) -> Iterator[Candidate]:
    from pathlib import Path

    from flowodm.contexts.listing import list_contexts

    config_file = Path(session.values.config) if session.values.config else None
    for context in list_contexts(config_file=config_file):
        yield Candidate(context.name, context.source)
