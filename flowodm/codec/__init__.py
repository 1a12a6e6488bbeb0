"""Bytes to values and back: framing, Avro, JSON, text. Nothing here talks to Kafka."""
