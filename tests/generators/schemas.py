"""Random schema documents: every feature of the language, and finite values."""

from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

from flowodm.avro.names import namespace_of
from tests.generators.edges import FLOATS, INTS, LONGS, TEXTS

__all__ = ["PRIMITIVES", "Document", "Impossible", "SchemaGenerator", "random_schema"]

Document = Any
"""A schema as JSON-able Python objects."""

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NAMES = ("A", "b", "_", "Node", "record", "int", "Name_1", "value", "None", "x" * 30, "Error")
NAMESPACES = ("a", "a.b", "org.example_1", "enum")
FIELDS = ("a", "b", "_", "id", "class", "type", "next", "self", "Value9", "from", "x" * 40)
OLD_FIELDS = ("old_a", "old_b", "old_c")
SYMBOLS = ("A", "B", "C", "_", "None", "True", "a", "lower_9", "X" * 20)
LOGICAL = (
    {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    {"type": "bytes", "logicalType": "decimal", "precision": 40},
    {"type": "bytes", "logicalType": "big-decimal"},
    {"type": "string", "logicalType": "uuid"},
    {"type": "int", "logicalType": "date"},
    {"type": "int", "logicalType": "time-millis"},
    {"type": "long", "logicalType": "time-micros"},
    {"type": "long", "logicalType": "timestamp-millis"},
    {"type": "long", "logicalType": "timestamp-micros"},
    {"type": "long", "logicalType": "timestamp-nanos"},
    {"type": "long", "logicalType": "local-timestamp-millis"},
    {"type": "long", "logicalType": "local-timestamp-micros"},
    {"type": "long", "logicalType": "local-timestamp-nanos"},
    {"type": "int", "logicalType": "timestamp-millis"},  # invalid, and so ignored
    {"type": "string", "logicalType": "made-up"},
)
LOGICAL_FIXED = (
    (16, {"logicalType": "uuid"}),
    (12, {"logicalType": "duration"}),
    (5, {"logicalType": "decimal", "precision": 11, "scale": 11}),
    (1, {"logicalType": "decimal", "precision": 2}),
    (4, {"logicalType": "uuid"}),  # invalid, and so ignored
)


def random_schema(
    random: Random, *, depth: int = 3, named_root: bool = False, tangled: bool = False
) -> Document:
    """A random schema document that Java's parser accepts, and whose values are finite.

    Args:
        random: Where every choice comes from.
        depth: How deep containers nest.
        named_root: Only records at the root.
        tangled: Fields may have the names of others as aliases, which readers take differently.
    """
    return SchemaGenerator(random, tangled=tangled).schema(depth, named_root=named_root)


class Impossible(Exception):
    """No finite default for this type here."""


class SchemaGenerator:
    """Makes one schema document; knows the names that it has defined so far."""

    def __init__(self, random: Random, *, tangled: bool = False) -> None:
        self.random = random
        self.field_aliases = ("a", "b", "old_a", "old_b") if tangled else OLD_FIELDS
        self.defined: dict[str, Document] = {}
        self.open: list[str] = []
        self.fields_left = 24

    def schema(self, depth: int, *, named_root: bool = False) -> Document:
        if named_root or self.random.random() < 0.6:
            return self.record(depth, "")
        return self.type(depth, "", guarded=False, union=True)

    def type(self, depth: int, namespace: str, *, guarded: bool, union: bool) -> Document:
        """A type; `guarded` when an empty array, map or union stands between here and the root."""
        choices: list[Callable[[], Document]] = [self.primitive] * 5 + [self.logical] * 2
        choices += [lambda: self.fixed(namespace), lambda: self.enum(namespace)]
        uses = [
            name
            for name in self.defined
            if (guarded or name not in self.open) and self.written(name, namespace)
        ]
        if uses:
            choices += [lambda: self.written(self.random.choice(uses), namespace)] * 3
        if depth > 0:
            choices += [lambda: self.array(depth - 1, namespace)] * 2
            choices += [lambda: self.map(depth - 1, namespace)] * 2
            choices += [lambda: self.record(depth - 1, namespace)] * 3
            if union:
                choices += [lambda: self.union(depth - 1, namespace, guarded)] * 4
        return self.random.choice(choices)()

    def primitive(self) -> Document:
        word = self.random.choice(PRIMITIVES)
        return self.with_props({"type": word}) if self.random.random() < 0.15 else word

    def logical(self) -> Document:
        return dict(self.random.choice(LOGICAL))

    def array(self, depth: int, namespace: str) -> Document:
        items = self.type(depth, namespace, guarded=True, union=True)
        return self.with_props({"type": "array", "items": items})

    def map(self, depth: int, namespace: str) -> Document:
        values = self.type(depth, namespace, guarded=True, union=True)
        return self.with_props({"type": "map", "values": values})

    def union(self, depth: int, namespace: str, guarded: bool) -> Document:
        branches: list[Document] = []
        taken: set[str] = set()
        if self.random.random() < 0.7:
            branches.append("null")
            taken.add("null")
        for _ in range(self.random.randint(1, 3)):
            # a use of an enclosing record needs another way out, and `null` is one
            free = guarded or "null" in taken
            before = dict(self.defined)
            branch = self.type(depth, namespace, guarded=free, union=False)
            name = self.branch_name(branch, namespace)
            if name in taken:
                self.defined = before
            else:
                taken.add(name)
                branches.append(branch)
        if branches[0] == "null" and self.random.random() < 0.3:
            branches.insert(self.random.randrange(len(branches)), branches.pop(0))
        return branches

    def branch_name(self, branch: Document, namespace: str) -> str:
        if isinstance(branch, str):
            return branch if branch in PRIMITIVES else self.meant(branch, namespace)
        word = branch["type"]
        if word in ("record", "error", "enum", "fixed"):
            return self.full(branch, namespace)
        return str(word)

    def full(self, document: Document, namespace: str) -> str:
        """The full name of a definition."""
        name = document["name"]
        if "." in name:
            return str(name).removeprefix(".")
        space = document.get("namespace", namespace)
        return f"{space}.{name}" if space else str(name)

    def meant(self, name: str, namespace: str) -> str:
        """The full name that a use of `name` means."""
        inside = f"{namespace}.{name}" if namespace and "." not in name else name
        return inside if inside in self.defined else name

    def written(self, fullname: str, namespace: str) -> str | None:
        """A way to write the use of a name; None when every way means another one."""
        if "." not in fullname and namespace:
            return None  # Java finds it, the specification and fastavro do not
        ways = [fullname]
        if namespace and namespace == namespace_of(fullname):
            ways.append(fullname.rpartition(".")[2])
        right = [way for way in ways if way not in PRIMITIVES]
        return self.random.choice(right) if right else None

    def definition(self, word: str, namespace: str) -> Document:
        """The start of a definition, under a name that is still free."""
        document: dict[str, Any] = {"type": word}
        while True:
            document["name"] = self.random.choice(NAMES)
            document.pop("namespace", None)
            match self.random.randint(0, 5):
                case 0:
                    document["namespace"] = self.random.choice(NAMESPACES)
                case 1:
                    document["name"] = f"{self.random.choice(NAMESPACES)}.{document['name']}"
                case 2:
                    document["namespace"] = ""
                case 3:
                    document["name"] += str(self.random.randint(0, 9999))
            fullname = self.full(document, namespace)
            if fullname not in self.defined and fullname not in PRIMITIVES:
                self.defined[fullname] = document
                break
        if self.random.random() < 0.2:
            document["doc"] = self.random.choice(TEXTS)
        if self.random.random() < 0.2:
            document["aliases"] = self.random.sample(["Old", "x.Old", "y.z.Older", "O1"], 2)
        return document

    def enum(self, namespace: str) -> Document:
        document = self.definition("enum", namespace)
        document["symbols"] = self.random.sample(SYMBOLS, self.random.randint(1, 5))
        if self.random.random() < 0.4:
            document["default"] = self.random.choice(document["symbols"])
        return self.with_props(document)

    def fixed(self, namespace: str) -> Document:
        document = self.definition("fixed", namespace)
        document["size"] = self.random.choice((0, 1, 2, 3, 16, 40))
        if self.random.random() < 0.4:
            document["size"], props = self.random.choice(LOGICAL_FIXED)
            document.update(props)
        return self.with_props(document)

    def record(self, depth: int, namespace: str) -> Document:
        word = "error" if self.random.random() < 0.05 else "record"
        document = self.definition(word, namespace)
        fullname = self.full(document, namespace)
        self.open.append(fullname)
        count = min(self.random.choice((0, 1, 1, 2, 2, 3, 4, 8)), self.fields_left)
        self.fields_left -= count
        document["fields"] = []
        for name in self.random.sample(FIELDS, count):
            document["fields"].append(self.field(name, depth, namespace_of(fullname)))
        self.open.remove(fullname)
        return self.with_props(document)

    def field(self, name: str, depth: int, namespace: str) -> Document:
        kind = self.type(depth, namespace, guarded=False, union=True)
        document = {"name": name, "type": kind}
        if self.random.random() < 0.15:
            document["doc"] = self.random.choice(TEXTS)
        if self.random.random() < 0.4:
            with suppress(Impossible):
                document["default"] = self.default(kind, namespace, 3)
        if self.random.random() < 0.15:
            document["order"] = self.random.choice(("ascending", "descending", "ignore"))
        if self.random.random() < 0.15:
            document["aliases"] = self.random.sample(self.field_aliases, 2)
        return self.with_props(document)

    def with_props(self, document: Document) -> Document:
        """The document, now and then with attributes that the specification does not name."""
        if self.random.random() < 0.15:
            for key in self.random.sample(("x", "java-class", "é\n", "precision", "owner"), 2):
                document.setdefault(key, self.json(2))
        return document

    def json(self, depth: int) -> Any:
        """Any JSON value."""
        kind = self.random.randint(0, 6 if depth else 4)
        match kind:
            case 0:
                return self.random.choice((None, True, False))
            case 1:
                return self.random.choice(LONGS)
            case 2:
                return self.random.choice(FLOATS)
            case 3 | 4:
                return self.random.choice(TEXTS)
            case 5:
                return [self.json(depth - 1) for _ in range(self.random.randint(0, 3))]
        keys = self.random.sample(TEXTS, self.random.randint(0, 3))
        return {key: self.json(depth - 1) for key in keys}

    def default(self, kind: Document, namespace: str, depth: int) -> Any:
        """A default for a type, as Java's parser and the specification both take it."""
        if depth < 0:
            raise Impossible
        if isinstance(kind, list):
            return self.union_default(kind, namespace, depth)
        if isinstance(kind, str) and kind not in PRIMITIVES:
            name = self.meant(kind, namespace)
            if name in self.open:
                raise Impossible
            return self.default(self.defined[name], namespace_of(name), depth)
        word = kind if isinstance(kind, str) else kind["type"]
        match word:
            case "null":
                return None
            case "boolean":
                return self.random.random() < 0.5
            case "int" | "long":
                return self.random.choice(INTS if word == "int" else LONGS)
            case "float" | "double":
                numbers = (0, 1, -7, *FLOATS[:7], *(FLOATS[7:] if word == "double" else ()))
                return self.random.choice(numbers)
            case "string":
                return self.random.choice(TEXTS)
            case "bytes":
                return self.latin(self.random.randint(0, 5))
            case "array":
                count = self.random.randint(0, 2)
                return [self.default(kind["items"], namespace, depth - 1) for _ in range(count)]
            case "map":
                keys = self.random.sample(TEXTS, self.random.randint(0, 2))
                return {key: self.default(kind["values"], namespace, depth - 1) for key in keys}
            case "enum":
                return self.random.choice(kind["symbols"])
            case "fixed":
                return self.latin(kind["size"])
        return self.record_default(kind, self.full(kind, namespace), depth)

    def union_default(self, branches: list[Document], namespace: str, depth: int) -> Any:
        ordered = list(branches)
        if self.random.random() < 0.2:
            self.random.shuffle(ordered)
        for branch in ordered:
            try:
                return self.default(branch, namespace, depth)
            except Impossible:
                continue
        raise Impossible

    def record_default(self, kind: Document, fullname: str, depth: int) -> Any:
        values = {}
        for field in kind["fields"]:
            if "default" in field and self.random.random() < 0.6:
                continue
            values[field["name"]] = self.default(field["type"], namespace_of(fullname), depth - 1)
        return values

    def latin(self, size: int) -> str:
        return "".join(chr(self.random.choice((0, 1, 65, 127, 128, 255))) for _ in range(size))
