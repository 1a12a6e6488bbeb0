"""Apache Avro's Java library as an oracle: it labels fresh random pairs, and `check` must agree."""
