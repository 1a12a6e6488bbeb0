"""Java's class cache: used when it is right, and never missed."""

from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from flowodm.sandbox import Sandbox, archive, jars, process, training
from tests.servers import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def new_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache that holds the archives and nothing else."""
    jars.fetch(jars.kafka_artifacts())
    cache = tmp_path / "cache" / "flowodm"
    cache.mkdir(parents=True)
    (cache / "maven").symlink_to(jars.cache_directory() / "maven")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent))
    assert jars.cache_directory() == cache
    return cache


def test_after_training_brokers_use_the_cache() -> None:
    assert training.train()
    classpath = jars.fetch(jars.kafka_artifacts())
    assert archive.options(classpath)[0] == f"-XX:AOTCache={archive.file_for(classpath)}"
    with Sandbox(registry=False) as sandbox:
        (found,) = process.find(sandbox.spec.directory)
        maps = Path(f"/proc/{found.pid}/maps")
        if maps.exists():
            assert str(archive.file_for(classpath)) in maps.read_text()


def test_a_broker_starts_without_a_cache(new_cache: Path) -> None:
    assert archive.options(jars.fetch(jars.kafka_artifacts())) == []
    with Sandbox(registry=False) as sandbox:
        assert len(AdminClient(sandbox.client_config).list_topics(timeout=10).brokers) == 1


def test_a_cache_that_is_not_the_one_that_was_made_is_not_used(new_cache: Path) -> None:
    classpath = jars.fetch(jars.kafka_artifacts())
    file = archive.file_for(classpath)
    file.parent.mkdir()
    file.write_bytes(b"made")
    training._keep(_copy(file, "new"), file)
    assert archive.is_right(file)
    file.write_bytes(b"mabe")
    assert archive.options(classpath) == []


def _copy(file: Path, suffix: str) -> Path:
    copy = file.with_suffix(f".{suffix}")
    copy.write_bytes(file.read_bytes())
    return copy


def test_other_archives_and_another_date_want_another_cache() -> None:
    classpath = jars.fetch(jars.kafka_artifacts())
    assert archive.file_for(classpath) == archive.file_for(list(classpath))
    assert archive.file_for(classpath) != archive.file_for(classpath[1:])


def test_a_training_under_way_ends_with_down_and_leaves_nothing(new_cache: Path) -> None:
    directory = new_cache / "java" / "training"
    training.begin()
    wait_until(lambda: "node-1" in {each.role for each in process.find(directory)})
    training.end()
    assert process.find(directory) == ()
    assert not directory.exists()
    assert not archive.options(jars.fetch(jars.kafka_artifacts()))
