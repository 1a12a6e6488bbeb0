"""`tail` on a terminal: blocks in colour, one status line, and nothing left behind."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.terminal import Terminal
from tests.servers import TestServers
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW

pytestmark = pytest.mark.integration

COLOURS = re.compile(r"\x1b\[\d*m")
STATUS = re.compile(r"\r[^\r\n]*\x1b\[K")


@pytest.fixture
def terminal(
    clean_environment: dict[str, str], sandbox: TestServers, tmp_path: Path
) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal(*arguments: str, **environ: str) -> Terminal:
        servers = {"KAFKA_BOOTSTRAP_SERVERS": sandbox.bootstrap_servers}
        opened.append(Terminal(list(arguments), clean_environment | servers | environ, tmp_path))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


@pytest.fixture
def send(sandbox: TestServers) -> Callable[..., None]:
    from confluent_kafka import Producer

    producer = Producer(dict(sandbox.client_config))

    def produce(topic: str, value: bytes | None, key: bytes | None = None) -> None:
        producer.produce(topic, value, key)
        assert producer.flush(20) == 0

    return produce


def test_following_shows_blocks_and_a_status_line_and_clears_it(
    terminal: Callable[..., Terminal], send: Callable[..., None], topic: str
) -> None:
    tail = terminal("tail", topic)
    tail.wait_for(f"following {topic} (1 partition)")
    tail.wait_for("ctrl-c ends")
    send(topic, b'{"a": 1}', b"k-1")
    tail.wait_for('{"a": 1}')
    send(topic, None, b"k-2")
    tail.wait_for("tombstone")
    tail.process.send_signal(signal.SIGINT)
    assert tail.end() == 130
    plain = STATUS.sub("", COLOURS.sub("", tail.seen))
    assert f"{topic}  0:0  " in plain
    assert "key k-1  json" in plain
    assert plain.rstrip().endswith("2 read")
    assert "ctrl-c ends" not in plain  # every status line was drawn over


def test_the_status_line_of_many_topics_counts_them(
    terminal: Callable[..., Terminal], make_topic: Callable[..., str]
) -> None:
    tail = terminal("tail", make_topic(), make_topic(partitions=2))
    tail.wait_for("following 2 topics (3 partitions)")
    tail.wait_for("ctrl-c ends")


def test_the_default_position_on_a_terminal_is_the_end(
    terminal: Callable[..., Terminal], send: Callable[..., None], topic: str
) -> None:
    send(topic, b"before")
    tail = terminal("tail", topic, "-c", "1")
    tail.wait_for("following")
    send(topic, b"after")
    assert tail.end() == 0
    assert "after" in tail.seen
    assert "before" not in tail.seen


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_without_colours_gets_none(
    environ: dict[str, str],
    terminal: Callable[..., Terminal],
    send: Callable[..., None],
    topic: str,
) -> None:
    send(topic, b"\xff\x00 bytes", b"k")
    tail = terminal("tail", topic, "-e", "-o", "pretty", **environ)
    assert tail.end() == 0
    assert not COLOURS.search(tail.seen)
    assert f"{topic}  0:0" in tail.seen


def test_no_color_is_an_option_too(
    terminal: Callable[..., Terminal], send: Callable[..., None], topic: str
) -> None:
    send(topic, b"x")
    tail = terminal("tail", topic, "-e", "--no-color")
    assert tail.end() == 0
    assert not COLOURS.search(tail.seen)


def test_raw_bytes_reach_a_terminal_only_when_asked(
    terminal: Callable[..., Terminal], send: Callable[..., None], topic: str
) -> None:
    send(topic, b"\x1b]0;owned\x07")
    refused = terminal("tail", topic, "-e", "-o", "raw")
    assert refused.end() == 2
    assert "--raw" in refused.seen
    asked = terminal("tail", topic, "-e", "--raw")
    assert asked.end() == 0
    assert "\x1b]0;owned\x07" in asked.seen


@pytest.mark.parametrize("form", ["pretty", "table", "ndjson"])
def test_hostile_values_do_not_steer_the_terminal(
    form: str, terminal: Callable[..., Terminal], send: Callable[..., None], topic: str
) -> None:
    for text in HOSTILE_TEXTS:
        data = text.encode(errors="surrogatepass")
        send(topic, data, data)
    tail = terminal("tail", topic, "-e", "-o", form)
    assert tail.end() == 0
    left = STATUS.sub("", COLOURS.sub("", tail.seen)).replace("\r\x1b[K", "")
    assert not MUST_NOT_SHOW & set(left)


def test_help_on_a_terminal_has_headings_in_bold_and_no_more(
    terminal: Callable[..., Terminal],
) -> None:
    shown = terminal("tail", "--help")
    assert shown.end() == 0
    assert "\x1b[1mOptions:\x1b[0m" in shown.seen
    assert not MUST_NOT_SHOW & set(COLOURS.sub("", shown.seen))
