"""The verbs and their twins: none is missing in either form."""

import inspect

import pytest

from flowodm import FlowBaseModel

pytestmark = pytest.mark.unit

TWINS = {
    "produce": "aproduce",
    "produce_many": "aproduce_many",
    "produce_tombstone": "aproduce_tombstone",
    "consume_one": "aconsume_one",
    "consume_iter": "aconsume_iter",
    "consume_batch": "aconsume_batch",
    "commit": "acommit",
    "register_schema": "aregister_schema",
}
ALONE = {
    "produce_nowait": "it does not wait",
    "avro_schema": "it asks nobody",
    "to_avro_dict": "it asks nobody",
    "to_bytes": "it asks a registry once, and in a coroutine not at all after `aproduce`",
    "from_bytes": "it asks a registry once for each schema",
}
HOOKS = {
    *("get_connection", "get_producer", "get_async_producer"),
    *("get_consumer", "get_async_consumer"),
}
VERBS = [*TWINS, *TWINS.values(), *ALONE]


def own_names() -> set[str]:
    """Every public name that `FlowBaseModel` adds to Pydantic's."""
    bases = FlowBaseModel.__mro__
    ours = bases[: [base.__name__ for base in bases].index("BaseModel")]
    return {name for base in ours for name in vars(base) if not name.startswith("_")}


def test_every_public_name_is_a_verb_with_its_twin_or_known_to_have_none():
    assert own_names() - {"model_config"} == {*VERBS, *HOOKS, "meta"}


@pytest.mark.parametrize(("sync", "twin"), TWINS.items())
def test_twins_take_the_same_arguments(sync: str, twin: str):
    one, other = (inspect.signature(getattr(FlowBaseModel, name)) for name in (sync, twin))
    assert list(one.parameters.values()) == list(other.parameters.values())


@pytest.mark.parametrize("twin", [*TWINS.values()])
def test_a_twin_is_awaited_or_iterated(twin: str):
    verb = getattr(FlowBaseModel, twin)
    assert inspect.iscoroutinefunction(getattr(verb, "__func__", verb)) or twin == "aconsume_iter"


@pytest.mark.parametrize("name", [*VERBS, *sorted(HOOKS), "meta"])
def test_every_name_says_what_it_does(name: str):
    assert inspect.getdoc(inspect.getattr_static(FlowBaseModel, name))
