"""Reading as a member of a group: one consumer of one topic, acknowledged record by record.

It knows messages and offsets, and nothing of models: what a message means is its caller's `decode`.
"""

from flowodm.subscription.aio import AsyncRecordIterator
from flowodm.subscription.arguments import OnError
from flowodm.subscription.batch import Batch
from flowodm.subscription.configuration import consumer_config
from flowodm.subscription.iterator import RecordIterator
from flowodm.subscription.subscription import Subscription

__all__ = [
    "AsyncRecordIterator",
    "Batch",
    "OnError",
    "RecordIterator",
    "Subscription",
    "consumer_config",
]
