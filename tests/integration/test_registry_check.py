"""`flowodm registry check`: what the level says, and what the records that there are say."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flowodm import avro
from flowodm.codec.encode import compile_encoder
from flowodm.config import Context, RegistryConfig
from flowodm.connection import KafkaConnection
from flowodm.subjects.trial import try_schema
from tests.conftest import Finished
from tests.integration.registries import CommandLine, command_line, record, unique
from tests.servers import TestServers

pytestmark = pytest.mark.integration


def logical(base: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": base, "logicalType": name, **more}


def decimal(scale: int) -> dict[str, Any]:
    return logical("bytes", "decimal", precision=12, scale=scale)


STATUS = {"type": "enum", "name": "Status", "symbols": ["NEW", "PAID", "REFUNDED"]}


def order(**types: Any) -> dict[str, Any]:
    """The schema of an order, with other types for some fields."""
    usual = {
        "id": "long",
        "price": decimal(2),
        "status": {**STATUS, "default": "NEW"},
        "note": "bytes",
        "at": logical("long", "timestamp-millis"),
    }
    fields = [{"name": name, "type": kind} for name, kind in (usual | types).items()]
    return {"type": "record", "name": "Order", "namespace": "shop", "fields": fields}


ROWS = (
    (1, "0.00", "NEW", b"fine", 0),
    (2, "12.34", "PAID", b"\xff", 0),
    (3, "0.00", "REFUNDED", b"fine", 0),
    (2**53 + 1, "0.00", "PAID", b"fine", 1_000),
)


class Shop:
    """A topic of orders, its subject, and the command line on both."""

    def __init__(
        self, topic: str, servers: TestServers, url: str, flowodm: Callable[..., Finished], at: Path
    ) -> None:
        self.topic, self.subject, self._at = topic, f"{topic}-value", at
        self._env = {
            "KAFKA_BOOTSTRAP_SERVERS": servers.bootstrap_servers,
            "SCHEMA_REGISTRY_URL": url,
        }
        self._flowodm = flowodm
        config = RegistryConfig(url=url)
        context = Context(
            name="t",
            source="t",
            bootstrap_servers=servers.bootstrap_servers,
            schema_registry=config,
        )
        self.connection = KafkaConnection(context)
        self.registry = self.connection.schema_registry()

    def register(self, schema: dict[str, Any] | str, subject: str | None = None) -> int:
        text = schema if isinstance(schema, str) else json.dumps(schema)
        return self.registry.register(subject or self.subject, text).schema_id

    def produce(self, schema: dict[str, Any], *values: Any, subject: str | None = None) -> None:
        prefix = b"\0" + self.register(schema, subject).to_bytes(4, "big")
        encoder = compile_encoder(avro.parse(schema))
        self.produce_bytes(*(encoder.encode(value, prefix) for value in values))

    def produce_bytes(self, *values: bytes | None) -> None:
        producer = self.connection.producer()
        for value in values:
            producer.produce(self.topic, value=value)
        assert producer.flush(30) == 0

    def check(self, schema: dict[str, Any], *arguments: str) -> Finished:
        (self._at / "new.avsc").write_text(json.dumps(schema))
        words = ["check", "new.avsc", "-s", self.subject, *arguments]
        return self._flowodm("registry", *words, env=self._env, cwd=self._at)

    def against(self, schema: dict[str, Any], *arguments: str) -> Finished:
        return self.check(schema, "--against-topic", self.topic, *arguments)


@pytest.fixture
def shop(
    topic: str,
    sandbox: TestServers,
    registry_url: str,
    flowodm: Callable[..., Finished],
    tmp_path: Path,
) -> Iterator[Shop]:
    shop = Shop(topic, sandbox, registry_url, flowodm, tmp_path)
    with shop.connection:
        shop.produce(
            order(),
            *(
                {"id": number, "price": Decimal(price), "status": status, "note": note, "at": at}
                for number, price, status, note, at in ROWS
            ),
        )
        shop.registry.set_compatibility_level("FULL_TRANSITIVE", shop.subject)
        yield shop


CAUGHT = {
    "decimal scale": (
        order(price=decimal(4)),
        "1  read, but change meaning   price: 12.34 → 0.1234   1 record, first 0:1, last 0:1",
    ),
    "enum removal": (
        order(status={**STATUS, "symbols": ["NEW", "PAID"], "default": "NEW"}),
        "1  read, but change meaning   status: REFUNDED → NEW   1 record, first 0:2, last 0:2",
    ),
    "bytes to string": (
        order(note="string"),
        "1  cannot be read   note: it is not UTF-8 (byte 0 of 1)   1 record, first 0:1, last 0:1",
    ),
    "timestamp unit": (
        order(at=logical("long", "timestamp-micros")),
        "1  read, but change meaning   at: 1970-01-01T00:00:01Z → 1970-01-01T00:00:00.001000Z",
    ),
    "long to float": (
        order(id="double"),
        "id: 9007199254740993 → 9007199254740992.0   1 record, first 0:3, last 0:3",
    ),
}
"""What no level that is about reading old records objects to."""


@pytest.mark.parametrize("case", CAUGHT)
def test_a_change_that_the_level_allows_is_caught_on_records(shop: Shop, case: str) -> None:
    shop.registry.set_compatibility_level("BACKWARD_TRANSITIVE", shop.subject)
    candidate, said = CAUGHT[case]
    assert shop.check(candidate).exit_code == 0
    done = shop.against(candidate, "-n", "10")
    assert done.exit_code == 3, done
    lines = done.stdout.splitlines()
    assert lines[0].endswith("at BACKWARD_TRANSITIVE (v1): compatible.")
    assert "3  read and mean the same" in done.stdout
    assert said in done.stdout
    assert lines[-1].startswith("The level allows this schema; the data does not.")
    assert lines[-1].endswith("exit 3")


def test_what_flowodm_itself_reads_is_told_beside_it(shop: Shop) -> None:
    shop.registry.set_compatibility_level("BACKWARD", shop.subject)
    done = shop.against(order(price=decimal(4)))
    assert "FlowODM's own reader keeps 12.34" in done.stdout


def test_a_schema_that_changes_nothing_is_exit_0(shop: Shop) -> None:
    done = shop.against(order() | {"doc": "more"})
    assert done.exit_code == 0, done
    assert "4  read and mean the same" in done.stdout
    assert "The level allows this schema, and so does the data." in done.stdout


def test_only_the_last_records_are_read(shop: Shop) -> None:
    shop.registry.set_compatibility_level("BACKWARD", shop.subject)
    done = shop.against(order(note="string"), "-n", "2")
    assert done.exit_code == 0, done
    assert "the last 2 records" in done.stdout


def test_reasons_of_the_level_come_with_place_and_cure(shop: Shop) -> None:
    done = shop.check(order(extra="int"))
    assert done.exit_code == 3
    assert "not compatible" in done.stdout
    assert "/fields/5" in done.stdout
    assert "ive `extra` a default" in done.stdout


def test_another_level_can_be_asked_for(shop: Shop) -> None:
    wider = order(id="double")
    assert shop.check(wider).exit_code == 3  # FULL_TRANSITIVE is in force
    assert shop.check(wider, "--level", "BACKWARD").exit_code == 0
    done = shop.check(wider, "--level", "BACKWORD")
    assert (done.exit_code, done.stdout) == (2, "")


def test_a_transitive_level_is_over_all_versions(shop: Shop) -> None:
    shop.registry.set_compatibility_level("NONE", shop.subject)
    shop.register(order(id="string"))
    assert shop.check(order(id="string"), "--level", "BACKWARD").exit_code == 0
    done = shop.check(order(id="string"), "--level", "BACKWARD_TRANSITIVE")
    assert done.exit_code == 3
    assert "cannot read what v1 wrote" in done.stdout


def test_machines_get_every_count_and_issue(shop: Shop) -> None:
    shop.produce_bytes(None, b"plain", b"\0\x7f\xff\xff\xffx")
    done = shop.against(order(price=decimal(4)), "--level", "BACKWARD", "-o", "json")
    assert done.exit_code == 3
    (found,) = json.loads(done.stdout)["subjects"]
    assert (found["level"], found["versions"], found["compatible"]) == ("BACKWARD", [1], True)
    data = found["data"]
    counts = {name: data[name] for name in ("records", "same", "changed", "unreadable", "empty")}
    assert counts == {"records": 7, "same": 3, "changed": 1, "unreadable": 0, "empty": 1}
    assert (data["not_avro"], sum(data["undecodable"].values())) == (1, 1)
    (finding,) = found["findings"]
    assert finding["rule"] == "DECIMAL_SCALE_CHANGED"
    assert (finding["before"], finding["after"], finding["flowodm"]) == ("12.34", "0.1234", "12.34")
    assert finding["first"] == {"partition": 0, "offset": 1}


@pytest.mark.parametrize("form", ["markdown", "sarif", "junit", "github"])
def test_every_format_of_reports_is_written(shop: Shop, form: str) -> None:
    done = shop.against(order(price=decimal(4)), "--level", "BACKWARD", "-o", form)
    assert done.exit_code == 3
    assert "12.34" in done.stdout
    assert done.stderr == ""


def test_another_default_touches_what_was_never_written(shop: Shop) -> None:
    shop.registry.set_compatibility_level("NONE", shop.subject)
    wider, other = order(), order()
    wider["fields"].append({"name": "currency", "type": "string", "default": "EUR"})
    other["fields"].append({"name": "currency", "type": "string", "default": "USD"})
    shop.register(wider)
    done = shop.against(other, "--level", "BACKWARD")
    assert done.exit_code == 3
    assert 'currency: "EUR" → "USD"   4 records' in done.stdout


def test_other_types_in_the_topic_are_counted_apart(shop: Shop) -> None:
    other = {"type": "record", "name": "shop.Refund", "fields": []}
    shop.produce(other, {}, {}, subject=unique("refund"))
    done = shop.against(order())
    assert done.exit_code == 0, done
    assert "2  of another type, shop.Refund" in done.stdout


def test_a_renamed_type_of_the_same_subject_is_not_another_type(shop: Shop) -> None:
    renamed = order() | {"name": "Purchase", "namespace": "shop"}
    done = shop.against(renamed, "--level", "NONE", "-o", "json")
    (found,) = json.loads(done.stdout)["subjects"]
    data = found["data"]
    assert data["foreign"] == {}
    assert data["same"] == 4  # readers do not compare the names of records; registries do


def test_dangerous_changes_that_no_record_shows_are_told(shop: Shop) -> None:
    shop.registry.set_compatibility_level("BACKWARD", shop.subject)
    done = shop.against(order(price=decimal(4)), "-n", "1")
    assert done.exit_code == 0, done
    assert "not met in these records" in done.stdout


def test_nothing_is_left_in_the_cluster(shop: Shop) -> None:
    before = shop.connection.metadata().topics.keys()
    shop.against(order())
    assert shop.connection.metadata().topics.keys() == before
    groups = shop.connection.admin().list_consumer_groups().result().valid
    assert not [group for group in groups if shop.topic in group.group_id]


def test_a_topic_that_is_not_there_is_an_error(shop: Shop) -> None:
    done = shop.check(order(), "--against-topic", f"{shop.topic}x")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"did you mean `{shop.topic}`?" in done.stderr


def test_keys_are_tried_for_a_key_subject(shop: Shop) -> None:
    prefix = b"\0" + shop.register('"bytes"', f"{shop.topic}-key").to_bytes(4, "big")
    producer = shop.connection.producer()
    for key in (b"\x04ok", b"\x02\xff"):
        producer.produce(shop.topic, key=prefix + key, value=b"x")
    assert producer.flush(30) == 0
    trial = try_schema(shop.connection, shop.topic, avro.parse('"string"'), last=2, side="key")
    assert (trial.same, trial.unreadable) == (1, 1)


def test_ten_thousand_records_are_tried_in_bounded_memory(shop: Shop) -> None:
    row = {"id": 1, "price": Decimal("1.00"), "status": "NEW", "note": b"", "at": 0}
    shop.produce(order(), *[row] * 10_000)
    trial = try_schema(
        shop.connection, shop.topic, avro.parse(order(price=decimal(4))), last=10_000
    )
    (issue,) = trial.issues
    assert (trial.changed, issue.records, issue.exact) == (10_000, 10_000, "1.00")


@pytest.fixture
def run(any_registry: str, flowodm: Callable[..., Finished]) -> Iterator[CommandLine]:
    with command_line(any_registry, flowodm) as found:
        yield found


def test_a_subject_that_is_not_there_would_be_new(run: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.avsc").write_text(record("R", "a"))
    done = run("check", "a.avsc", "-s", unique("new"), cwd=tmp_path)
    assert done.exit_code == 0, done
    assert "nothing is registered under" in done.stdout


def test_versions_of_each_registry_are_checked(run: CommandLine, tmp_path: Path) -> None:
    name = unique("both")
    run.registry.register(name, record("R", "a"))
    (tmp_path / "a.avsc").write_text(
        record("R", "a").replace('["null","int"],"default":null', '"string"')
    )
    done = run("check", "a.avsc", "-s", name, "--level", "BACKWARD", cwd=tmp_path)
    assert done.exit_code == 3, done
    assert "cannot read what v1 wrote" in done.stdout


def test_a_subject_in_another_language_is_said_to_be_one(
    apicurio_url: str, flowodm: Callable[..., Finished], tmp_path: Path
) -> None:
    from flowodm.registry import SchemaDocument

    name = unique("proto")
    (tmp_path / "a.avsc").write_text(record("R", "a"))
    with command_line(apicurio_url, flowodm) as run:
        run.registry.register(
            name, SchemaDocument('syntax = "proto3"; message A { int32 a = 1; }', "PROTOBUF")
        )
        done = run("check", "a.avsc", "-s", name, cwd=tmp_path)
    assert done.exit_code == 1
    assert "PROTOBUF, not Avro" in done.stdout


def test_without_a_source_all_that_is_declared_is_checked(run: CommandLine, tmp_path: Path) -> None:
    one, other = unique("one"), unique("other")
    run.registry.register(one, record("R", "a"))
    (tmp_path / f"{one}.avsc").write_text(record("R", "a", "b"))
    (tmp_path / f"{other}.avsc").write_text(record("S", "a"))
    (tmp_path / "flowodm.yaml").write_text(f"version: 1\nschemas: [{one}.avsc, {other}.avsc]\n")
    done = run("check", "-o", "json", cwd=tmp_path)
    assert done.exit_code == 0, done
    states = {each["subject"]: each["state"] for each in json.loads(done.stdout)["subjects"]}
    assert states == {one: "same", other: "new"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "declares no schemas"),
        (["check", "-s", "x-value"], "nothing is declared for subject `x-value`"),
        (["check", "a.avsc"], "says no subject"),
        (["check", "none.avsc", "-s", "x"], "there is no file `none.avsc`"),
        (["check", "a.avsc", "-s", "x", "-n", "0"], "`0` is not in the range"),
    ],
)
def test_wrong_words_are_exit_2(
    registry_url: str,
    flowodm: Callable[..., Finished],
    tmp_path: Path,
    arguments: list[str],
    said: str,
) -> None:
    (tmp_path / "a.avsc").write_text(record("R", "a"))
    with command_line(registry_url, flowodm) as run:
        done = run(*arguments, cwd=tmp_path)
    assert (done.exit_code, done.stdout) == (2, ""), done
    assert said in done.stderr
