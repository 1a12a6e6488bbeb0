"""`dlq` from the outside, on Apache Kafka: what is listed, shown and sent again."""

import json
import signal
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from flowodm.consumer import ConsumerLoop, DeadLetterPolicy
from flowodm.consumer.dead_letter import STYLES as OURS
from flowodm.reading.assigned import AssignedRead
from flowodm.topics import delete_topic
from tests.conftest import Finished
from tests.dead_letters import STYLES, Letter, produce_letters
from tests.inside import run_inside
from tests.integration.terminal import Terminal
from tests.models import based_on, connection_to
from tests.raw_produce import RawRecord, produce_raw
from tests.servers import TestServers, wait_until

pytestmark = pytest.mark.integration

MOST_REPEATED = 500
"""What a replay may have in flight."""


@pytest.fixture
def origin(make_topic: Callable[..., str]) -> str:
    """A topic of three partitions that records came from."""
    return make_topic(partitions=3, prefix="orders")


@pytest.fixture
def letters(make_topic: Callable[..., str]) -> str:
    """A topic of dead letters, of three partitions."""
    return make_topic(partitions=3, prefix="orders-dlt")


@pytest.fixture
def dlq(flowodm: Callable[..., Finished], kafka: str) -> Callable[..., Finished]:
    """Run `flowodm dlq` to its end."""

    def run(*arguments: str, **options: Any) -> Finished:
        environ = {"KAFKA_BOOTSTRAP_SERVERS": kafka} | options.pop("env", {})
        return flowodm("dlq", *arguments, env=environ, **options)

    return run


def a_letter(origin: str, number: int, style: str = "spring", **said: Any) -> Letter:
    own = (("trace", b"t-%d" % number), ("bin", b"\xff\x00"), ("none", None))
    failure = STYLES[style](origin, number % 3, number)
    return Letter(
        **{
            "key": b"k-%d" % (number % 6),
            "value": b'{"n": %d}' % number,
            "headers": (*own, *failure),
            "partition": number % 3,
            **said,
        }
    )


def records_of(config: Any, topic: str) -> list[Any]:
    """All records of a topic, each partition in its order."""
    consumer = Consumer(dict(config) | {"group.id": f"look-{uuid.uuid4().hex}"})
    try:
        found = []
        for number in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            place = TopicPartition(topic, number, 0)
            _, end = consumer.get_watermark_offsets(place, timeout=10)
            consumer.assign([place])
            while end and (
                not found or (found[-1].partition(), found[-1].offset()) != (number, end - 1)
            ):
                found += [one for one in consumer.consume(1_000, 1.0) if one.error() is None]
        return found
    finally:
        consumer.close()


def ends(config: Any, topic: str) -> int:
    consumer = Consumer(dict(config) | {"group.id": f"look-{uuid.uuid4().hex}"})
    try:
        numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        places = [TopicPartition(topic, number) for number in numbers]
        return sum(consumer.get_watermark_offsets(one, timeout=10)[1] for one in places)
    finally:
        consumer.close()


@pytest.mark.parametrize("style", STYLES)
def test_a_record_goes_back_as_it_was(
    style: str, dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers
):
    numbers = range(6)
    produce_letters(
        sandbox.client_config,
        letters,
        [
            a_letter(origin, 0, style, value=None),
            a_letter(origin, 1, style, key=None),
            a_letter(origin, 2, style, value=b"\x00\x00\x00\x27\x0f not decodable", key=b"\xff"),
            *(a_letter(origin, number, style) for number in numbers[3:]),
        ],
    )
    done = dlq("replay", letters, "--execute")
    assert done.exit_code == 0, done
    assert done.stderr == f"6 records sent to {origin}\n"
    before = {one.partition() * 10 + one.offset(): one for one in records_of_all(sandbox, letters)}
    after = {one.partition() * 10 + one.offset(): one for one in records_of_all(sandbox, origin)}
    assert before.keys() == after.keys()
    for place, one in after.items():
        assert (one.key(), one.value()) == (before[place].key(), before[place].value())
        own = [pair for pair in before[place].headers() if pair[0] in ("trace", "bin", "none")]
        assert one.headers() == [*own, ("flowodm-replayed", b"1")]


def records_of_all(sandbox: TestServers, topic: str) -> list[Any]:
    return records_of(sandbox.client_config, topic)


def test_nothing_is_sent_without_being_told_to(
    dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers
):
    produce_letters(
        sandbox.client_config,
        letters,
        [*(a_letter(origin, n) for n in range(4)), a_letter(origin, 4, "connect")],
    )
    done = dlq("replay", letters)
    assert (done.exit_code, done.stdout.split()) == (
        0,
        [
            *("TO", "ERROR", "RECORDS"),
            *(origin, "org.example.PaymentDeclined", "4"),
            *(origin, "org.apache.kafka.connect.DataException", "1"),
        ],
    )
    assert "5 records would be sent" in done.stderr
    document = json.loads(dlq("replay", letters, "-o", "json").stdout)
    assert (document["executed"], document["count"], document["sent"]) == (False, 5, 0)
    assert ends(sandbox.client_config, origin) == 0


def test_reading_and_a_dry_run_leave_no_group_behind(
    dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers, admin: Any
):
    produce_letters(sandbox.client_config, letters, [a_letter(origin, 0)])
    for arguments in (["list", letters], ["show", letters], ["replay", letters]):
        assert dlq(*arguments).exit_code == 0
    groups = {one.group_id for one in admin.list_consumer_groups().result().valid}
    assert not [group for group in groups if letters in group]


def test_counts_by_origin_error_and_group(
    dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers
):
    styles = ["spring", "spring", "spring", "connect", "connect", "smallrye"]
    produce_letters(
        sandbox.client_config,
        letters,
        [*(a_letter(origin, n, style) for n, style in enumerate(styles)), Letter(value=b"x")],
    )
    found = json.loads(dlq("list", letters, "-o", "json").stdout)
    assert [(one["exception"], one["group"], one["count"], one["waiting"]) for one in found] == [
        ("org.example.PaymentDeclined", "billing", 3, 3),
        ("org.apache.kafka.connect.DataException", "sink", 2, 2),
        ("java.lang.RuntimeException", None, 1, 1),
        (None, None, 1, 1),
    ]
    assert [one["is_dead_letter"] for one in found] == [True, True, True, False]
    assert dlq("replay", letters, "--error", "DataException", "--execute").exit_code == 0
    again = json.loads(dlq("list", letters, "-o", "json").stdout)
    assert [one["waiting"] for one in again] == [3, 0, 1, 1]


def test_topics_are_found_by_name_and_by_what_is_in_them(
    dlq: Callable[..., Finished],
    origin: str,
    letters: str,
    make_topic: Callable[..., str],
    sandbox: TestServers,
):
    hidden = make_topic(prefix="graveyard")
    produce_letters(sandbox.client_config, hidden, [a_letter(origin, 0)])
    produce_letters(sandbox.client_config, letters, [a_letter(origin, 0)])
    by_name = dlq("list", "-o", "name").stdout.split()
    assert letters in by_name
    assert not {hidden, origin} & set(by_name)
    by_all = dlq("list", "--all", "-o", "name").stdout.split()
    assert {letters, hidden} <= set(by_all)
    assert origin not in by_all


@pytest.mark.parametrize("look_inside", [False, True])
def test_a_topic_that_goes_between_the_search_and_the_read_ends_no_list(
    look_inside: bool,
    letters: str,
    make_topic: Callable[..., str],
    sandbox: TestServers,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    clean_environment: dict[str, str],
):
    gone = make_topic(prefix="going" if look_inside else "going-dlt")
    produce_letters(sandbox.client_config, letters, [a_letter(gone, 0)])
    deleted = []

    def open_once_it_is_deleted(read: AssignedRead) -> Any:
        if gone in read._names and not deleted:
            with connection_to(sandbox.bootstrap_servers, None) as connection:
                delete_topic(connection, gone)
            deleted.append(gone)
        return open_read(read)

    open_read = AssignedRead.open
    monkeypatch.setattr(AssignedRead, "open", open_once_it_is_deleted)
    arguments = ["dlq", "list", "-o", "name", *(["--all"] if look_inside else [])]
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    listed = run_inside(arguments, tmp_path, environ)
    assert deleted
    assert letters in listed.stdout.split(), listed
    assert gone not in listed.stdout.split()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--error PaymentDeclined", [0, 3]),
        ("--group sink", [1, 4]),
        ("--stage VALUE_CONVERTER --from-partition 1", [1, 4]),
        ("--from-partition 2", [2, 5]),
        ("-p 0,1", [0, 1, 3, 4]),
        ("--key ^k-[02]$", [0, 2]),
        ("--where value.n>2&&letter.partition==1", [4]),
        ("--where letter.message.contains('card')", [0, 3]),
        ("--until 2020-01-01", []),
        ("--since 1h", [0, 1, 2, 3, 4, 5]),
        ("--since 1h -c 2 -p 0", [0, 3]),
        ("-n 1", [5]),
        ("--from nowhere", []),
    ],
)
def test_options_choose_what_is_shown(
    options: str,
    expected: list[int],
    dlq: Callable[..., Finished],
    origin: str,
    letters: str,
    sandbox: TestServers,
):
    for number, style in enumerate(["spring", "connect", "smallrye"] * 2):
        produce_letters(sandbox.client_config, letters, [a_letter(origin, number, style)])
    done = dlq("show", letters, *options.split())
    assert done.exit_code == 0, done
    assert sorted(json.loads(line)["payload"]["n"] for line in done.stdout.splitlines()) == expected


def test_what_was_left_for_later_is_sent_later_and_nothing_twice(
    dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers
):
    styles = ["spring", "connect", "smallrye"] * 20
    produce_letters(
        sandbox.client_config, letters, [a_letter(origin, n, s) for n, s in enumerate(styles)]
    )
    for options in (["--where", "value.n % 7 == 0"], ["--error", "DataException"], [], []):
        assert dlq("replay", letters, *options, "--execute").exit_code == 0
    sent = [json.loads(one.value())["n"] for one in records_of_all(sandbox, origin)]
    assert sorted(sent) == [*range(60)]


@pytest.mark.parametrize("place", ["letter", "elsewhere"])
def test_a_replay_that_is_killed_goes_on_and_loses_nothing(
    place: str,
    origin: str,
    letters: str,
    make_topic: Callable[..., str],
    dlq: Callable[..., Finished],
    clean_environment: dict[str, str],
    sandbox: TestServers,
    tmp_path: Path,
):
    total = 6_000
    produce_letters(sandbox.client_config, letters, [a_letter(origin, n) for n in range(total)])
    target = origin if place == "letter" else make_topic(partitions=3)
    to = [] if place == "letter" else ["--to", target]
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    kills = 3
    for kill in range(kills):
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "flowodm", "dlq", "replay", letters, *to),
                *("--execute", "--rate", "1500/s"),
            ],
            env=environ,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
        ) as process:
            before = ends(sandbox.client_config, target)
            wait_until(
                lambda before=before: ends(sandbox.client_config, target) > before + 700,
                seconds=40,
                what=f"records before kill {kill}",
            )
            process.send_signal(signal.SIGKILL)
    assert dlq("replay", letters, *to, "--execute").exit_code == 0
    found = records_of_all(sandbox, target)
    sent = [json.loads(one.value())["n"] for one in found]
    assert set(sent) == set(range(total))
    assert len(sent) - total <= kills * MOST_REPEATED
    assert_order_kept(found)
    assert json.loads(dlq("replay", letters, "-o", "json").stdout)["count"] == 0


def assert_order_kept(found: list[Any]) -> None:
    """Of each key, what is seen for the first time comes in order."""
    newest: Counter[bytes] = Counter()
    seen: set[int] = set()
    for one in found:
        number = json.loads(one.value())["n"]
        if number not in seen:
            seen.add(number)
            assert number >= newest[one.key()]
            newest[one.key()] = number


def test_ctrl_c_keeps_what_was_sent_and_the_next_run_sends_the_rest_once(
    origin: str,
    letters: str,
    dlq: Callable[..., Finished],
    clean_environment: dict[str, str],
    sandbox: TestServers,
    tmp_path: Path,
):
    produce_letters(sandbox.client_config, letters, [a_letter(origin, n) for n in range(300)])
    environ = clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
    terminal = Terminal(
        ["dlq", "replay", letters, "--execute", "--rate", "100/s"], environ, tmp_path
    )
    terminal.wait_for("of 300")
    wait_until(lambda: ends(sandbox.client_config, origin) > 5, seconds=20)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130
    assert "the next run goes on there" in terminal.seen
    assert 0 < ends(sandbox.client_config, origin) < 300
    assert dlq("replay", letters, "--execute").exit_code == 0
    assert ends(sandbox.client_config, origin) == 300


def test_a_record_is_not_sent_again_for_ever(
    dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers
):
    worn = [("flowodm-replayed", b"3")]
    once = [("flowodm-replayed", b"1")]
    failure = STYLES["spring"](origin, 0, 0)
    produce_letters(
        sandbox.client_config,
        letters,
        [
            Letter(value=b"worn", headers=(*worn, *failure)),
            Letter(value=b"once", headers=(*once, *failure)),
        ],
    )
    done = dlq("replay", letters, "--execute")
    assert done.exit_code == 0
    assert "1 record left out: were sent again 3 times or more" in done.stderr
    (sent,) = records_of_all(sandbox, origin)
    assert (sent.value(), sent.headers()) == (b"once", [("flowodm-replayed", b"2")])
    assert dlq("replay", letters, "--execute", "--max-replays", "4").exit_code == 0
    assert [one.value() for one in records_of_all(sandbox, origin)] == [b"once", b"worn"]


def test_what_cannot_go_back_is_told_waits_and_is_exit_1(
    dlq: Callable[..., Finished],
    origin: str,
    letters: str,
    make_topic: Callable[..., str],
    sandbox: TestServers,
):
    produce_letters(
        sandbox.client_config,
        letters,
        [
            a_letter("\x1b[2Jgone", 0),
            a_letter("__consumer_offsets", 3),
            a_letter(letters, 6),
            a_letter(origin, 9),
            Letter(value=b"no headers at all"),
        ],
    )
    done = dlq("replay", letters, "--execute")
    assert done.exit_code == 1
    assert "\x1b" not in done.stderr
    assert "`\\x1b[2Jgone`, which does not exist" in done.stderr
    assert "internal to Kafka" in done.stderr
    assert "came from this topic itself" in done.stderr
    assert "are no dead letters by their headers" in done.stderr
    assert [one.value() for one in records_of_all(sandbox, origin)] == [b'{"n": 9}']
    elsewhere = make_topic()
    assert dlq("replay", letters, "--execute", "--to", elsewhere).exit_code == 0
    sent = [json.loads(one.value())["n"] for one in records_of_all(sandbox, elsewhere)]
    assert sent == [0, 3, 6]


def test_a_record_that_is_refused_ends_a_replay_and_can_be_left_out(
    dlq: Callable[..., Finished],
    letters: str,
    make_topic: Callable[..., str],
    sandbox: TestServers,
):
    narrow = make_topic(config={"max.message.bytes": "2000"})
    produce_letters(
        sandbox.client_config,
        letters,
        [a_letter(narrow, 0), a_letter(narrow, 3, value=bytes(5_000)), a_letter(narrow, 6)],
    )
    done = dlq("replay", letters, "--execute")
    assert done.exit_code == 1
    assert f"`{letters}` 0:1 cannot be sent" in done.stderr
    (hint,) = [line for line in done.stderr.splitlines() if "--where" in line]
    where = hint.partition("--where ")[2].strip("'")
    assert dlq("replay", letters, "--execute", "--where", where).exit_code == 0
    found = records_of_all(sandbox, narrow)
    assert {one.value() for one in found} == {b'{"n": 0}', b'{"n": 6}'}
    assert json.loads(dlq("replay", letters, "-o", "json").stdout)["count"] == 1


def test_hostile_headers_are_shown_harmlessly_and_not_followed(
    dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers
):
    name = b"kafka_dlt-original-topic"
    produce_raw(
        sandbox.bootstrap_servers,
        letters,
        [
            RawRecord(value=b"names", headers=[(b"\xff\xfe", b"x"), (name, origin.encode())]),
            RawRecord(
                value=b"lengths",
                headers=[
                    (name, origin.encode()),
                    (b"kafka_dlt-original-partition", b"\x00"),
                    (b"kafka_dlt-original-offset", b"\xff" * 9),
                    (b"kafka_dlt-exception-message", b"\x1b]52;c;aGk=\x07 \xff"),
                    (b"flowodm-attempts", b"9" * 4_000),
                ],
            ),
            RawRecord(value=b"null", headers=[(name, None)]),
        ],
    )
    for form in ("pretty", "wide", "table", "json", "ndjson"):
        done = dlq("show", letters, "-o", form)
        assert done.exit_code == 0, done
        assert not {"\x1b", "\x07"} & set(done.stdout + done.stderr)
    done = dlq("replay", letters, "--execute")
    assert done.exit_code == 0
    assert [one.value() for one in records_of_all(sandbox, origin)] == [b"lengths"]
    assert "2 records left out" in done.stderr


def test_a_record_that_does_not_decode_is_shown_with_its_error(
    dlq: Callable[..., Finished],
    origin: str,
    letters: str,
    registry_url: str,
    sandbox: TestServers,
):
    unknown = b"\0" + (2**31 - 1).to_bytes(4, "big") + b"\x02"
    produce_letters(
        sandbox.client_config, letters, [a_letter(origin, 0, value=unknown, key=unknown)]
    )
    env = {"SCHEMA_REGISTRY_URL": registry_url}
    (shown,) = json.loads(dlq("show", letters, "-o", "json", env=env).stdout)
    assert {"key_error", "payload_error"} <= shown.keys()
    assert shown["dead_letter"]["topic"] == origin
    done = dlq("show", letters, "-o", "pretty", env=env)
    assert (done.exit_code, "✗ not decoded" in done.stdout) == (0, True)


def test_a_registry_that_is_gone_is_an_error_and_the_output_stays_a_document(
    dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers
):
    framed = b"\0\0\0\0\1\x02"
    produce_letters(sandbox.client_config, letters, [a_letter(origin, 0, value=framed)])
    env = {"SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}
    done = dlq("show", letters, "-o", "json", env=env)
    assert (done.exit_code, json.loads(done.stdout)) == (1, [])
    assert "error: " in done.stderr
    assert dlq("replay", letters, "--execute", env=env).exit_code == 0
    assert [one.value() for one in records_of_all(sandbox, origin)] == [framed]


def test_a_choice_that_cannot_be_remembered_is_refused_before_anything_is_sent(
    dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers
):
    failure = tuple(STYLES["connect"](origin, 0, 0))
    random = Random(3)
    produce_letters(
        sandbox.client_config,
        letters,
        [Letter(value=b"%d" % random.getrandbits(1), headers=failure) for _ in range(30_000)],
    )
    done = dlq("replay", letters, "--where", "value == 1", "--execute")
    assert (done.exit_code, ends(sandbox.client_config, origin)) == (2, 0)
    assert "for the cluster to remember" in done.stderr


READ_ONLY = """
version: 1
contexts:
  here: {{bootstrap_servers: "{servers}", read_only: true}}
"""
PROTECTED = READ_ONLY.replace("read_only", "protected")


def in_context(tmp_path: Path, text: str, servers: str) -> None:
    (tmp_path / "flowodm.yaml").write_text(text.format(servers=servers))


def test_a_read_only_context_shows_and_refuses(
    dlq: Callable[..., Finished],
    origin: str,
    letters: str,
    sandbox: TestServers,
    tmp_path: Path,
):
    produce_letters(sandbox.client_config, letters, [a_letter(origin, 0)])
    in_context(tmp_path, READ_ONLY, sandbox.bootstrap_servers)
    assert dlq("replay", letters, "--context", "here").exit_code == 0
    done = dlq("replay", letters, "--context", "here", "--execute", "--yes")
    assert done.exit_code == 4
    assert "read-only; `dlq replay` was not tried" in done.stderr
    assert ends(sandbox.client_config, origin) == 0


def test_a_protected_context_needs_yes_off_a_terminal(
    dlq: Callable[..., Finished],
    origin: str,
    letters: str,
    sandbox: TestServers,
    tmp_path: Path,
):
    produce_letters(sandbox.client_config, letters, [a_letter(origin, 0)])
    in_context(tmp_path, PROTECTED, sandbox.bootstrap_servers)
    done = dlq("replay", letters, "--context", "here", "--execute")
    assert (done.exit_code, ends(sandbox.client_config, origin)) == (2, 0)
    assert "--yes" in done.stderr
    assert dlq("replay", letters, "--context", "here", "--execute", "--yes").exit_code == 0
    assert ends(sandbox.client_config, origin) == 1


@pytest.mark.parametrize("is_right", [True, False])
def test_a_protected_context_has_the_name_typed_of_the_topic_that_changes(
    is_right: bool,
    origin: str,
    letters: str,
    clean_environment: dict[str, str],
    sandbox: TestServers,
    tmp_path: Path,
):
    produce_letters(sandbox.client_config, letters, [a_letter(origin, 0)])
    in_context(tmp_path, PROTECTED, sandbox.bootstrap_servers)
    terminal = Terminal(
        ["dlq", "replay", letters, "--context", "here", "--execute"], clean_environment, tmp_path
    )
    terminal.wait_for("replay 1 record to")
    terminal.type(f"{origin if is_right else letters}\n")
    assert terminal.end() == (0 if is_right else 4)
    assert ends(sandbox.client_config, origin) == int(is_right)


@pytest.mark.parametrize("command", [["list"], ["show"], ["replay"], ["replay", "--execute"]])
def test_a_topic_that_is_not_there_is_named_with_the_nearest(
    command: list[str], dlq: Callable[..., Finished], letters: str
):
    done = dlq(command[0], letters[:-1], *command[1:])
    assert done.exit_code == 1
    assert f"did you mean `{letters}`?" in done.stderr


def test_a_target_that_is_not_there_or_may_not_be_written_to_is_refused(
    dlq: Callable[..., Finished], origin: str, letters: str, sandbox: TestServers
):
    produce_letters(sandbox.client_config, letters, [a_letter(origin, 0)])
    done = dlq("replay", letters, "--execute", "--to", origin[:-1])
    assert (done.exit_code, f"did you mean `{origin}`?" in done.stderr) == (1, True)
    assert dlq("replay", letters, "--execute", "--to", letters).exit_code == 2
    assert dlq("replay", letters, "--execute", "--to", "__consumer_offsets").exit_code == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "x", "--rate", "fast"),
        ("replay", "x", "--max-replays", "0"),
        ("show", "x", "--where", "leter.attempts > 1"),
        ("show", "x", "--key", "("),
        ("list", "x", "--since", "yesterday"),
        ("list", "x", "-p", "a"),
    ],
)
def test_options_without_a_meaning_are_exit_2(
    arguments: tuple[str, ...], dlq: Callable[..., Finished]
):
    done = dlq(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) <= 5


def test_a_reader_of_the_output_that_leaves_is_no_error(
    origin: str,
    letters: str,
    clean_environment: dict[str, str],
    sandbox: TestServers,
    tmp_path: Path,
):
    produce_letters(sandbox.client_config, letters, [a_letter(origin, n) for n in range(5_000)])
    command = f"{sys.executable} -m flowodm dlq show {letters} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        env=clean_environment | {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    first, code = done.stdout.splitlines()
    assert json.loads(first)["topic"] == letters
    assert (code, "Traceback" in done.stderr) == ("0", False)


def test_a_topic_made_anew_does_not_lose_its_letters_to_old_progress(
    dlq: Callable[..., Finished], letters: str, origin: str, sandbox: TestServers, admin: Any
):
    from confluent_kafka import ConsumerGroupTopicPartitions

    group = f"flowodm-replay-{letters}"
    stale = ConsumerGroupTopicPartitions(group, [TopicPartition(letters, 0, 90)])
    (future,) = admin.alter_consumer_group_offsets([stale]).values()
    future.result(timeout=10)
    produce_letters(sandbox.client_config, letters, [a_letter(origin, 0)])
    done = dlq("replay", letters, "--execute")
    assert done.exit_code == 1
    assert f"delete the group `{group}`" in done.stderr


@pytest.mark.parametrize("style", OURS)
def test_what_a_loop_gave_up_goes_back_and_is_handled(
    style: Any,
    origin: str,
    letters: str,
    dlq: Callable[..., Finished],
    kafka: str,
    registry_url: str,
    sandbox: TestServers,
):
    with connection_to(kafka, registry_url) as connection:
        base: Any = based_on(connection)

        class Order(base):
            class Settings:
                topic = origin
                key_field = "id"

            id: str
            amount: int

        orders = [Order(id=f"o-{number}", amount=number) for number in range(6)]
        Order.produce_many(orders)
        handled: list[str] = []
        policy = DeadLetterPolicy(topic=letters, headers=style)
        is_broken = True

        def book(order: Any) -> None:
            if is_broken and order.amount % 2:
                raise ValueError(f"no money for {order.id}")
            handled.append(order.id)

        def until(count: int) -> None:
            loop = ConsumerLoop(
                Order, book, group_id=f"g-{origin}", dead_letter=policy, max_retries=1
            )
            thread = threading.Thread(target=loop.run)
            thread.start()
            wait_until(
                lambda: loop.status().handled + loop.status().dead_lettered >= count, seconds=60
            )
            loop.stop()
            thread.join(60)

        until(6)
        env = {"SCHEMA_REGISTRY_URL": registry_url}
        (count,) = json.loads(dlq("list", letters, "-o", "json", env=env).stdout)
        assert (count["count"], count["exception"], count["group"]) == (
            3,
            "builtins.ValueError",
            f"g-{origin}",
        )
        shown = json.loads(dlq("show", letters, "-o", "json", env=env).stdout)
        assert {one["payload"]["amount"] for one in shown} == {1, 3, 5}
        assert {one["dead_letter"]["stage"] for one in shown} == {"handler"}
        is_broken = False
        assert dlq("replay", letters, "--execute").exit_code == 0
        until(3)
        assert sorted(handled) == sorted(order.id for order in orders)
