"""Random Python values of a schema, as the style `VALUES` decodes them."""

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from random import Random
from typing import Any
from uuid import UUID

from flowodm.avro import Schema
from flowodm.avro.types import Array, Enum, Fixed, Logical, Map, Primitive, Record, Type, Union
from flowodm.codec.style import Duration
from tests.generators.edges import FLOATS, INTS, LONGS, TEXTS
from tests.generators.encodings import zigzag

__all__ = ["random_value"]


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
