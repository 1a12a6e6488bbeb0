"""Avro's schema language: parsed, written, identified, derived from Pydantic classes.

No Kafka, no network, no fastavro; and Pydantic only once a class is asked about.
"""

from typing import TYPE_CHECKING, Any

from flowodm.avro.annotations import AvroField, AvroName, AvroType
from flowodm.avro.canonical import Algorithm, canonical_form, fingerprint
from flowodm.avro.parse import parse
from flowodm.avro.schema import Schema
from flowodm.avro.values import Duration, RawNumber

if TYPE_CHECKING:
    from flowodm.avro.bind import derive
    from flowodm.avro.classes import build_model
    from flowodm.avro.compatibility import (
        CompatibilityLevel,
        HistoryVerdict,
        Incompatibility,
        check,
        check_history,
    )
    from flowodm.avro.difference import (
        ChangeKind,
        Safety,
        SchemaChange,
        Severity,
        diff,
        verdict,
    )
    from flowodm.avro.ready import (
        Date,
        Float,
        Int,
        LocalTimestampMicros,
        LocalTimestampMillis,
        LocalTimestampNanos,
        Long,
        TimeMicros,
        TimeMillis,
        TimestampMicros,
        TimestampMillis,
        TimestampNanos,
    )

__all__ = [
    "Algorithm",
    "AvroField",
    "AvroName",
    "AvroType",
    "ChangeKind",
    "CompatibilityLevel",
    "Date",
    "Duration",
    "Float",
    "HistoryVerdict",
    "Incompatibility",
    "Int",
    "LocalTimestampMicros",
    "LocalTimestampMillis",
    "LocalTimestampNanos",
    "Long",
    "RawNumber",
    "Safety",
    "Schema",
    "SchemaChange",
    "Severity",
    "TimeMicros",
    "TimeMillis",
    "TimestampMicros",
    "TimestampMillis",
    "TimestampNanos",
    "build_model",
    "canonical_form",
    "check",
    "check_history",
    "derive",
    "diff",
    "fingerprint",
    "parse",
    "verdict",
]

_HOMES = {
    "ChangeKind": "difference",
    "CompatibilityLevel": "compatibility",
    "HistoryVerdict": "compatibility",
    "Incompatibility": "compatibility",
    "Safety": "difference",
    "SchemaChange": "difference",
    "Severity": "difference",
    "build_model": "classes",
    "check": "compatibility",
    "check_history": "compatibility",
    "derive": "bind",
    "diff": "difference",
    "verdict": "difference",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'ready')}")
    value = globals()[name] = getattr(module, name)
    return value
