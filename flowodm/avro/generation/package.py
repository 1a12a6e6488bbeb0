"""Schemas as a package of Python source: a module for each namespace."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

from flowodm.avro.blueprint import Blueprint
from flowodm.avro.blueprint.naming import Taken, class_name
from flowodm.avro.blueprint.plan import RootPlan
from flowodm.avro.generation.bodies import Base, class_text
from flowodm.avro.generation.expressions import Writer
from flowodm.avro.generation.header import header
from flowodm.avro.generation.module import Parts, module_text
from flowodm.avro.generation.plans import named_fixeds, planned
from flowodm.avro.generation.spaces import CIRCLE, File, directories, files_of
from flowodm.avro.names import namespace_of
from flowodm.avro.schema import Schema

__all__ = ["generate_package"]


def generate_package(
    *schemas: Schema,
    origins: Sequence[str] = (),
    base: Base | None = None,
    name: str | None = None,
) -> dict[str, str]:
    """Write the Python package that holds the classes of schemas, a module for each namespace.

    A class stands in the package of its type's namespace: `com.shop.Order` in `com/shop`. Those
    of namespaces that need each other stand in one module, `_models`, and are imported from
    their own packages all the same.

    Args:
        schemas: As for `generate_module`.
        origins: Where they came from, for the headers.
        base: What the classes of their roots inherit from; None: Pydantic's `BaseModel`.
        name: The name of the class of the first root; None: from the schema.

    Returns:
        Each file's text, by its path in the package.

    Raises:
        SchemaError: As `generate_module`.
    """
    return _Package(planned(schemas, base, name), schemas, origins, base, name).texts()


class _Package:
    """The files of one plan."""

    def __init__(
        self,
        plan: Blueprint,
        schemas: Sequence[Schema],
        origins: Sequence[str],
        base: Base | None,
        wanted: str | None,
    ) -> None:
        self._plan = plan
        self._base = base
        self._schemas = schemas
        self._origins = origins
        self._fixeds = named_fixeds(plan)
        self._records = frozenset(root.name for root in plan.roots if root.is_record)
        names = {each.name: each.fullname for each in plan.classes}
        names |= {name: fullname for fullname, name in plan.fixeds.items() if name in self._fixeds}
        spaces = directories(map(namespace_of, names.values()), names)
        self._fullnames = names
        self._homes = {name: spaces[namespace_of(full)] for name, full in names.items()}
        self._needed = self._needs()
        self._files = files_of(self._homes, self._needed)
        self._names_of = _grouped(self._files)
        self._spaces = _grouped(self._homes)
        self._local = self._local_names(wanted)

    def texts(self) -> dict[str, str]:
        """Every file."""
        files = {(), *self._homes.values(), *self._files.values()}
        files |= {file[:end] for file in files for end in range(1, len(file))}
        return {_path(file): self._text(file) for file in sorted(files)}

    def _needs(self) -> dict[str, set[str]]:
        """The planned names that each class needs."""
        needs: dict[str, set[str]] = {}
        for each in self._plan.classes:
            writer = Writer(self._plan.fixeds)
            class_text(writer, each, None)
            needs[each.name] = writer.used - {each.name}
        for name, marked in self._fixeds.items():
            writer = Writer(self._plan.fixeds)
            writer.marked(marked)
            needs[name] = writer.used
        return needs

    def _needed_by(self, roots: Iterable[RootPlan]) -> set[str]:
        """The planned names that roots which are no records need."""
        writer = Writer(self._plan.fixeds)
        for each in roots:
            writer.annotation(each.annotation)
        return writer.used

    def _local_names(self, wanted: str | None) -> dict[str, str]:
        """What each class is called in its own file: its short name, where that is free."""
        taken: dict[File, Taken] = {}
        local: dict[str, str] = {}
        kept = {name for name, full in self._fullnames.items() if name == full}
        if wanted is not None:
            kept.add(self._plan.name)
        for name in sorted(self._fullnames, key=lambda each: each not in kept):
            free = taken.setdefault(self._files[name], Taken())
            if name in kept:
                local[name] = free.claim(name)
            else:
                local[name] = class_name(self._short(name), free)
        return local

    def _text(self, file: File) -> str:
        mine = self._names_of.get(file, [])
        handed_on = [
            name for name in self._spaces.get(file, ()) if self._files[name] == CIRCLE != file
        ]
        roots = tuple(each for each in self._plan.roots if not each.is_record and not file)
        used = {name for each in mine for name in self._needed[each]} | self._needed_by(roots)
        others = sorted(used - {*mine, *handed_on})
        names = {self._fullnames[name] for name in mine}
        parts = Parts(
            tuple(self._plan.by_name[name] for name in mine if name in self._plan.by_name),
            roots,
            {name: self._fixeds[name] for name in mine if name in self._fixeds},
            self._names_in(file, mine, handed_on, others),
            {name: self._home_of(name, file) for name in (*handed_on, *others)},
            tuple(handed_on),
        )
        top = header(self._schemas, self._origins_of(names), _title(file))
        return module_text(top, parts, self._plan.fixeds, self._base, self._records)

    def _origins_of(self, names: Set[str]) -> list[str]:
        """Where the types of some names came from."""
        return [
            origin
            for origin, schema in zip(self._origins, self._schemas, strict=False)
            if not names.isdisjoint(schema.names.keys() - schema.external)
        ]

    def _names_in(
        self, file: File, mine: Iterable[str], handed_on: Iterable[str], others: Sequence[str]
    ) -> dict[str, str]:
        """What a file calls classes: by their short names, where these are no other's."""
        roots = (root.name for root in self._plan.roots) if not file else ()
        names = {name: self._local[name] for name in mine}
        taken = Taken([*names.values(), *roots])
        for name in handed_on:
            names[name] = class_name(self._short(name), taken)
        counts = Counter(self._local[name].casefold() for name in others)
        for name in others:
            called = self._local[name]
            is_free = called not in taken and counts[called.casefold()] == 1
            names[name] = taken.claim(called if is_free else name)
        return names

    def _short(self, name: str) -> str:
        return self._fullnames[name].rpartition(".")[2]

    def _home_of(self, name: str, user: File) -> tuple[str, str]:
        """Where a file finds a class of another one."""
        return _relative(user, self._files[name]), self._local[name]


def _grouped(files: Mapping[str, File]) -> dict[File, list[str]]:
    """The names of each file, in their order."""
    found: dict[File, list[str]] = {}
    for name, file in files.items():
        found.setdefault(file, []).append(name)
    return found


def _path(file: File) -> str:
    return "_models.py" if file == CIRCLE else "/".join((*file, "__init__.py"))


def _title(file: File) -> str:
    if file == CIRCLE:
        return "namespaces that need each other"
    return f"the namespace `{'.'.join(file)}`" if file else "all namespaces below"


def _relative(user: File, target: File) -> str:
    """How a file names another one in its imports."""
    package = () if user == CIRCLE else user
    shared = 0
    while shared < min(len(package), len(target)) and package[shared] == target[shared]:
        shared += 1
    return "." * (len(package) - shared + 1) + ".".join(target[shared:])
