"""`flowodm produce`: lines of text to records of a topic.

The options and what they mean together are here; checking, sending and counting is
`produce_run.py`, what a line says is `flowodm.lines`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flowodm.cli.confirm import Confirm
from flowodm.cli.options import command, session_of
from flowodm.errors import UsageError

if TYPE_CHECKING:
    from flowodm.lines import LineOptions, SchemaWish
    from flowodm.record import Headers

__all__ = ["ProduceRequest", "produce"]

Format = Literal["avro", "json", "text", "base64"]


@dataclass(frozen=True, slots=True)
class ProduceRequest:
    """One `produce`, with nothing left to interpret."""

    topic: str
    file: str | None
    """None is standard input."""
    lines: "LineOptions"
    key: "SchemaWish"
    value: "SchemaWish"
    partition: int | None = None
    dry_run: bool = False
    stream: bool = False
    yes: bool = False


@command(
    "flowodm produce user-events --file events.ndjson    # one JSON document a line",
    "flowodm produce user-events --key-field user_id < events.ndjson",
    "flowodm tail a -e -o ndjson | flowodm produce b     # a copy, byte for byte",
    "flowodm produce orders --schema order.avsc --register --file orders.ndjson",
    "echo '{\"id\": 7}' | flowodm produce orders --dry-run # check it and show it",
    "echo hello | flowodm produce notes --value-format text --key n-1",
    formats=("ndjson",),
    patience=0.8,
)
def produce(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic to write to.")],
    file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Read the lines from here; else from stdin."),
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The values' Avro schema; else the registry's latest."),
    ] = None,
    schema_id: Annotated[
        int | None,
        typer.Option(min=0, metavar="ID", help="The values' schema, by its id in the registry."),
    ] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help="The key of every record.")] = None,
    key_field: Annotated[
        str | None,
        typer.Option(metavar="FIELD", help="The field of the value that is also the key: a.b."),
    ] = None,
    key_schema: Annotated[
        str | None, typer.Option(metavar="FILE", help="The keys' Avro schema.")
    ] = None,
    key_schema_id: Annotated[
        int | None,
        typer.Option(min=0, metavar="ID", help="The keys' schema, by its id in the registry."),
    ] = None,
    register: Annotated[
        bool, typer.Option("--register", help="Register the schema files where they are not yet.")
    ] = False,
    value_format: Annotated[
        Format | None,
        typer.Option(metavar="FORMAT", help="What values become: avro, json, text or base64."),
    ] = None,
    key_format: Annotated[
        Format | None,
        typer.Option(
            metavar="FORMAT", help="What keys become; avro if a key schema is registered."
        ),
    ] = None,
    lines: Annotated[
        Literal["auto", "values", "envelopes"],
        typer.Option(metavar="FORM", help="auto, values, or envelopes as `tail -o ndjson` writes."),
    ] = "auto",
    header: Annotated[
        list[str] | None,
        typer.Option("--header", "-H", metavar="NAME=VALUE", help="A header; may be repeated."),
    ] = None,
    partition: Annotated[
        int | None,
        typer.Option(
            "--partition", "-p", min=0, metavar="N", help="Where to; else the key decides."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check all lines and show them; send nothing.")
    ] = False,
    stream: Annotated[
        bool, typer.Option("--stream", help="Send each line at once, before the rest is checked.")
    ] = False,
    yes: Confirm = False,
) -> int:
    """Send records from NDJSON to a topic.

    Each line is a value in the JSON form of its Avro schema, or an envelope as `tail -o ndjson`
    writes it, which gives back the same bytes. All lines are checked before the first is sent.
    Ends with 0 when every record is acknowledged. With -o ndjson the deliveries are written.
    """
    from flowodm.cli.produce_run import run
    from flowodm.lines import LineOptions

    if key is not None and key_field is not None:
        raise UsageError("`--key` and `--key-field` are each the key; give one of them")
    if stream and dry_run:
        raise UsageError("`--stream` and `--dry-run` contradict each other")
    if register and schema is None and key_schema is None:
        raise UsageError("`--register` registers a schema file; give `--schema FILE`")
    request = ProduceRequest(
        topic=topic,
        file=None if file == "-" else file,
        lines=LineOptions(
            form=None if lines == "auto" else lines,
            value_format=value_format,
            key=key,
            key_field=key_field,
            key_format=key_format,
            headers=_headers(header or []),
        ),
        key=_wish("--key-schema", key_schema, key_schema_id, register=register),
        value=_wish("--schema", schema, schema_id, register=register),
        partition=partition,
        dry_run=dry_run,
        stream=stream,
        yes=yes,
    )
    return run(request, session_of(context))


def _headers(texts: list[str]) -> "Headers":
    found = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(
                f"`-H {text}` is not `name=value`", hint="for example -H source=backfill"
            )
        found.append((name, value.encode("utf-8", "surrogateescape")))
    return tuple(found)


def _wish(option: str, file: str | None, schema_id: int | None, *, register: bool) -> "SchemaWish":
    from flowodm.lines import SchemaWish

    if file is None:
        return SchemaWish(schema_id=schema_id)
    if schema_id is not None:
        raise UsageError(f"`{option}` and `{option}-id` are each the schema; give one of them")
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"cannot read `{file}`: {reason}") from error
    return SchemaWish(text=text, origin=file, register=register)
