"""`flowodm produce` in this process: librdkafka's mock cluster, the embedded registry."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import confluent_kafka
import pytest

from flowodm.cli.app import run
from flowodm.cli.options import Session
from flowodm.cli.output import Output, Stream
from flowodm.config import RegistryConfig
from flowodm.registry import SchemaRegistry
from flowodm.sandbox.registry import RegistryServer
from tests.mock_cluster import MockCluster, Silent

pytestmark = pytest.mark.unit

ORDER = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"},{"name":"note","type":"string","default":""}]}'
TOPICS = ("orders", "plain", "bare", "full")


class Servers(NamedTuple):
    cluster: MockCluster
    registry: SchemaRegistry


class Done(NamedTuple):
    code: int
    out: str
    err: str


class Terminal(io.BytesIO):
    """Standard input with a person at it."""

    def isatty(self) -> bool:
        return True


Produce = Callable[..., Done]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    cluster = MockCluster.start(*TOPICS)
    with RegistryServer() as server, SchemaRegistry(RegistryConfig(url=server.url)) as registry:
        registry.register("orders-value", ORDER)
        yield Servers(cluster, registry)
    cluster.end()


@pytest.fixture
def produce(servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Produce:
    """Run the command: `produce("orders", input=b"…", on_terminal=False, context={…})`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "FLOWODM_CONTEXT"):
        monkeypatch.delenv(name, raising=False)

    def call(
        *arguments: str,
        input: bytes = b"",
        on_terminal: bool = False,
        context: dict[str, Any] | None = None,
        registry: bool = True,
    ) -> Done:
        settings = {"bootstrap_servers": servers.cluster.bootstrap_servers, **(context or {})}
        if registry:
            settings["schema_registry"] = {"url": servers.registry.url}
        (tmp_path / "flowodm.yaml").write_text(
            json.dumps({"version": 1, "contexts": {"test": settings}})
        )
        raw = Terminal(input) if on_terminal else io.BytesIO(input)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
        stdout, stderr = io.BytesIO(), io.BytesIO()
        output = Output(Stream(stdout), Stream(stderr, is_tty=on_terminal), width=100)
        code = run(["produce", "--context", "test", *arguments], Session(output))
        return Done(code, stdout.getvalue().decode(), stderr.getvalue().decode())

    return call


def stored(servers: Servers, topic: str) -> list[Any]:
    """Every record of a topic, read with another client."""
    config = {"bootstrap.servers": servers.cluster.bootstrap_servers, "group.id": "none"}
    consumer = confluent_kafka.Consumer(config, logger=Silent())
    partitions = [confluent_kafka.TopicPartition(topic, number, 0) for number in range(4)]
    ends = [consumer.get_watermark_offsets(each, timeout=10)[1] for each in partitions]
    consumer.assign(partitions)
    found = []
    while len(found) < sum(ends):
        message = consumer.poll(10)
        assert message is not None
        assert message.error() is None
        found.append(message)
    consumer.close()
    return found


def test_every_line_is_delivered_and_counted(servers: Servers, produce: Produce) -> None:
    done = produce("orders", "--key-field", "id", "-H", "a=b=c", input=b'{"id":1}\n{"id":2}\n')
    schema_id = servers.registry.version("orders-value").schema.schema_id
    assert (done.code, done.out) == (0, "")
    assert done.err == f"2 records delivered to orders  (orders-value v1, id {schema_id})\n"
    found = {message.key(): message for message in stored(servers, "orders")}
    assert found[b"1"].value() == schema_id.to_bytes(5) + b"\x02\x00"
    assert found[b"2"].value() == schema_id.to_bytes(5) + b"\x04\x00"
    assert found[b"1"].headers() == [("a", b"b=c")]


def test_deliveries_are_written_on_demand(produce: Produce) -> None:
    done = produce("plain", "--value-format", "text", "-p", "3", "-o", "ndjson", input=b"a\n\nb")
    assert done.code == 0
    places = [json.loads(line) for line in done.out.splitlines()]
    assert [(place["line"], place["topic"], place["partition"]) for place in places] == [
        (1, "plain", 3),
        (3, "plain", 3),
    ]
    assert places[1]["offset"] == places[0]["offset"] + 1


def test_no_lines_are_no_error(produce: Produce) -> None:
    done = produce("orders", input=b"\n\n")
    assert (done.code, done.err) == (0, "0 records delivered to orders\n")


BAD = b"\xef\xbb\xbf" + b'{"id":1}\r\n\n{"id":"x"}\nnot json\n\xff\n{"id":1,"nte":""}\n{"id":2}'
TOLD = [
    "line 3: expected a whole number; found the text `x` at `id`",
    "line 4: not JSON: Expecting value (character 0)",
    "line 5: not UTF-8 (byte 0 of the line)",
    "line 6: the record `Order` has no field `nte`  (did you mean `note`?)",
]


def test_wrong_lines_are_named_by_number_and_nothing_is_sent(
    servers: Servers, produce: Produce
) -> None:
    before = len(stored(servers, "orders"))
    done = produce("orders", input=BAD)
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines() == [
        *TOLD,
        "error: 4 of 6 lines cannot be sent",
        "  nothing was sent; `--stream` sends the lines that are right",
    ]
    assert len(stored(servers, "orders")) == before


def test_streaming_sends_the_lines_that_are_right(servers: Servers, produce: Produce) -> None:
    before = len(stored(servers, "orders"))
    done = produce("orders", "--stream", input=BAD)
    assert done.code == 1
    lines = done.err.splitlines()
    assert lines[:4] == TOLD
    assert lines[4].startswith("2 records delivered to orders")
    assert lines[5:] == ["error: 4 of 6 lines cannot be sent", "  the others were delivered"]
    assert len(stored(servers, "orders")) == before + 2


def test_many_wrong_lines_are_told_in_part(produce: Produce) -> None:
    done = produce("orders", input=b"x\n" * 50)
    lines = done.err.splitlines()
    assert [line[:8] for line in lines[:10]] == [f"line {n}: "[:8] for n in range(1, 11)]
    assert lines[10:12] == [
        "more lines are wrong; they are only counted",
        "error: 50 of 50 lines cannot be sent",
    ]


def test_a_hostile_line_cannot_steer_the_terminal(produce: Produce) -> None:
    done = produce("orders", input='{"\\u001b[2J\u202e": 1}\n{"id": "\u001b[2J"}'.encode())
    assert done.code == 1
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(
    servers: Servers, produce: Produce
) -> None:
    before = len(stored(servers, "orders"))
    done = produce("orders", "--dry-run", "--key", "k", "-p", "2", input=b'{"id":1}\n{"id":2}')
    assert done.code == 0
    assert "2 lines would be sent to orders" in done.err
    first, second = (json.loads(line) for line in done.out.splitlines())
    assert (first["payload"], second["payload"]) == ({"id": 1, "note": ""}, {"id": 2, "note": ""})
    assert (first["key"], first["partition"], first["offset"]) == ("k", 2, None)
    assert len(stored(servers, "orders")) == before
    again = produce("orders", input=done.out.encode())
    assert again.code == 0
    assert len(stored(servers, "orders")) == before + 2


def test_a_dry_run_registers_nothing(servers: Servers, produce: Produce, tmp_path: Path) -> None:
    (tmp_path / "order.avsc").write_text(ORDER)
    options = ("--schema", "order.avsc", "--register")
    done = produce("bare", *options, "--dry-run", input=b'{"id":1}')
    assert (done.code, done.out) == (0, "")
    assert "1 line would be sent to bare  (`order.avsc`, to be registered)" in done.err
    assert "bare-value" not in servers.registry.subjects()
    assert produce("bare", *options, "--dry-run", input=b'{"id":"1"}').code == 1
    assert produce("bare", *options, input=b'{"id":1}').code == 0
    assert "bare-value" in servers.registry.subjects()


def test_a_read_only_context_refuses_before_anything_is_read(produce: Produce) -> None:
    done = produce("orders", "--file", "absent", context={"read_only": True})
    assert (done.code, done.out) == (4, "")
    assert "is read-only; `produce` was not tried" in done.err
    checked = produce("orders", "--dry-run", input=b'{"id":1}', context={"read_only": True})
    assert checked.code == 0


def test_a_protected_context_needs_a_word_off_a_terminal(
    servers: Servers, produce: Produce
) -> None:
    before = len(stored(servers, "orders"))
    protected = {"protected": True}
    done = produce("orders", input=b'{"id":1}', context=protected)
    assert done.code == 2
    assert "is protected; `produce` was not tried" in done.err
    assert "--yes" in done.err
    assert len(stored(servers, "orders")) == before
    assert produce("orders", "--yes", input=b'{"id":1}', context=protected).code == 0
    assert len(stored(servers, "orders")) == before + 1


def test_a_protected_context_asks_for_the_topics_name_on_a_terminal(
    servers: Servers, produce: Produce, tmp_path: Path
) -> None:
    (tmp_path / "lines").write_bytes(b'{"id":1}')
    before = len(stored(servers, "orders"))
    options = {"on_terminal": True, "context": {"protected": True}}
    wrong = produce("orders", "--file", "lines", "--yes", input=b"yes\n", **options)
    assert wrong.code == 4
    assert "Type the topic's name to produce" in wrong.err
    assert len(stored(servers, "orders")) == before
    assert produce("orders", "--file", "lines", input=b"orders\n", **options).code == 0
    assert len(stored(servers, "orders")) == before + 1


def test_a_topic_that_is_not_there_is_named_before_anything_is_read(produce: Produce) -> None:
    done = produce("order", "--file", "absent-too", "--lines", "values")
    assert done.code == 2  # the file is looked for first: it costs nothing
    done = produce("order", input=b'{"id":1}')
    assert done.code == 1
    assert "error: topic `order` does not exist on" in done.err
    assert "did you mean `orders`?" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--key", "a", "--key-field", "b"), "`--key` and `--key-field`"),
        (("--stream", "--dry-run"), "`--stream` and `--dry-run`"),
        (("--register",), "give `--schema FILE`"),
        (("-H", "novalue"), "`-H novalue` is not `name=value`"),
        (("--schema", "absent.avsc"), "cannot read `absent.avsc`"),
        (("--file", "absent.ndjson"), "cannot read `absent.ndjson`"),
        (("-p", "4"), "topic `orders` has no partition 4"),
        (("--value-format", "xml"), "xml"),
        (("-o", "json"), "`json` is not an output format"),
        (("--key", "k", "--lines", "envelopes"), "`--key` means nothing here"),
    ],
)
def test_options_that_mean_nothing_are_usage_errors(
    produce: Produce, arguments: tuple[str, ...], message: str
) -> None:
    done = produce("orders", *arguments, input=b'{"id":1}')
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_schema_and_its_id_contradict_each_other(produce: Produce, tmp_path: Path) -> None:
    (tmp_path / "order.avsc").write_text(ORDER)
    done = produce("orders", "--schema", "order.avsc", "--schema-id", "1", input=b"")
    assert done.code == 2


def test_without_a_registry_plain_values_are_still_sent(servers: Servers, produce: Produce) -> None:
    before = len(stored(servers, "plain"))
    done = produce("plain", input=b'{"id":1}', registry=False)
    assert done.code == 2
    assert "needs a schema registry" in done.err
    assert "--value-format json" in done.err
    done = produce("plain", "--value-format", "json", "--key", "k", input=b'{"id":1}', registry=False)  # fmt: skip
    assert done.code == 0
    assert len(stored(servers, "plain")) == before + 1


def test_a_record_that_the_client_refuses_is_counted_by_its_line(produce: Produce) -> None:
    lines = b"small\n" + b"x" * 2_000_000 + b"\nsmall\n"
    options = ("--value-format", "text", "--set", "message.max.bytes=1000000")
    done = produce("full", *options, input=lines)
    assert done.code == 1
    assert "line 2: a record is larger than topic `full` takes" in done.err
    assert "2 records delivered to full" in done.err
    assert "error: 1 of 3 records were not delivered" in done.err


def test_a_long_line_is_delivered(servers: Servers, produce: Produce) -> None:
    before = len(stored(servers, "full"))
    done = produce("full", "--value-format", "text", input=b"y" * 900_000)
    assert done.code == 0, done.err
    assert len(stored(servers, "full")) == before + 1


def test_a_terminal_is_told_how_to_end_and_sees_progress(produce: Produce) -> None:
    done = produce("plain", "--value-format", "text", input=b"a\n" * 50, on_terminal=True)
    assert done.code == 0
    assert "ctrl-d ends them" in done.err
    assert "50 records delivered to plain" in done.err
