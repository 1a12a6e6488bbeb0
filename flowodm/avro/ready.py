"""Annotations ready to use, for the Avro types that no Python type stands for by itself.

```python
class Reading(BaseModel):
    sensor: Int
    value: Float
    at: TimestampMillis
```
"""

from datetime import date, datetime, time
from typing import Annotated

from flowodm.avro.annotations import AvroType

__all__ = [
    "Date",
    "Float",
    "Int",
    "LocalTimestampMicros",
    "LocalTimestampMillis",
    "LocalTimestampNanos",
    "Long",
    "TimeMicros",
    "TimeMillis",
    "TimestampMicros",
    "TimestampMillis",
    "TimestampNanos",
]

Int = Annotated[int, AvroType("int")]
"""A whole number of 32 bits; a plain `int` has 64."""

Long = Annotated[int, AvroType("long")]
"""A whole number of 64 bits, as a plain `int` is too; the class holds this one to them."""

Float = Annotated[float, AvroType("float")]
"""A number of 32 bits, rounded when it is written; a plain `float` has 64."""

Date = Annotated[date, AvroType({"type": "int", "logicalType": "date"})]
"""A day; unlike in a plain `date`, one that Python cannot hold is read too, as its number."""

TimestampMillis = Annotated[datetime, AvroType({"type": "long", "logicalType": "timestamp-millis"})]
"""A moment, to the millisecond; a plain `datetime` has microseconds."""

TimestampMicros = Annotated[datetime, AvroType({"type": "long", "logicalType": "timestamp-micros"})]
"""A moment, to the microsecond; unlike in a plain `datetime`, any number of them is read."""

TimestampNanos = Annotated[int, AvroType({"type": "long", "logicalType": "timestamp-nanos"})]
"""A moment as nanoseconds since 1970, which no Python type holds."""

LocalTimestampMillis = Annotated[
    datetime, AvroType({"type": "long", "logicalType": "local-timestamp-millis"})
]
"""A date and time of no zone, to the millisecond; Pydantic's `NaiveDatetime` has microseconds."""

LocalTimestampMicros = Annotated[
    datetime, AvroType({"type": "long", "logicalType": "local-timestamp-micros"})
]
"""A date and time of no zone, to the microsecond; any number of them is read."""

LocalTimestampNanos = Annotated[
    int, AvroType({"type": "long", "logicalType": "local-timestamp-nanos"})
]
"""A date and time of no zone, as nanoseconds since 1970 began there."""

TimeMicros = Annotated[time, AvroType({"type": "long", "logicalType": "time-micros"})]
"""A time of day, to the microsecond; unlike in a plain `time`, any number of them is read."""

TimeMillis = Annotated[time, AvroType({"type": "int", "logicalType": "time-millis"})]
"""A time of day, to the millisecond; a plain `time` has microseconds."""
