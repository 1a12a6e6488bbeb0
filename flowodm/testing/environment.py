"""The process's environment during a test: the mock cluster's, and nothing of the user's own."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from flowodm.config.environment import CONFIG_DIRECTORY_VARIABLE, CONFIG_VARIABLE, is_read

__all__ = ["environment_of"]

_TUNING: Final = {
    # A second member of a group of the older protocol would wait 45 s for the first one's place.
    "FLOWODM_CONSUMER_GROUP_PROTOCOL": "consumer",
    # The mock cluster holds a fetch for this long whatever comes in meanwhile.
    "FLOWODM_CONSUMER_FETCH_WAIT_MAX_MS": "10",
    # An idempotent producer would wait half a second before its first record.
    "FLOWODM_PRODUCER_ENABLE_IDEMPOTENCE": "false",
    "FLOWODM_PRODUCER_LINGER_MS": "0",
}


@contextmanager
def environment_of(bootstrap_servers: str, registry_url: str) -> Iterator[None]:
    """Let the environment name one cluster and registry, and no configuration file, for a while.

    Args:
        bootstrap_servers: The cluster.
        registry_url: The registry.
    """
    with TemporaryDirectory(prefix="flowodm-testing-") as directory:
        empty = Path(directory, "flowodm.yaml")
        empty.write_text("version: 1\ncontexts: {}\n")
        ours = {
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
            "SCHEMA_REGISTRY_URL": registry_url,
            CONFIG_VARIABLE: str(empty),
            CONFIG_DIRECTORY_VARIABLE: directory,
            **_TUNING,
        }
        with _replaced(ours):
            yield


@contextmanager
def _replaced(values: Mapping[str, str]) -> Iterator[None]:
    """Put values in the place of every variable that says anything to FlowODM."""
    before = {name: value for name, value in os.environ.items() if is_read(name)}
    _put(before, values)
    try:
        yield
    finally:
        _put(values, before)


def _put(old: Mapping[str, str], new: Mapping[str, str]) -> None:
    for name in old:
        os.environ.pop(name, None)
    os.environ.update(new)
