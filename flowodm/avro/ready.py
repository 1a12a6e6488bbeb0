"""Annotations ready to use, for the Avro types that no Python type stands for by itself.

```python
class Reading(BaseModel):
    sensor: Int
    value: Float
    at: TimestampMillis
```
"""

from datetime import datetime, time
from typing import Annotated

from flowodm.avro.annotations import AvroType

__all__ = [
    "Float",
    "Int",
    "LocalTimestampMillis",
    "LocalTimestampNanos",
    "TimeMillis",
    "TimestampMillis",
    "TimestampNanos",
]

Int = Annotated[int, AvroType("int")]
"""A whole number of 32 bits; a plain `int` has 64."""

Float = Annotated[float, AvroType("float")]
"""A number of 32 bits, rounded when it is written; a plain `float` has 64."""

TimestampMillis = Annotated[datetime, AvroType({"type": "long", "logicalType": "timestamp-millis"})]
"""A moment, to the millisecond; a plain `datetime` has microseconds."""

TimestampNanos = Annotated[int, AvroType({"type": "long", "logicalType": "timestamp-nanos"})]
"""A moment as nanoseconds since 1970, which no Python type holds."""

LocalTimestampMillis = Annotated[
    datetime, AvroType({"type": "long", "logicalType": "local-timestamp-millis"})
]
"""A date and time of no zone, to the millisecond; Pydantic's `NaiveDatetime` has microseconds."""

LocalTimestampNanos = Annotated[
    int, AvroType({"type": "long", "logicalType": "local-timestamp-nanos"})
]
"""A date and time of no zone, as nanoseconds since 1970 began there."""

TimeMillis = Annotated[time, AvroType({"type": "int", "logicalType": "time-millis"})]
"""A time of day, to the millisecond; a plain `time` has microseconds."""
