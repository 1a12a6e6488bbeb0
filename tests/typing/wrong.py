"""Slips of a user's program: `mypy --strict` rejects each line that says so, and no other."""

# ruff: noqa: B007, B018, F401, I001 - slips are the point, and each has its line
# fmt: off

from flowodm import AsyncConsumerLoop, ConsumerLoop, FlowBaseModel, RetryPolicy, connect
from flowodm import nosuch  # E: Module "flowodm" has no attribute "nosuch"


class UserEvent(FlowBaseModel):
    class Settings:
        topic = "user-events"

    user_id: str


event = UserEvent(user_id="1")
UserEvent(user_id=1)  # E: Argument "user_id" to "UserEvent" has incompatible type "int"
UserEvent(user="1")  # E: Unexpected keyword argument "user" for "UserEvent"
event.user_idd  # E: "UserEvent" has no attribute "user_idd"
event.produce("key")  # E: Too many positional arguments for "produce"
event.produce(key="k", header={})  # E: Unexpected keyword argument "header" for "produce"
event.produce(timeout="10")  # E: Argument "timeout" to "produce"
event.produce(timestamp="now")  # E: Argument "timestamp" to "produce"
event.produce_nowait(lambda error, message: None)  # E: Argument 1 to "produce_nowait"
event.produce().offsett  # E: "Delivery" has no attribute "offsett"
UserEvent.produce_many(["x"])  # E: List item 0 has incompatible type "str"
UserEvent.produce_tombstone()  # E: Missing positional argument "key"
event.meta.ofset  # E: "Meta" has no attribute "ofset"

one = UserEvent.consume_one()
one.user_id  # E: Item "None" of "UserEvent | Any | None" has no attribute "user_id"
UserEvent.consume_one(on_error="ignore")  # E: No overload variant of "consume_one"
UserEvent.consume_batch()  # E: overload variant
UserEvent.commit(event)  # E: Argument 1 to "commit"

for each in UserEvent.consume_iter():
    each.user_idd  # E: Item "UserEvent" of "UserEvent | Any" has no attribute "user_idd"
for other in UserEvent.consume_iter(on_error="yield"):
    other.user_id  # E: Item "Undecodable" of "UserEvent | Undecodable | Any" has no attribute "user_id"
for anything in UserEvent.aconsume_iter():  # E: "AsyncRecordIterator[UserEvent | Any]" has no attribute "__iter__"
    pass


async def coroutine() -> None:
    event.aproduce()  # E: Value of type "Coroutine[Any, Any, Delivery]" must be used
    (await event.aproduce()).topic.nosuch  # E: "str" has no attribute "nosuch"
    async for each in UserEvent.aconsume_iter():
        each.user_idd  # E: Item "UserEvent" of "UserEvent | Any" has no attribute "user_idd"
    batch = await UserEvent.aconsume_batch(1)
    batch.acknowledge()  # E: "Batch[UserEvent | Any]" has no attribute "acknowledge"


connect(bootstrap_server="localhost:9092")  # E: Unexpected keyword argument "bootstrap_server"
event.to_bytes().encode()  # E: "bytes" has no attribute "encode"
UserEvent.avro_schema().fields  # E: "Schema" has no attribute "fields"

ConsumerLoop(event, print)  # E: Argument 1 to "ConsumerLoop" has incompatible type "UserEvent"
ConsumerLoop(UserEvent, print, ordering="keys")  # E: Argument "ordering" to "ConsumerLoop"
ConsumerLoop(UserEvent, print, workers=8)  # E: Unexpected keyword argument "workers"
AsyncConsumerLoop(UserEvent, print)  # E: Argument 2 to "AsyncConsumerLoop" has incompatible type
RetryPolicy(3)  # E: Too many positional arguments for "RetryPolicy"
