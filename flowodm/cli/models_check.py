"""`flowodm models check`: what models say, and what schemas say."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowodm.cli.options import Session, command, session_of
from flowodm.cli.reports import REPORT_FORMATS, FailOn, Report, Section, write_report
from flowodm.cli.schema_sources import SOURCE_HELP, open_sources, project_file
from flowodm.errors import FlowODMError, UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from flowodm.sources import LoadedSchema, Sources, Unloadable

__all__ = ["check_models"]


@command(
    "flowodm models check                                       # all that flowodm.yaml declares",
    "flowodm models check app.events:UserEvent schemas/user-event.avsc",
    "flowodm models check app.events:UserEvent user-events-value@latest",
    "flowodm models check app.events:UserEvent                  # against its own file",
    "flowodm models check -o github --fail-on breaking          # for CI",
    formats=REPORT_FORMATS,
)
def check_models(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Argument(metavar="MODEL", help="The module and the class, as app.events:Order."),
    ] = None,
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help=f"What to compare with. {SOURCE_HELP}")
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="What is reason for exit 3: the least of it.")
    ] = "any",
) -> int:
    """Tell how models differ from schemas.

    Every model that flowodm.yaml declares is compared with the schema that it declares for the
    model's subject; or one model, with its own `schema_path` or any schema. Exit 3 when they
    differ.
    """
    session = session_of(context)
    with open_sources(session) as sources:
        if model is None:
            sections = tuple(_declared(session, sources))
        else:
            sections = (_named(session, sources, model.removeprefix("model:"), source),)
    return write_report(session, Report("models check", sections, fail_on, "model"))


def _named(session: Session, sources: "Sources", path: str, source: str | None) -> Section:
    """One model against one schema."""
    from flowodm.sources.model_class import load_model

    cls = load_model(path, session.output.message)
    if source is not None:
        return _compared(path, cls, sources.load(source, subject=_subject_of(cls)))
    found = _own_file(cls, sources) or _files(session, sources).get(_subject_of(cls) or "")
    if found is None:
        raise UsageError(
            f"nothing says which schema `{path}` is to have",
            hint=f"flowodm models check {path} SOURCE",
        )
    return _compared(path, cls, found)


def _declared(session: Session, sources: "Sources") -> Iterator[Section]:
    """Every model of the project."""
    from flowodm.cli.reports.changes import failed_section
    from flowodm.sources import Unloadable
    from flowodm.sources.model_class import load_module

    modules = _modules(session)
    if not modules:
        raise UsageError(
            "there is no `flowodm.yaml` here that declares models",
            hint="list modules there, `models: [app.events]`, or name a model",
        )
    files = _files(session, sources)
    for module in modules:
        try:
            found = load_module(module, session.output.message)
        except FlowODMError as error:
            yield failed_section(module, Unloadable(module, error))
            continue
        for path, cls in found:
            expected = _own_file(cls, sources) or files.get(_subject_of(cls) or "")
            yield _alone(path, cls) if expected is None else _compared(path, cls, expected)


def _modules(session: Session) -> list[str]:
    """The modules of models that the project lists."""
    file = project_file(session)
    root = None if file is None else file.document.value
    listed = root.get("models") if isinstance(root, dict) else None
    return [str(module) for module in listed] if isinstance(listed, list) else []


def _files(session: Session, sources: "Sources") -> "dict[str, LoadedSchema | Unloadable]":
    """The schemas that the project declares for subjects, those of its models left out."""
    from flowodm.sources.declared import declared_schemas

    file = project_file(session)
    declared = () if file is None else declared_schemas(file, sources, Path.cwd())
    return {
        each.subject: each.found
        for each in declared
        if not each.found.label.startswith(("model ", "model:"))
    }


def _own_file(cls: "type[BaseModel]", sources: "Sources") -> "LoadedSchema | None":
    """The schema of the file that a model names itself."""
    declaration = getattr(cls, "__declaration__", None)
    path = None if declaration is None else declaration.schema_path
    return None if path is None else sources.load(str(path))


def _subject_of(cls: "type[BaseModel]") -> str | None:
    """The subject of a model with a topic."""
    from flowodm.avro import derive

    declaration = getattr(cls, "__declaration__", None)
    return None if declaration is None else declaration.subject(derive(cls).name)


def _of_class(path: str, cls: "type[BaseModel]") -> "LoadedSchema":
    """What the fields of a class say, whatever file it writes with."""
    from flowodm.avro import derive
    from flowodm.sources import LoadedSchema
    from flowodm.sources.model_class import place_of

    schema = derive(cls)
    file, line = place_of(cls)
    return LoadedSchema(f"model {path}", schema, schema.to_json(), file, line)


def _compared(path: str, cls: "type[BaseModel]", expected: "LoadedSchema | Unloadable") -> Section:
    from flowodm.cli.reports.changes import failed_section, section_of_comparison
    from flowodm.sources import Unloadable
    from flowodm.sources.comparison import compare

    if isinstance(expected, Unloadable):
        return failed_section(path, expected)
    return section_of_comparison(path, compare(expected, _of_class(path, cls)))


def _alone(path: str, cls: "type[BaseModel]") -> Section:
    """A model that no schema is declared for: nothing to differ from."""
    model = _of_class(path, cls)
    route = f"no schema is declared for {_subject_of(cls)}"
    return Section(path, "same", route, "not compared", path=None, line=model.line)
