"""What is typed into a form so far, what is wrong with it, and the record that it comes to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from flowodm.avro.types import Json
from flowodm.codec.decode import Decode, compile_decoder
from flowodm.codec.framing import frame
from flowodm.display.tree import TREE
from flowodm.errors import FlowODMError, SerializationError, UsageError
from flowodm.lines import Message
from flowodm.lines.schemas import AvroWriter
from flowodm.producer import check_partition
from flowodm.record import Headers
from flowodm.tui.sources.form.fields import (
    UNSET,
    Defaults,
    FormField,
    Path,
    Unset,
    part_of,
    plan_fields,
)
from flowodm.tui.sources.form.texts import read_text

__all__ = ["NO_COPY", "Copied", "Draft", "Form", "Side", "Target"]

Side: TypeAlias = str
"""`key` or `value`."""

KEY: Final[Path] = ("key",)
VALUE: Final[Path] = ("value",)
HEADERS: Final = "headers"
PARTITION: Final[Path] = ("partition",)
_PREFIX: Final = len(frame(0))


@dataclass(frozen=True, slots=True)
class Target:
    """A topic that may be written to, and with what."""

    topic: str
    partitions: int
    key: AvroWriter | None
    """None: keys are text."""
    value: AvroWriter | None
    """None: values are text."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a form begins with, of a record that is there."""

    place: str = ""
    """`0:123`; nothing where no record is copied."""
    key: Json | Unset = UNSET
    value: Json | Unset = UNSET
    absent: frozenset[Side] = frozenset()
    """The sides that the record has not."""
    headers: Headers = ()
    notes: tuple[str, ...] = ()
    """What of it could not be taken over."""


NO_COPY: Final = Copied()


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that could be sent."""

    message: Message
    partition: int | None
    key: Any
    """As its reader would see it."""
    value: Any


class Form:
    """A form.

    Args:
        target: What it is for.
        copied: What it begins with.
        like: One for the same target: what was prepared for it counts here too.
    """

    def __init__(
        self, target: Target, copied: Copied = NO_COPY, *, like: "Form | None" = None
    ) -> None:
        self.target = target
        self._defaults: Defaults = {} if like is None else like._defaults
        self._decoders: dict[Side, Decode] = {} if like is None else like._decoders
        self.copied = copied
        self.absent: set[Side] = set(copied.absent)
        """The sides that are sent without any bytes: a tombstone, no key."""
        self._writers = {"key": target.key, "value": target.value}
        self._opened: dict[Path, bool] = {}
        self._texts: dict[Path, str] = {}
        self._checks: dict[Path, AvroWriter] = {}
        self._known: dict[Path, tuple[str, str | None]] = {}
        self._headers = [f"{name}={(value or b'').decode()}" for name, value in copied.headers]
        self._fields = self._plan()

    @property
    def fields(self) -> tuple[FormField, ...]:
        """Its lines."""
        return self._fields

    @property
    def is_touched(self) -> bool:
        """Whether anything was typed."""
        return bool(self._texts)

    def prepare(self) -> None:
        """Make what checks and shows it; where a schema is large, that takes a while."""
        for _ in self.troubles:
            pass
        for side, writer in self._writers.items():
            if writer is not None:
                self._decoder(side, writer)

    def adopt(self, other: "Form") -> None:
        """Take over what was typed into another form, where this one has such fields."""
        self._texts, self._opened = dict(other._texts), dict(other._opened)
        self._headers, self.absent = list(other._headers), set(other.absent)
        self._fields = self._plan()

    def text(self, one: FormField) -> str:
        """What is typed there."""
        return self._texts.get(one.path, one.begins)

    def type(self, one: FormField, text: str) -> None:
        """Type something there."""
        self._texts[one.path] = text
        if one.path[0] == HEADERS:
            self._number_headers()

    def toggle(self, one: FormField) -> None:
        """Open a group that may be null, or make it null again."""
        if one.is_group and one.is_nullable:
            self._opened[one.path] = not one.is_open
            self._fields = self._plan()

    def toggle_side(self, side: Side) -> None:
        """Send a side without any bytes, or with some again."""
        self.absent ^= {side}
        self._fields = self._plan()

    def trouble(self, one: FormField, text: str | None = None) -> str | None:
        """Say what is wrong with a field's text, or with another; None: nothing."""
        if one.is_group:
            return None
        text = self.text(one) if text is None else text
        known = self._known.get(one.path)
        if known is None or known[0] != text:
            known = self._known[one.path] = (text, self._trouble(one, text))
        return known[1]

    @property
    def troubles(self) -> Iterator[tuple[FormField, str]]:
        """The fields that are wrong, each with what is."""
        for one in self._fields:
            if (said := self.trouble(one)) is not None:
                yield one, said

    def draft(self) -> Draft:
        """Return the record that it comes to.

        Raises:
            SerializationError: Something is wrong; its path is the field's.
        """
        for one, said in self.troubles:
            raise SerializationError(said, path=".".join(one.path))
        key, value = self._bytes("key"), self._bytes("value")
        partition = self._texts.get(PARTITION, "").strip()
        return Draft(
            Message(key, value, tuple(self._written_headers()), None),
            int(partition) if partition else None,
            self._seen("key", key),
            self._seen("value", value),
        )

    def _plan(self) -> tuple[FormField, ...]:
        return (*self._side("key"), *self._side("value"), *self._others())

    def _side(self, side: Side) -> Iterator[FormField]:
        writer = self._writers[side]
        given = self.copied.key if side == "key" else self.copied.value
        if side in self.absent:
            words = "no key" if side == "key" else "tombstone"
            yield FormField((side,), words, None, None, is_open=False)
        elif writer is not None:
            yield from plan_fields(writer.schema, (side,), given, self._opened, self._defaults)
        elif side == "key":
            begins = given if isinstance(given, str) else ""
            yield FormField(
                KEY, "text", "Left empty, the record has no key.", "text", (), True, begins=begins
            )
        else:
            begins = given if isinstance(given, str) else ""
            doc = f"Nothing is registered under {self.target.topic}-value: it is sent as text."
            yield FormField(VALUE, "text", doc, "text", begins=begins)

    def _others(self) -> Iterator[FormField]:
        for number, text in enumerate((*self._headers, "")):
            path = (HEADERS, f"header {number + 1}")
            doc = "A header of the record: name=value. Left empty, there is none."
            yield FormField(path, "name=value", doc, "text", (), True, begins=text)
        count = self.target.partitions
        doc = f"0 to {count - 1:,}; nothing typed leaves it to the key."
        yield FormField(PARTITION, "number", doc, "number", (), True)

    def _number_headers(self) -> None:
        """Have one more line for a header where all are taken."""
        rows = [one for one in self._fields if one.path[0] == HEADERS]
        if self.text(rows[-1]):
            self._headers = [self.text(one) for one in rows]
            self._fields = self._plan()

    def _trouble(self, one: FormField, text: str) -> str | None:
        try:
            self._check(one, text)
        except FlowODMError as error:
            told = error.message
            if isinstance(error, SerializationError):
                told = f"{error.path}: {error.reason}" if error.path else error.reason
            return f"{told} ({error.hint})" if error.hint else told
        return None

    def _check(self, one: FormField, text: str) -> None:
        if one.path[0] == HEADERS:
            _header(text)
        elif one.path == PARTITION:
            _check_number(text, self.target)
        elif one.node is None:
            _utf8(text)
        else:
            value = self._value(one, text)
            if not isinstance(value, Unset):
                self._writer(one).write(value, framed=False)

    def _writer(self, one: FormField) -> AvroWriter:
        """What checks one field alone."""
        known = self._checks.get(one.path)
        if known is None:
            whole = self._writers[one.path[0]]
            assert whole is not None
            assert one.node is not None
            known = AvroWriter(part_of(whole.schema, one.node), None, "")
            self._checks[one.path] = known
        return known

    def _value(self, one: FormField, text: str) -> Json | Unset:
        """What a field's text means; nothing where the schema's default is to count."""
        assert one.spelling is not None
        if text or one.spelling == "text":
            return read_text(text, one.spelling) if text or not one.is_nullable else None
        if one.is_nullable:
            return None
        if one.default is None:
            raise SerializationError("a value is needed")
        return UNSET

    def _bytes(self, side: Side) -> bytes | None:
        if side in self.absent:
            return None
        writer = self._writers[side]
        if writer is not None:
            value = self._assembled(side)
            assert not isinstance(value, Unset)
            return writer.write(value)
        (one,) = (one for one in self._fields if one.path == (side,))
        text = self.text(one)
        if side == "key" and not text:
            return None
        found = read_text(text, "text") if side == "key" else text
        assert isinstance(found, str)
        return _utf8(found)

    def _assembled(self, side: Side) -> Json | Unset:
        """The JSON form of a side."""
        made: dict[Path, dict[str, Json]] = {}
        whole: Json | Unset = UNSET
        for one in self._fields:
            if one.path[0] != side:
                continue
            value: Json | Unset
            if not one.is_group:
                value = self._value(one, self.text(one))
            elif one.is_open:
                value = made[one.path] = {}
            else:
                value = None
            if len(one.path) == 1:
                whole = value
            elif not isinstance(value, Unset):
                made[one.path[:-1]][one.name] = value
        return whole

    def _written_headers(self) -> Iterator[tuple[str, bytes | None]]:
        for one in self._fields:
            if one.path[0] == HEADERS and self.text(one):
                yield _header(self.text(one))

    def _seen(self, side: Side, data: bytes | None) -> Any:
        """What was written, as a reader of it sees it."""
        writer = self._writers[side]
        if data is None or writer is None:
            return None if data is None else data.decode()
        return self._decoder(side, writer)(data, _PREFIX)

    def _decoder(self, side: Side, writer: AvroWriter) -> Decode:
        found = self._decoders.get(side)
        if found is None:
            found = self._decoders[side] = compile_decoder(writer.schema, style=TREE).decode
        return found


def _header(text: str) -> tuple[str, bytes]:
    """Read a header.

    Raises:
        UsageError: It has no name.
    """
    name, equals, value = text.partition("=")
    if text and not (name and equals):
        raise UsageError("expected name=value", hint="for example source=backfill")
    return name, _utf8(value)


def _check_number(text: str, target: Target) -> None:
    if not text.strip():
        return
    if not (text.strip().isascii() and text.strip().isdigit()):
        raise UsageError("expected the number of a partition")
    check_partition(target.topic, int(text.strip()[:19]), target.partitions)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise SerializationError("the text holds half of a surrogate pair") from None
