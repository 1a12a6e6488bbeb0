"""`flowodm registry refs`: what a version references and what references it, as two trees."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flowodm.cli.options import command, session_of
from flowodm.cli.output import Output, Span, Spans
from flowodm.cli.tables import write_document

if TYPE_CHECKING:
    from flowodm.subjects.graph import Link, References

__all__ = ["show_references"]

_DEEPEST: Final = 40
"""Levels that are indented; what lies deeper stands at the same place."""


@command(
    "flowodm registry refs orders-value",
    "flowodm registry refs address-value@1 -o json | jq '.referenced_by[].subject'",
    formats=("table", "json", "ndjson", "yaml"),
)
def show_references(
    context: typer.Context,
    address: Annotated[
        str, typer.Argument(metavar="SUBJECT[@VERSION]", help="The subject and version.")
    ],
) -> None:
    """Show what references what.

    Two trees: the schemas that this one uses, and those that use it, to their ends. What is
    referenced can be neither deleted nor changed without them.
    """
    from flowodm.subjects.detail import find_version
    from flowodm.subjects.graph import find_references
    from flowodm.subjects.names import parse_address

    session = session_of(context)
    place = parse_address(address)
    with session.connect() as connection:
        registry = connection.schema_registry()
        found = find_references(registry, find_version(registry, place))
    if session.format == "table":
        _write_trees(session.output, found)
    else:
        write_document(session.output, session.format, _document(found))
    if found.is_cut:
        session.output.warn(
            f"only the first {len(found.references) + len(found.referenced_by):,} are told"
        )


def _write_trees(output: Output, found: "References") -> None:
    subject, version = found.root
    output.line(Span(f"{subject} v{version}", "bold"), f"   id {found.schema_id}")
    for heading, links in (
        ("references", found.references),
        ("is referenced by", found.referenced_by),
    ):
        output.line(Span(f"{heading}{'' if links else '   nothing'}", "dim"))
        for line in _tree(found.root, links):
            output.line("  ", *line)


def _tree(root: tuple[str, int], links: "tuple[Link, ...]") -> Iterator[tuple[Spans, ...]]:
    """Yield the lines, depth first; no recursion, for a graph may be deep."""
    below: dict[tuple[str, int], list[Link]] = defaultdict(list)
    for link in links:
        below[link.via].append(link)
    stack = [(0, link) for link in reversed(below[root])]
    while stack:
        depth, link = stack.pop()
        yield (
            "  " * min(depth, _DEEPEST),
            f"{link.subject} v{link.version}",
            Span(f"   {link.name}" if link.name else "", "cyan"),
            Span(_remark(link), "yellow" if link.schema_id is None else "dim"),
        )
        if not link.is_known:
            stack += [(depth + 1, one) for one in reversed(below[link.subject, link.version])]


def _remark(link: "Link") -> str:
    if link.schema_id is None:
        return "   not there"
    return f"   id {link.schema_id}" + ("   (above)" if link.is_known else "")


def _document(found: "References") -> dict[str, object]:
    subject, version = found.root
    return {
        "subject": subject,
        "version": version,
        "id": found.schema_id,
        "references": [_link(link) for link in found.references],
        "referenced_by": [_link(link) for link in found.referenced_by],
        "is_cut": found.is_cut,
    }


def _link(link: "Link") -> dict[str, object]:
    return {
        "subject": link.subject,
        "version": link.version,
        "id": link.schema_id,
        "name": link.name or None,
        "via": {"subject": link.via[0], "version": link.via[1]},
    }
