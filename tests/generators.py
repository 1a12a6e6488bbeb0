"""Random Avro schemas, evolved readers, values and encodings, from one `random.Random`.

One generator serves both worlds: Hypothesis drives it through `st.randoms()` (see
`strategies.py`), and the fuzz tests through a seeded `Random`.
"""

import copy
import math
import struct
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from random import Random
from typing import Any
from uuid import UUID

from flowodm.avro import Schema, parse
from flowodm.avro.names import namespace_of
from flowodm.avro.types import (
    Array,
    Enum,
    Fixed,
    Logical,
    Map,
    Primitive,
    Record,
    Type,
    Union,
)
from flowodm.errors import SchemaParseError

__all__ = [
    "SchemaGenerator",
    "evolved",
    "random_encoding",
    "random_schema",
    "random_value",
    "zigzag",
]

Document = Any
"""A schema as JSON-able Python objects."""

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
PROMOTED = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
NAMES = ("A", "b", "_", "Node", "record", "int", "Name_1", "value", "None", "x" * 30, "Error")
NAMESPACES = ("a", "a.b", "org.example_1", "enum")
FIELDS = ("a", "b", "_", "id", "class", "type", "next", "self", "Value9", "from", "x" * 40)
OLD_FIELDS = ("old_a", "old_b", "old_c")
SYMBOLS = ("A", "B", "C", "_", "None", "True", "a", "lower_9", "X" * 20)
TEXTS = (
    "",
    "a",
    "ä€😀",
    'quote " and \\',
    "line\nbreak\ttab\x00nul\x1b[2J\x7f",
    "‮bidi\u2028\ufeff",
    "long " * 20,
)
INTS = (0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2**31 - 1, -(2**31))
LONGS = (*INTS, 2**31, 2**53 + 1, 2**62, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -1.5, 0.1, 1e-10, 1e10, 1e300, 5e-324, 123456789.125)
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


class _Impossible(Exception):
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
            with suppress(_Impossible):
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
            raise _Impossible
        if isinstance(kind, list):
            return self.union_default(kind, namespace, depth)
        if isinstance(kind, str) and kind not in PRIMITIVES:
            name = self.meant(kind, namespace)
            if name in self.open:
                raise _Impossible
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
            except _Impossible:
                continue
        raise _Impossible

    def record_default(self, kind: Document, fullname: str, depth: int) -> Any:
        values = {}
        for field in kind["fields"]:
            if "default" in field and self.random.random() < 0.6:
                continue
            values[field["name"]] = self.default(field["type"], namespace_of(fullname), depth - 1)
        return values

    def latin(self, size: int) -> str:
        return "".join(chr(self.random.choice((0, 1, 65, 127, 128, 255))) for _ in range(size))


def zigzag(number: int) -> bytes:
    """An int or long as Avro writes it."""
    value = (number << 1) ^ (number >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def random_encoding(random: Random, schema: Schema, *, depth: int = 12) -> bytes:
    """The bytes of a random value of a schema, written in any way that the format allows.

    Arrays and maps come in several blocks, with and without byte counts. Past `depth`, and past
    a few hundred values, unions take the branch that ends soonest, and arrays and maps are empty.
    """
    return _Encoding(random, schema).write(schema.root, depth)


class _Encoding:
    def __init__(self, random: Random, schema: Schema) -> None:
        self.random = random
        self.schema = schema
        self.left = 300

    def write(self, node: Type, depth: int) -> bytes:
        node = self.schema.deref(node)
        self.left -= 1
        if self.left < 0:
            depth = 0
        match node:
            case Primitive():
                return self.primitive(node)
            case Fixed(size=size):
                return self.random.randbytes(size)
            case Enum(symbols=symbols):
                return zigzag(self.random.randrange(len(symbols)))
            case Record(fields=fields):
                return b"".join(self.write(each.type, depth - 1) for each in fields)
            case Array(items=items):
                return self.blocks(lambda: self.write(items, depth - 1), depth)
            case Map(values=values):
                return self.blocks(lambda: self.text() + self.write(values, depth - 1), depth)
            case Union(branches=branches):
                index = self.branch(branches, depth)
                return zigzag(index) + self.write(branches[index], depth - 1)
        raise AssertionError(node)

    def branch(self, branches: tuple[Type, ...], depth: int) -> int:
        if depth > 0:
            return self.random.randrange(len(branches))
        flat = [
            index
            for index, branch in enumerate(branches)
            if not isinstance(self.schema.deref(branch), Record)
        ]
        return self.random.choice(flat or range(len(branches)))

    def primitive(self, node: Primitive) -> bytes:
        match node.name:
            case "null":
                return b""
            case "boolean":
                return self.random.choice((b"\0", b"\1"))
            case "int":
                return zigzag(self.integer(node.logical, INTS, 31))
            case "long":
                return zigzag(self.integer(node.logical, LONGS, 63))
            case "float":
                return struct.pack("<f", self.random.choice((*FLOATS[:7], math.inf, math.nan)))
            case "double":
                return struct.pack("<d", self.random.choice((*FLOATS, -math.inf, math.nan)))
            case "string":
                return self.string(node.logical)
            case "bytes":
                return self.bytes(node.logical)

    def integer(self, logical: Logical | None, edges: tuple[int, ...], bits: int) -> int:
        if logical is not None and self.random.random() < 0.8:
            return self.random.randrange(0, min(2**bits, 24 * 60 * 60 * 1000))
        if self.random.random() < 0.5:
            return self.random.choice(edges)
        return self.random.randrange(-(2**bits), 2**bits)

    def string(self, logical: Logical | None) -> bytes:
        if logical is not None and logical.name == "uuid":
            digits = self.random.randbytes(16).hex()
            parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
            return zigzag(36) + "-".join(parts).encode()
        return self.text()

    def text(self) -> bytes:
        data = self.random.choice(TEXTS).encode()
        return zigzag(len(data)) + data

    def bytes(self, logical: Logical | None) -> bytes:
        if logical is not None and logical.name == "big-decimal":
            number = self.random.randbytes(self.random.randint(1, 9))
            inner = zigzag(len(number)) + number + zigzag(self.random.randint(-3, 20))
            return zigzag(len(inner)) + inner
        size = self.random.choice((1, 1, 2, 3)) if logical else self.random.choice((0, 1, 2, 50))
        return zigzag(size) + self.random.randbytes(size)

    def blocks(self, item: Callable[[], bytes], depth: int) -> bytes:
        parts = []
        while depth > 0 and self.random.random() < 0.6:
            count = self.random.choice((1, 1, 2, 3))
            data = b"".join(item() for _ in range(count))
            if self.random.random() < 0.3:
                parts.append(zigzag(-count) + zigzag(len(data)) + data)
            else:
                parts.append(zigzag(count) + data)
        return b"".join(parts) + b"\0"


def random_value(random: Random, schema: Schema, *, depth: int = 8) -> Any:
    """A random value of a schema, as `VALUES` decodes one: Decimal, aware datetime, UUID, …

    Every value is one that an encoder can write and a decoder gives back; a union's value may
    fit more than one of its branches.
    """
    return _Value(random, schema).make(schema.root, depth)


class _Value:
    def __init__(self, random: Random, schema: Schema) -> None:
        self.random = random
        self.schema = schema
        self.left = 300

    def make(self, node: Type, depth: int) -> Any:
        node = self.schema.deref(node)
        self.left -= 1
        if self.left < 0:
            depth = 0
        match node:
            case Primitive(logical=Logical() as logical):
                return self.logical(logical, None)
            case Fixed(logical=Logical() as logical, size=size):
                return self.logical(logical, size)
            case Primitive():
                return self.primitive(node.name)
            case Fixed(size=size):
                return self.random.randbytes(size)
            case Enum(symbols=symbols):
                return self.random.choice(symbols)
            case Record(fields=fields):
                return {each.name: self.make(each.type, depth - 1) for each in fields}
            case Array(items=items):
                return [self.make(items, depth - 1) for _ in range(self.count(depth))]
            case Map(values=values):
                keys = self.random.sample(TEXTS, self.count(depth))
                return {key: self.make(values, depth - 1) for key in keys}
            case Union(branches=branches):
                return self.make(self.branch(branches, depth), depth - 1)
        raise AssertionError(node)

    def count(self, depth: int) -> int:
        return self.random.choice((0, 1, 1, 2, 3)) if depth > 0 else 0

    def branch(self, branches: tuple[Type, ...], depth: int) -> Type:
        if depth > 0:
            return self.random.choice(branches)
        flat = [each for each in branches if not isinstance(self.schema.deref(each), Record)]
        return self.random.choice(flat or branches)

    def primitive(self, word: str) -> Any:
        match word:
            case "null":
                return None
            case "boolean":
                return self.random.random() < 0.5
            case "int":
                return self.random.choice((*INTS, self.random.randrange(-(2**31), 2**31)))
            case "long":
                return self.random.choice((*LONGS, self.random.randrange(-(2**63), 2**63)))
            case "float":
                numbers = (0.0, -0.0, 1.0, -1.5, 0.25, math.inf, -math.inf, math.nan)
                return self.random.choice(numbers)
            case "double":
                return self.random.choice((*FLOATS, math.inf, math.nan, self.random.random()))
            case "bytes":
                return self.random.randbytes(self.random.choice((0, 1, 2, 50)))
        return self.random.choice(TEXTS)

    def logical(self, logical: Logical, size: int | None) -> Any:
        match logical.name:
            case "decimal":
                return self.decimal(logical)
            case "big-decimal":  # bytes in Python too
                number = self.random.randbytes(self.random.randint(1, 9))
                return zigzag(len(number)) + number + zigzag(self.random.randint(-3, 20))
            case "uuid":
                return UUID(bytes=self.random.randbytes(16))
            case "duration":
                from flowodm.codec.style import Duration

                return Duration(*(self.random.choice((0, 1, 2**32 - 1)) for _ in range(3)))
            case "date":
                return date.fromordinal(self.random.choice((1, 719163, 719162, 3652059)))
            case "time-millis":
                return self.time(1000)
            case "time-micros":
                return self.time(1)
            case "timestamp-nanos" | "local-timestamp-nanos":
                return self.random.choice(LONGS)
        step = 1000 if logical.name.endswith("millis") else 1
        micros = self.random.choice((0, 1, -1, 1700000000123456, -62135596800000000))
        moment = datetime(1970, 1, 1) + timedelta(microseconds=micros - micros % step)
        return moment if logical.name.startswith("local") else moment.replace(tzinfo=UTC)

    def decimal(self, logical: Logical) -> Decimal:
        assert logical.precision is not None
        assert logical.scale is not None
        limit = 10**logical.precision
        unscaled = self.random.choice((0, 1, -1, limit - 1, 1 - limit))
        return Decimal(unscaled).scaleb(-logical.scale, Context(prec=logical.precision))

    def time(self, step: int) -> time:
        micros = self.random.choice((0, 1, 86399999999, 43200123456)) // step * step
        return (datetime.min + timedelta(microseconds=micros)).time()


def evolved(random: Random, document: Document, *, edits: int = 3) -> Document:
    """A reader's schema as people make one out of a writer's; not always one that can read it.

    Fields move, come with defaults, go, and are renamed with aliases; numbers are promoted;
    unions, nulls and symbols come and go.
    """
    for _ in range(random.randint(1, edits)):
        for _ in range(5):
            attempt = copy.deepcopy(document)
            attempt = _Evolution(random, attempt).edit()
            try:
                parse(attempt)
            except SchemaParseError:
                continue  # a definition was cut off from its uses: try another edit
            document = attempt
            break
    return document


class _Evolution:
    """One edit of a document, in place."""

    def __init__(self, random: Random, document: Document) -> None:
        self.random = random
        self.root = [document]
        self.places: list[tuple[Any, Any]] = []
        """Everything that holds a type, with the key or index of it."""
        self.find((self.root, 0))

    def find(self, place: tuple[Any, Any]) -> None:
        todo = [place]
        while todo:
            holder, key = todo.pop()
            self.places.append((holder, key))
            kind = holder[key]
            if isinstance(kind, list):
                todo += ((kind, index) for index in range(len(kind)))
            elif isinstance(kind, dict):
                inner = {"array": ["items"], "map": ["values"]}.get(kind["type"], [])
                todo += ((kind, name) for name in inner)
                todo += ((field, "type") for field in kind.get("fields", ()))

    def edit(self) -> Document:
        records = [
            kind["fields"]
            for holder, key in self.places
            if isinstance(kind := holder[key], dict) and "fields" in kind
        ]
        if records and self.random.random() < 0.55:
            self.edit_fields(self.random.choice(records))
        else:
            self.edit_type(*self.random.choice(self.places))
        return self.root[0]

    def edit_fields(self, fields: list[Document]) -> None:
        match self.random.randint(0, 4):
            case 0:
                self.random.shuffle(fields)
            case 1 if fields:
                fields.pop(self.random.randrange(len(fields)))
            case 2 if fields:
                field = self.random.choice(fields)
                field["aliases"] = [*field.get("aliases", ()), field["name"]]
                field["name"] = self.random.choice(
                    (f"renamed{self.random.randint(0, 999)}", "old_a")
                )
            case 3 if fields:
                self.random.choice(fields).pop("default", None)
            case _:
                fields.insert(self.random.randint(0, len(fields)), self.new_field())

    def new_field(self) -> Document:
        maker = SchemaGenerator(self.random)
        prefix = f"New{self.random.randint(0, 999)}"
        field = maker.field(f"added{self.random.randint(0, 999)}", 1, prefix)
        with suppress(_Impossible):
            field.setdefault("default", maker.default(field["type"], prefix, 3))
        field["type"] = _renamed(field["type"], prefix)
        return field

    def edit_type(self, holder: Any, key: Any) -> None:
        kind = holder[key]
        if isinstance(kind, list):
            self.edit_union(kind)
        elif isinstance(kind, dict) and kind["type"] == "enum":
            self.edit_enum(kind)
        elif self.random.random() < 0.5 and not isinstance(holder, list):
            branches = [kind, "null"] if kind != "null" else [kind, "string"]
            self.random.shuffle(branches)
            holder[key] = branches
        elif isinstance(kind, str) and kind in PROMOTED:
            holder[key] = self.random.choice(PROMOTED[kind])

    def edit_union(self, branches: list[Document]) -> None:
        match self.random.randint(0, 2):
            case 0:
                self.random.shuffle(branches)
            case 1 if branches:
                branches.pop(self.random.randrange(len(branches)))
            case _:
                branches.insert(
                    self.random.randint(0, len(branches)), self.random.choice(PRIMITIVES)
                )

    def edit_enum(self, kind: Document) -> None:
        if self.random.random() < 0.5:
            kind["symbols"].insert(0, f"S{self.random.randint(0, 99)}")
        elif kind["symbols"]:
            kind["symbols"].pop()
            if kind["symbols"] and self.random.random() < 0.6:
                kind["default"] = kind["symbols"][0]
            else:
                kind.pop("default", None)


def _renamed(kind: Document, prefix: str) -> Document:
    """The type with every definition in it in a namespace of its own."""
    if isinstance(kind, list):
        return [_renamed(branch, prefix) for branch in kind]
    if (
        isinstance(kind, dict)
        and "name" in kind
        and "namespace" not in kind
        and "." not in kind["name"]
    ):
        return {**kind, "namespace": prefix}
    return kind
