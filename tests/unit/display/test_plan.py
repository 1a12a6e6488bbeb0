"""What `flowodm plan` and `flowodm drift` show, whole, as it was reviewed by eye."""

import io
import json

import pytest

from flowodm.cli.output import Output, Stream
from flowodm.cli.tables import write_document
from flowodm.config import Context
from flowodm.display.entries import setting_words
from flowodm.display.plan import done_words, drift_lines, plan_lines
from flowodm.plan import (
    Blocker,
    Desired,
    DesiredSubject,
    DesiredTopic,
    Difference,
    Done,
    Plan,
    State,
    build_plan,
    differences,
)
from flowodm.plan.document import drift_document, plan_document
from flowodm.sources.standing import Standing
from flowodm.subjects.registration import Registered, SubjectState, Wanted
from flowodm.subjects.settings import Setting
from tests.plans import detail, loaded, registered
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW
from tests.unit.cli.test_golden import check, rendered

pytestmark = pytest.mark.unit

CONTEXT = Context(name="prod", source="flowodm.yaml:4", bootstrap_servers="k1:9093")


def price(scale: int) -> str:
    kind = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": scale}
    fields = [{"name": "price", "type": kind}]
    return json.dumps({"type": "record", "name": "Event", "fields": fields})


EVENT = '{"type":"record","name":"Event","fields":[{"name":"id","type":"long"}]}'
WIDER = (
    '{"type":"record","name":"Event","fields":[{"name":"id","type":"long"},'
    '{"name":"note","type":["null","string"],"default":null}]}'
)
OTHER = '{"type":"record","name":"Event","fields":[{"name":"id","type":"string"}]}'


def subject(name: str, text: str, source: str) -> DesiredSubject:
    return DesiredSubject(Wanted(name, loaded(text, source)), "flowodm.yaml:21")


def follows(name: str, level: str, *texts: str) -> SubjectState:
    found = tuple(registered(text, name, number) for number, text in enumerate(texts, start=1))
    return SubjectState(None, len(texts), Standing(level, found))  # type: ignore[arg-type]


DESIRED = Desired(
    (
        DesiredTopic("orders", 6, 3, {"retention.ms": "604800000", "cleanup.policy": "delete"}),
        DesiredTopic("invoices"),
        DesiredTopic("user-events", 6, None, {"retention.ms": "604800000", "segment.ms": None}),
        DesiredTopic("calm", 3),
    ),
    (
        subject("user-events-value", WIDER, "schemas/user-event.avsc"),
        subject("prices-value", price(4), "schemas/price.avsc"),
        subject("orders-value", EVENT, "schemas/order.avsc"),
        subject("calm-value", EVENT, "schemas/calm.avsc"),
    ),
    {"user-events-value": "BACKWARD_TRANSITIVE", "calm-value": "FULL"},
    models=("app.events", "app.orders"),
)
STATE = State(
    "abc-123",
    {
        "user-events": detail(
            "user-events", 3, {"retention.ms": "259200000", "segment.ms": "3600001"}
        ),
        "calm": detail("calm", 3, {"max.message.bytes": "2097152", "retention.ms": "-1"}, 3),
    },
    {"legacy-a": 1, "legacy-b": 12, "orders-dlt": 3},
    {
        "user-events-value": follows(
            "user-events-value", "BACKWARD_TRANSITIVE", EVENT, WIDER, EVENT
        ),
        "prices-value": follows("prices-value", "BACKWARD", price(2)),
        "orders-value": SubjectState(),
        "calm-value": SubjectState((2, 17)),
    },
    {
        "user-events-value": Setting("level", "user-events-value", "BACKWARD", False),
        "calm-value": Setting("level", "calm-value", "FULL", True),
    },
    {"user-events-value": 3, "prices-value": 1, "calm-value": 3, "other-value": 1},
)
BLOCKED = Desired(
    (
        DesiredTopic("user-events", 2, 3, where="flowodm.yaml:12"),
        DesiredTopic("orders", 6),
    ),
    (subject("user-events-value", OTHER, "schemas/user-event.avsc"),),
    faults=(
        Blocker(
            "subject",
            "payments-key",
            "`schemas/none.avsc` cannot be read: No such file or directory",
            where="flowodm.yaml:30",
        ),
    ),
)


def made(desired: Desired, *, prune: bool = False) -> Plan:
    plan = build_plan(desired, STATE, prune=prune)
    return Plan(**{name: getattr(plan, name) for name in plan.__slots__} | {"is_proven": True})


def shown(plan: Plan, width: int, *, color: bool = False) -> str:
    def write(output: Output) -> None:
        for line in plan_lines(plan, CONTEXT, width):
            output.line(*line)

    return rendered(write, width, color=color)


@pytest.mark.parametrize("width", [60, 100, 160])
def test_a_plan_for_people(width: int) -> None:
    check(f"plan-{width}.txt", shown(made(DESIRED), width))


def test_a_blocked_plan_for_people() -> None:
    check("plan-blocked-100.txt", shown(made(BLOCKED), 100))


def test_a_pruning_plan_in_colour_marks_deletions_beside_their_sign() -> None:
    text = shown(made(DESIRED, prune=True), 100, color=True)
    check("plan-prune-100-colour.txt", text.replace("\x1b", "␛"))


def test_a_plan_for_machines() -> None:
    def write(output: Output) -> None:
        write_document(output, "json", plan_document(made(DESIRED), CONTEXT))

    check("plan-json.txt", rendered(write, 80))


def test_drift_for_people_and_machines() -> None:
    topics = (*DESIRED.topics[:-1], DesiredTopic("calm", 2, 1))
    plan = made(Desired(topics, DESIRED.subjects, DESIRED.levels))
    found = differences(plan)

    def write(output: Output) -> None:
        for line in drift_lines(plan, found, CONTEXT, 100):
            output.line(*line)

    def write_json(output: Output) -> None:
        write_document(output, "json", drift_document(plan, CONTEXT, found))

    check("drift-100.txt", rendered(write, 100))
    check("drift-json.txt", rendered(write_json, 80))


def test_every_step_that_is_done_is_told() -> None:
    words = [done_words(Done(step)) for step in made(DESIRED, prune=True).steps]
    assert [one.split()[-1] for one in words] == [
        *("created", "created", "altered", "altered"),
        "BACKWARD_TRANSITIVE",
        *["registered"] * 3,
        *["deleted"] * 2,
    ]
    step = next(step for step in made(DESIRED).steps if step.kind == "subject")
    told = done_words(Done(step, Registered(step.name, 4, 42, is_new=True)))
    assert told == "subject user-events-value v4 registered (id 42)"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("retention.ms", "604800000", "7 d"),
        ("retention.ms", "5400000", "90 min"),
        ("retention.ms", "86400001", "86,400,001 ms"),
        ("retention.ms", "-1", "-1"),
        ("retention.ms", "0", "0 ms"),
        ("retention.bytes", "604800000", "604800000"),
        ("x", "", "''"),
        ("x", None, "the cluster's"),
    ],
)
def test_durations_are_told_in_a_unit_that_says_all_of_them(
    key: str, value: str | None, words: str
) -> None:
    assert setting_words(key, value) == words


@pytest.mark.parametrize("width", [1, 10, 60, None])
@pytest.mark.parametrize("bad", HOSTILE_TEXTS)
def test_hostile_texts_are_shown_harmless_at_every_width(bad: str, width: int | None) -> None:
    desired = Desired(
        (DesiredTopic(bad, 1, None, {bad: bad}), DesiredTopic("user-events", 9, None, {bad: bad})),
        (DesiredSubject(Wanted(bad, loaded(EVENT, bad))),),
        {bad: "FULL"},
        (Blocker("subject", bad, bad, bad, (bad, bad), bad),),
        (bad,),
        bad,
    )
    there = detail("user-events", 1, {bad + "x": bad})
    level = {bad: Setting("level", bad, bad, True)}
    subjects = {bad: follows(bad, "NONE", OTHER)}
    state = State(bad, {"user-events": there}, {bad: 1}, subjects, level, {bad: 1, bad + "y": 1})
    for prune in (False, True):
        plan = build_plan(desired, state, prune=prune)
        stdout = io.BytesIO()

        output = Output(Stream(stdout, color=False), Stream(io.BytesIO()), width=width)
        for line in plan_lines(plan, CONTEXT, width):
            output.line(*line)
        for line in drift_lines(plan, (Difference("topic", bad, bad, bad, bad),), CONTEXT, width):
            output.line(*line)
        assert not MUST_NOT_SHOW & set(stdout.getvalue().decode())
