"""`Sources`: what users name, loaded."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, assert_never

from flowodm.avro.words import shown, similar
from flowodm.errors import FlowODMError, RegistryError, SchemaError, SubjectNotFound, UsageError
from flowodm.sources.forms import (
    FileForm,
    GitForm,
    ModelForm,
    StdinForm,
    VersionForm,
    read_form,
)
from flowodm.sources.git import GitFolder, Repository
from flowodm.sources.library import Library
from flowodm.sources.loaded import LoadedSchema, Unloadable
from flowodm.sources.shelf import MAX_BYTES, Folder, Shelf, check_size, read_file

if TYPE_CHECKING:
    from pydantic import BaseModel

    from flowodm.registry import SchemaRegistry, SubjectVersion

__all__ = ["Sources", "load_source", "loaded_version"]


class Sources:
    """Loads the schemas that users name; each directory is read once.

    Args:
        directory: Where relative paths start; None: the working directory.
        registry: Gives the registry when a version is first asked for.
        context_registry: Gives the registry of another context, by its name.
        library: Gives files and directories whose types every file may use; asked when a file
            uses one that stands nowhere in its own directory.
        stdin: What `-` reads.
        tell: Given each line that a module of models prints.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        registry: "Callable[[], SchemaRegistry] | None" = None,
        context_registry: "Callable[[str], SchemaRegistry] | None" = None,
        library: Callable[[], Iterable[str]] = tuple,
        stdin: BinaryIO | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._directory = Path.cwd() if directory is None else directory
        self._ask_registry = registry
        self._context_registry = context_registry
        self._library = library
        self._stdin = stdin
        self._read_stdin: bytes | None = None
        self._tell = tell
        self._places: dict[object, Library] = {}

    def registry(self) -> "SchemaRegistry":
        """The registry in use.

        Raises:
            UsageError: There is none.
        """
        return self._registry_of(None, "this")

    def load(self, source: str, *, subject: str | None = None) -> LoadedSchema:
        """Load the one schema that a source names.

        Args:
            source: Its text.
            subject: The subject that `latest`, `3` and `context:NAME` mean.

        Raises:
            UsageError: It names nothing that there is, or several schemas.
            SchemaError: It is no Avro schema; with the source, the place and a cure.
            SubjectNotFound: The registry has no such subject, or not that version.
            RegistryError: The registry cannot be asked.
            ConfigurationError: There is no such context, or it names no registry.
        """
        found = self.load_all(source, subject=subject)
        if len(found) > 1:
            names = ", ".join(f"`{each.label}`" for each in found[:3])
            more = f" and {len(found) - 3:,} more" if len(found) > 3 else ""
            raise UsageError(
                f"{shown(source)} holds {len(found):,} schemas, and one is needed",
                hint=f"name one of them: {names}{more}",
            )
        if isinstance(found[0], Unloadable):
            raise found[0].error
        return found[0]

    def load_all(
        self, source: str, *, subject: str | None = None
    ) -> tuple[LoadedSchema | Unloadable, ...]:
        """Load every schema that a source names: several of a directory or a module, else one.

        What is wrong with one of them stands in its place.

        Raises:
            UsageError: It names nothing that there is.
            SubjectNotFound: The registry has no such subject, or not that version.
            RegistryError: The registry cannot be asked.
            ConfigurationError: There is no such context, or it names no registry.
        """
        form = read_form(source)
        match form:
            case FileForm():
                return self._files(form)
            case GitForm():
                return self._of_commit(form)
            case ModelForm():
                return self._models(form)
            case VersionForm():
                return (self._version(form, source, subject),)
            case StdinForm():
                return (self._place("-", Folder(self._directory, ".")).load(*self._piped()),)
        assert_never(form)

    def _files(self, form: FileForm) -> tuple[LoadedSchema | Unloadable, ...]:
        path = self._directory / Path(form.path).expanduser()
        if path.is_dir():
            found = self._place(("all", form), Folder(path, form.path)).all()
            return self._some(found, form.path)
        parent = Folder(path.parent, str(Path(form.path).parent))
        data = read_file(path, form.path)
        return (self._place(path.parent.resolve(), parent).load(data, form.path, path),)

    def _of_commit(self, form: GitForm) -> tuple[LoadedSchema | Unloadable, ...]:
        repository = Repository(self._directory)
        label = f"git:{form.revision}:{form.path}"
        if repository.is_folder(form):
            return self._some(self._place(form, GitFolder(repository, form)).all(), label)
        rooted = repository.rooted(form)
        parent = GitForm(form.revision, rooted.rpartition("/")[0])
        place = self._place(("beside", parent), GitFolder(repository, parent))
        return (place.load(repository.read(form), label),)

    def _some(
        self, found: tuple[LoadedSchema | Unloadable, ...], label: str
    ) -> tuple[LoadedSchema | Unloadable, ...]:
        if not found:
            raise UsageError(
                f"directory `{label}` holds no `.avsc` file",
                hint="directories below it were looked at too, hidden ones left out",
            )
        return found

    def _place(self, key: object, shelf: Shelf) -> Library:
        """The library of a place, which reads it once; the shared places stand behind it."""
        if key not in self._places:
            self._places[key] = Library(shelf, self._shared)
        return self._places[key]

    def _shared(self) -> list[Shelf]:
        return [self._shared_shelf(name) for name in self._library()]

    def _shared_shelf(self, name: str) -> Shelf:
        path = self._directory / Path(name).expanduser()
        return Folder(path, name) if path.is_dir() else _OneFile(path, name)

    def _piped(self) -> tuple[bytes, str]:
        """Standard input, which can be read once and named twice."""
        label = "standard input"
        if self._read_stdin is None:
            if self._stdin is None:
                raise UsageError("there is no standard input here")
            try:
                self._read_stdin = self._stdin.read(MAX_BYTES + 1)
            except OSError as error:
                raise UsageError(f"{label} cannot be read: {error.strerror}") from error
        check_size(len(self._read_stdin), label)
        return self._read_stdin, label

    def _models(self, form: ModelForm) -> tuple[LoadedSchema | Unloadable, ...]:
        from flowodm.sources.model_class import load_model, load_module

        if form.name:
            path = f"{form.module}:{form.name}"
            return (_of_model(path, load_model(path, self._tell)),)
        return tuple(_of_model(path, model) for path, model in load_module(form.module, self._tell))

    def _version(self, form: VersionForm, source: str, subject: str | None) -> LoadedSchema:
        name = form.subject or subject
        if name is None:
            raise UsageError(
                f"{shown(source)} needs a subject",
                hint=(
                    f"as in `orders-value@{form.version}`; a file of that name is `./{source}`"
                    if form.context is None
                    else f"as in `{source}:orders-value@latest`"
                ),
            )
        registry = self._registry_of(form.context, source)
        try:
            found = registry.version(name, form.version)
        except SubjectNotFound as error:
            raise _with_suggestion(registry, name, error) from error
        return loaded_version(registry, found, context=form.context)

    def _registry_of(self, context: str | None, source: str) -> "SchemaRegistry":
        if context is not None and self._context_registry is not None:
            return self._context_registry(context)
        if context is not None or self._ask_registry is None:
            raise UsageError(f"{shown(source)} needs a schema registry, and none is at hand")
        return self._ask_registry()


class _OneFile:
    """A place of one file."""

    def __init__(self, path: Path, shown: str) -> None:
        self._path = path
        self._shown = shown

    def names(self) -> tuple[str, ...]:
        return (self._path.name,)

    def read(self, name: str) -> bytes:
        return read_file(self._path, self._shown)

    def label(self, name: str) -> str:
        return self._shown

    def path(self, name: str) -> Path | None:
        return self._path


def load_source(
    source: str,
    *,
    registry: "SchemaRegistry | None" = None,
    subject: str | None = None,
    directory: Path | None = None,
) -> LoadedSchema:
    """Load the one schema that a source names.

    Args:
        source: A file, `git:REV:path`, `model:module:Class`, `SUBJECT@VERSION`, …
        registry: Where versions are looked for.
        subject: The subject that `latest` and `3` mean.
        directory: Where relative paths start; None: the working directory.

    Raises:
        FlowODMError: As `Sources.load`.
    """
    ask = None if registry is None else lambda: registry
    return Sources(directory, registry=ask).load(source, subject=subject)


def _of_model(path: str, model: "type[BaseModel]") -> LoadedSchema | Unloadable:
    from flowodm.schema.sources import schema_of
    from flowodm.sources.model_class import place_of

    label = f"model {path}"
    try:
        schema = schema_of(model)
        file, line = place_of(model)
        return LoadedSchema(label, schema, schema.to_json(), file, line, subject=_subject_of(model))
    except FlowODMError as error:
        return Unloadable(label, error)


def _subject_of(model: "type[BaseModel]") -> str | None:
    from flowodm.model import FlowBaseModel
    from flowodm.schema.subjects import subject_of

    has_topic = issubclass(model, FlowBaseModel) and model.__declaration__ is not None
    return subject_of(model) if has_topic else None


def loaded_version(
    registry: "SchemaRegistry", found: "SubjectVersion", *, context: str | None = None
) -> LoadedSchema:
    """Parse a version of a subject, with what it references.

    Args:
        registry: Where it is from.
        found: The version.
        context: The name of the registry's context, where it is another than the one in use.

    Raises:
        SchemaError: It is no Avro schema.
        RegistryError: What it references cannot be had.
    """
    label = f"{found.subject} v{found.version}" + (f" of context {context}" if context else "")
    if found.schema.schema_type != "AVRO":
        raise SchemaError(
            f"`{label}` is {found.schema.schema_type}, not Avro",
            hint="FlowODM lists and shows it, and can do no more with it",
        )
    return LoadedSchema(
        label,
        registry.parse(found.schema),
        found.schema.text,
        subject=found.subject,
        version=found.version,
        schema_id=found.schema.schema_id,
        references=found.schema.references,
    )


def _with_suggestion(
    registry: "SchemaRegistry", subject: str, error: SubjectNotFound
) -> SubjectNotFound:
    """Say which subject or version may be meant."""
    try:
        subjects = registry.subjects()
        if subject in subjects:
            versions = ", ".join(map(str, registry.versions(subject)[-8:]))
            hint: str | None = f"its versions: {versions}"
        else:
            near = similar(subject, subjects)
            hint = f"did you mean `{near}`?" if near else "flowodm registry list"
    except RegistryError:
        hint = None
    return SubjectNotFound(error.message, status=error.status, code=error.code, hint=hint)
