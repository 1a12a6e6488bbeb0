"""Random bytes of a schema's values, in every way that the format allows."""

import math
import struct
from collections.abc import Callable
from random import Random

from flowodm.avro import Schema
from flowodm.avro.types import Array, Enum, Fixed, Logical, Map, Primitive, Record, Type, Union
from tests.generators.edges import FLOATS, INTS, LONGS, TEXTS

__all__ = ["random_encoding", "zigzag"]


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
