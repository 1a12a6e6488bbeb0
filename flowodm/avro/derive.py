"""The former door of `bind.py`: a module named as the function `flowodm.avro.derive` would hide it."""

from flowodm.avro.bind import bind, derive

__all__ = ["bind", "derive"]
