"""How `tail` writes records: one writer for each format, and which style of values it wants.

Writers turn a batch into bytes and hand them to `Output`; they decide nothing about what is read.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from flowodm.cli.output import Output, Span
from flowodm.errors import UsageError
from flowodm.record import DecodedRecord

if TYPE_CHECKING:
    from flowodm.codec.style import Style
    from flowodm.display.sides import SchemaNames

__all__ = ["RECORD_FORMATS", "RecordWriter", "writer_for"]

RECORD_FORMATS: Final = ("pretty", "json", "ndjson", "table", "raw")


class RecordWriter(Protocol):
    """Writes decoded records; their values are in the style it names."""

    style: "Style"

    def write(self, batch: Sequence[DecodedRecord]) -> None:
        """Write some records."""

    def end(self) -> None:
        """Write what closes the output."""


def writer_for(
    form: str,
    output: Output,
    *,
    names: "SchemaNames",
    several: bool,
    template: str | None = None,
) -> RecordWriter:
    """Return the writer of an output format.

    Args:
        form: One of `RECORD_FORMATS`.
        output: Where it writes.
        names: Names the schemas that people see.
        several: Whether more than one topic may be read: a table then names it in each row.
        template: The line of `--format`, which wins over `form`.

    Raises:
        UsageError: If the template has no meaning.
    """
    if template is not None:
        return TemplateWriter(output, template)
    match form:
        case "ndjson":
            return NdjsonWriter(output)
        case "json":
            return JsonWriter(output)
        case "table":
            return TableWriter(output, names, several=several)
        case "raw":
            return RawWriter(output)
        case "pretty":
            return PrettyWriter(output, names)
    raise UsageError(f"`{form}` is not a format of records")


class NdjsonWriter:
    """One envelope a line; the fastest way out, and what `produce` reads back."""

    def __init__(self, output: Output) -> None:
        from flowodm.envelope import EnvelopeWriter
        from flowodm.json_form import JSON

        self.style: Style = JSON
        self._output = output
        self._line = EnvelopeWriter().line

    def write(self, batch: Sequence[DecodedRecord]) -> None:
        """Write some records, all lines at once."""
        lines = list(map(self._line, batch))
        lines.append(b"")
        self._output.data(b"\n".join(lines))

    def end(self) -> None:
        """Write nothing: each line is a document."""


class JsonWriter:
    """All envelopes in one array, which stays a valid document when the read is interrupted."""

    def __init__(self, output: Output) -> None:
        from flowodm.envelope import EnvelopeWriter
        from flowodm.json_form import JSON

        self.style: Style = JSON
        self._output = output
        self._line = EnvelopeWriter().line
        self._before = b"[\n"

    def write(self, batch: Sequence[DecodedRecord]) -> None:
        """Write some records as elements of the array."""
        if batch:
            self._output.data(self._before + b",\n".join(map(self._line, batch)))
            self._before = b",\n"

    def end(self) -> None:
        """Close the array."""
        self._output.data(b"[]\n" if self._before == b"[\n" else b"\n]\n")


class RawWriter:
    """The values' bytes as they are, a line feed after each."""

    def __init__(self, output: Output) -> None:
        from flowodm.codec.style import VALUES

        self.style: Style = VALUES
        self._output = output

    def write(self, batch: Sequence[DecodedRecord]) -> None:
        """Write some values."""
        self._output.data(b"".join((decoded.record.value or b"") + b"\n" for decoded in batch))

    def end(self) -> None:
        """Write nothing more."""


class TemplateWriter:
    """A line of the user's own for each record."""

    def __init__(self, output: Output, template: str) -> None:
        from flowodm.cli.template import compile_template
        from flowodm.json_form import JSON

        self.style: Style = JSON
        self._output = output
        self._render = compile_template(template)

    def write(self, batch: Sequence[DecodedRecord]) -> None:
        """Write some records."""
        self._output.data(self._output.stdout.encode("".join(map(self._render, batch))))

    def end(self) -> None:
        """Write nothing more."""


class PrettyWriter:
    """A block for each record, an empty line between them."""

    def __init__(
        self,
        output: Output,
        names: "SchemaNames",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        from flowodm.display.tree import TREE

        self.style: Style = TREE
        self._output = output
        self._names = names
        self._now = now
        self._is_first = True
        self._all_whole = True

    def write(self, batch: Sequence[DecodedRecord]) -> None:
        """Write some records."""
        from flowodm.cli.pretty import block_of

        output, width, today = self._output, self._output.width, self._now()
        for decoded in batch:
            block = block_of(decoded, width=width, names=self._names, today=today)
            if not self._is_first:
                output.line()
            self._is_first = False
            for line in block.lines:
                output.line(*line)
            self._all_whole = self._all_whole and block.is_whole

    def end(self) -> None:
        """Say once how to see what was cut."""
        if not self._all_whole:
            self._output.note(Span("Large values were cut; -o json shows all of them.", "dim"))


class TableWriter:
    """A row for each record, in columns that are laid out before the first."""

    def __init__(
        self,
        output: Output,
        names: "SchemaNames",
        *,
        several: bool,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        from flowodm.display.tree import TREE

        self.style: Style = TREE
        self._output = output
        self._names = names
        self._several = several
        self._now = now
        self._rows: Any = None

    def write(self, batch: Sequence[DecodedRecord]) -> None:
        """Write some records; the first ones set the widths."""
        from flowodm.cli.record_table import RecordTable

        if not batch:
            return
        if self._rows is None:
            self._rows = RecordTable(self._output.table_width, self._names, several=self._several)
            self._output.line(*self._rows.heading(batch))
        today = self._now()
        for decoded in batch:
            self._output.line(*self._rows.row(decoded, today))

    def end(self) -> None:
        """Write nothing more."""
