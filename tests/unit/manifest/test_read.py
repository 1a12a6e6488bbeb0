"""A manifest is read whole or refused with its line; nothing that it names is imported."""

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flowodm.errors import ConfigurationError, UsageError
from flowodm.manifest import LoopSettings, Manifest, RetrySettings, read_manifest
from flowodm.modules import missing_part
from flowodm.settings import LongRunningSettings, RealTimeSettings

pytestmark = pytest.mark.unit

WHOLE = """\
version: 1
context: local
loops:
  - name: audit
    model: app.events:UserEvent
    handler: app.handlers:audit
    group: audit
    profile: real_time
    concurrency: 8
    ordering: partition
    retry: {attempts: 3, initial: 0.5s, max: 30s, within: 10m}
    dead_letter: {topic: user-events-dlt, headers: connect}
    settings: {max.poll.interval.ms: 900000}
health: {port: 8080}
"""
LEAST = """\
loops:
  - name: one
    model: app.events:UserEvent
    handler: app.handlers:one
"""

Read = Callable[[str], Manifest]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    monkeypatch.chdir(tmp_path)

    def written(text: str) -> Manifest:
        Path("m.yaml").write_text(text)
        return read_manifest(Path("m.yaml"))

    return written


def test_a_manifest_says_what_its_loops_are(read: Read) -> None:
    manifest = read(WHOLE)
    (loop,) = manifest.loops
    assert (loop.name, loop.group, loop.ordering) == ("audit", "audit", "partition")
    assert loop.retry_policy.attempts == 3
    assert loop.retry_policy.within == 600.0
    assert loop.dead_letter_policy is not None
    assert loop.dead_letter_policy.headers == "connect"
    assert isinstance(loop.effective, RealTimeSettings)
    assert loop.effective.to_consumer_config()["max.poll.interval.ms"] == "900000"
    assert manifest.settings.health is not None
    assert manifest.settings.health.host == "127.0.0.1"


def test_what_is_left_out_is_the_profiles(read: Read) -> None:
    (loop,) = read(LEAST).loops
    assert loop.effective == LongRunningSettings()
    assert loop.dead_letter_policy is None
    assert loop.on_failure == "stop"


def with_loop(*lines: str, after: str = "") -> str:
    return LEAST + "".join(f"    {line}\n" for line in lines) + after


SECOND = "  - {name: two, topic: b, handler: 'app:h', group: g}\n"
THIRD = "  - {name: three, topic: c, handler: 'app:h', group: g}\n"

WRONG = [
    ("handle: app:x", "unknown key `handle` in loop `one`", "`handler`"),
    ("retry: {atempts: 3}", "unknown key `atempts` in `retry` of loop `one`", "`attempts`"),
    ("concurrency: many", "`concurrency` in loop `one` must be a", None),
    ("concurrency: 0", "`concurrency` in loop `one` must be greater than or equal to 1", None),
    ("concurrency: true", "`concurrency` in loop `one` must be a", None),
    ("ordering: keys", "`ordering` in loop `one` must be 'key', 'partition' or 'none'", None),
    ("profile: fast", "`profile` in loop `one` must be 'long_running'", None),
    ("retry: {max: 30}", "`max` in `retry` of loop `one` must be a length of time with", None),
    ("retry: {max: -1s}", "`max` in `retry` of loop `one` must be a length of time with", None),
    ("retry: {initial: 1m}", "`initial` of `retry` in loop `one` is more than `max`", "every"),
    ("group:", "`group` in loop `one` has no value", None),
    ("dead_letter:", "`dead_letter` in loop `one` has no value", None),
    ("topic: events", "loop `one` has both `model` and `topic`", "`Settings`"),
    ("subject: s", "`subject` in loop `one` goes with `topic` alone", None),
    ("name: one", "key `name` is there already, in line 2", None),
    (
        "settings: {plugin.library.paths: /tmp/x.so}",
        "`plugin.library.paths` in loop `one` runs code, and is refused in a manifest",
        "own configuration directory",
    ),
    (
        "settings: {bootstrap.servers: evil:9092}",
        "`bootstrap.servers` in loop `one` is the context's",
        "`context:` names one",
    ),
    (
        "settings: {sasl.oauthbearer.token.endpoint.url: 'http://evil'}",
        "`sasl.oauthbearer.token.endpoint.url` in loop `one` is the context's",
        "`context:` names one",
    ),
    ("settings: {sasl.password: x}", "`sasl.password` in loop `one` is the context's", "context"),
    (
        "settings: {max_poll_interval_ms: 1}",
        "unknown key `max_poll_interval_ms` of librdkafka in loop `one`",
        "`max.poll.interval.ms`",
    ),
    ("settings: {fetch.min.bytes: much}", "`fetch.min.bytes`: ", None),
    ("settings: {fetch.min.bytes: -4}", "`fetch.min.bytes`: ", None),
    ("settings: {group.id: x}", "`LongRunningSettings`: `group.id` is not for", "consumer_group"),
    (
        "settings: {enable.auto.commit: false}",
        "`LongRunningSettings`: `enable.auto.commit` cannot be false",
        "leave it out",
    ),
    (
        "settings: {heartbeat.interval.ms: 30000}",
        "`LongRunningSettings`: `heartbeat.interval.ms` 30000 is more than a third",
        "15000 or less",
    ),
    (
        "revoke_drain_timeout: 20m",
        "`revoke_drain_timeout` of loop `one` is 1200 s, and `max.poll.interval.ms` ends",
        "give it less",
    ),
]


@pytest.mark.parametrize(("line", "message", "hint"), WRONG, ids=[line for line, *_ in WRONG])
def test_what_is_wrong_with_a_loop_is_told_with_its_line(
    read: Read, line: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(with_loop(line))
    assert caught.value.message.startswith("m.yaml:5:")
    assert message in caught.value.message
    assert caught.value.exit_code == 2
    assert hint is None or hint in (caught.value.hint or "")


WHOLES = [
    ("", "`m.yaml` is empty", None),
    ("- 1", "m.yaml:1: `the file` must be keys and values", None),
    ("version: 2\n" + LEAST, "m.yaml:1: `version` must be 1", None),
    ("loops: []", "m.yaml:1: `loops` must not be empty", None),
    ("loop: []", "m.yaml:1: unknown key `loop`", "`loops`"),
    ("loops:\n  - {name: a, handler: 'a:b'}", "m.yaml:2: loop `a` has neither", "`model: "),
    ("loops:\n  - {name: a, model: 'a:b'}", "m.yaml:2: `handler` is missing in loop `a`", None),
    (
        "loops:\n  - {name: a, model: a.B, handler: 'a:b'}",
        "m.yaml:2: `model` in loop `a` must be `module:name`, such as `app.handlers:audit`",
        None,
    ),
    (
        "loops:\n  - {name: a, topic: t, handler: 'a:b'}",
        "m.yaml:2: `group` is missing in loop `a`",
        "`group: audit`",
    ),
    (
        "loops:\n  - {name: a/b, model: 'a:B', handler: 'a:b'}",
        "m.yaml:2: `name` in loop `a/b` must be 1 to 100 of",
        None,
    ),
    (
        LEAST + LEAST.partition("\n")[2],
        "m.yaml:5: a loop `one` is there already, in m.yaml:2",
        None,
    ),
    (
        LEAST + SECOND + THIRD,
        "m.yaml:6: loops `two` and `three` are one group, `g`, on different topics",
        "a group of its own",
    ),
    (LEAST + "health: {port: 70000}", "m.yaml:5: `port` in `health` must be less than", None),
    (LEAST + "health: {prot: 1}", "m.yaml:5: unknown key `prot` in `health`", "`port`"),
    (LEAST + "health: {port: 1, host: 'a b'}", "m.yaml:5: `host` in `health` must be", None),
    (
        "loops:\n  - {name: a, topic: t, group: g, handler: 'a:b', dead_letter: {topic: t}}",
        "m.yaml:2: the dead letters of loop `a` go to the topic that it reads",
        "`t-dlt`",
    ),
    ("loops: &a\n  - *a", "m.yaml:2:5: an alias to what it is part of", None),
    ("loops: !!python/object:os.system {}", "m.yaml:1:8: tag `!!python/object` makes", None),
]


@pytest.mark.parametrize(
    ("text", "message", "hint"), WHOLES, ids=[message for _, message, _ in WHOLES]
)
def test_what_is_wrong_with_a_manifest_is_told(
    read: Read, text: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")


def test_on_failure_beside_a_dead_letter_is_a_contradiction(read: Read) -> None:
    with pytest.raises(ConfigurationError, match="`on_failure` in loop `one` has no meaning"):
        read(with_loop("dead_letter: {}", "on_failure: skip"))


def test_two_loops_may_share_a_group_on_one_topic(read: Read) -> None:
    assert len(read(LEAST + SECOND + SECOND.replace("two", "three")).loops) == 3


def test_only_some_loops_are_chosen(read: Read) -> None:
    manifest = read(LEAST + SECOND)
    assert [loop.name for loop in manifest.only(("two",)).loops] == ["two"]
    with pytest.raises(UsageError, match=r"`m\.yaml` has no loop `twoo`") as caught:
        manifest.only(("twoo",))
    assert caught.value.hint == "did you mean `two`?"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["audit", "5s", "a:b", "none", "\x00", "é", "-1", "sasl.password", "1" * 400])
    | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["name", "max", "x", "topic"]) | st.text(), inner, max_size=3
    ),
    max_leaves=6,
)
PLACES = [
    *(("loops", 0, key) for key in LoopSettings.model_fields),
    *(("loops", 0, "retry", key) for key in RetrySettings.model_fields),
    *(("loops", 0, "dead_letter", key) for key in ("topic", "headers", "more")),
    *(("loops", 0, "settings", key) for key in ("max.poll.interval.ms", "acks", "fetch.min.bytes")),
    *(("health", key) for key in ("port", "host", "registry")),
    *(("loops", 0), ("loops",), ("context",), ("version",), ("other",)),
]


@given(st.sampled_from(PLACES), VALUES)
def test_whatever_stands_somewhere_is_read_or_refused_with_its_line(
    place: tuple[str | int, ...], value: object
) -> None:
    whole = yaml.safe_load(WHOLE)
    inner = whole
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    text = yaml.safe_dump(whole, allow_unicode=True)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "m.yaml")
        path.write_bytes(text.encode(errors="replace"))
        message = f"{path}:1"
        try:
            read_manifest(path)
        except ConfigurationError as error:
            message = error.message
        assert re.match(rf"{re.escape(str(path))}:\d+", message)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose modules leave a file behind when they are imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    leaves_a_mark = "open('imported', 'w').close()\n"
    package = tmp_path / "marked_app"
    package.mkdir()
    (package / "__init__.py").write_text(leaves_a_mark)
    (package / "handlers.py").write_text(
        leaves_a_mark
        + "def audit(event): ...\ntry:\n    import json as j\nexcept E:\n    x = y = 1\n"
    )
    (package / "dynamic.py").write_text("globals()['made'] = 1\n")
    (package / "broken.py").write_text("def (:\n")
    return tmp_path


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("marked_app.handlers:audit", None, None),
        ("marked_app.handlers:j", None, None),
        ("marked_app.handlers:y", None, None),
        ("marked_app.dynamic:made", None, None),
        ("marked_app.broken:x", None, None),
        ("os.path:join", None, None),
        ("marked_app.handlers:audti", "`marked_app.handlers` has no `audti`", "`audit`"),
        ("marked_app.handler:audit", "there is no module `marked_app.handler`", "looked for"),
        ("marked_ap:audit", "there is no module `marked_ap`", "looked for"),
    ],
)
def test_what_is_missing_is_found_without_importing_anything(
    project: Path, target: str, message: str | None, hint: str | None
) -> None:
    found = missing_part(target)
    assert (found and found.message) == message
    assert hint is None or (found and hint in (found.hint or ""))
    assert not (project / "imported").exists()
    assert "marked_app" not in sys.modules
