"""Loops: a handler called for every record of a topic, with nothing lost and the order kept.

tracker.py · scheduler.py · policy.py · dead_letter.py    pure: what is done, whose turn it is, what
                                                          a failure leads to, what a dead letter says
owner.py                   the one thread that owns the consumer
board.py · threads.py · aio.py    where work is handed out; threads and tasks that do it
loop.py · decorators.py    `ConsumerLoop` and its siblings
events.py · status.py      what is told of a loop
"""
