"""The envelope: one record as one line of JSON, written by `tail` and read by `produce`.

```
{"topic","partition","offset","tstype","ts","headers",
 "key_encoding","key","payload_encoding","payload","key_schema_id","value_schema_id"}
```

Names are kcat's where kcat has one. An encoding is `avro`, `json`, `text`, `base64`, or null for
no bytes at all (a tombstone, no key). Two more stand behind them where there is something to say:
`key_error`/`payload_error`, why a side was not decoded (its encoding is then `base64`, of all its
bytes); `key_raw`/`payload_raw`, all bytes of a JSON side whose text cannot stand in a line as it
is (line feeds, characters that do not show). Without them the text in the line *is* the side.

Both directions live here so that they cannot drift apart: `write.py`, the hot path of `tail`, and
`read.py`.
"""

from flowodm.envelope.fields import FIELDS
from flowodm.envelope.read import Envelope, EnvelopeSide, is_envelope, read_envelope
from flowodm.envelope.write import EnvelopeWriter

__all__ = [
    "FIELDS",
    "Envelope",
    "EnvelopeSide",
    "EnvelopeWriter",
    "is_envelope",
    "read_envelope",
]
