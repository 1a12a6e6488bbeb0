"""Loops: a handler called for every record of a topic, with nothing lost and the order kept.

tracker.py · scheduler.py · policy.py · dead_letter.py    pure: what is done, whose turn it is, what
                                                          a failure leads to, what a dead letter says
owner.py · settling.py     the one thread that owns the consumer, and when it commits
surroundings.py            whether the cluster answers
board.py · judge.py        where work is handed out, and what becomes of it
threads.py · tasks.py      those who do it
run.py                     one run, put together
loop.py · aio.py           `ConsumerLoop`, `AsyncConsumerLoop` and their decorators
transaction.py             `TransactionalLoop`
options.py                 their arguments, checked
events.py · status.py      what is told of a loop
"""

from flowodm.consumer.aio import AsyncConsumerLoop, async_consumer_loop
from flowodm.consumer.dead_letter import DeadLetter, read_dead_letter
from flowodm.consumer.events import EventKind, LoopEvent
from flowodm.consumer.loop import ConsumerLoop, Loop, consumer_loop
from flowodm.consumer.policy import DeadLetterPolicy, RetryPolicy
from flowodm.consumer.status import LoopState, LoopStatus, PartitionStatus
from flowodm.consumer.transaction import TransactionalLoop

__all__ = [
    "AsyncConsumerLoop",
    "ConsumerLoop",
    "DeadLetter",
    "DeadLetterPolicy",
    "EventKind",
    "Loop",
    "LoopEvent",
    "LoopState",
    "LoopStatus",
    "PartitionStatus",
    "RetryPolicy",
    "TransactionalLoop",
    "async_consumer_loop",
    "consumer_loop",
    "read_dead_letter",
]
