"""Delivery: bytes to a topic, with back-pressure, and a report for every record.

A record counts as delivered when the broker has acknowledged it, and not before. A topic that
does not exist is an error here and never created. What the bytes mean is the codec's business.
"""

from flowodm.producer.delivery import Delivery, Outcome, Outgoing
from flowodm.producer.producer import Producer
from flowodm.producer.shared import producer_of
from flowodm.producer.targets import check_partition, count_partitions

__all__ = [
    "Delivery",
    "Outcome",
    "Outgoing",
    "Producer",
    "check_partition",
    "count_partitions",
    "producer_of",
]
