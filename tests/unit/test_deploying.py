"""The examples of the page on deploying: well formed, and their numbers those of the code."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowodm.manifest import PROFILES
from flowodm.running.crew import AFTER
from tests.pages import ROOT

pytestmark = pytest.mark.unit

PAGE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
SPARE = 5.0
"""Seconds between the last that a run may take and the kill."""


def example(name: str) -> str:
    found = re.search(rf"<!-- file: {name} -->\n```\w+\n(.*?)```", PAGE, flags=re.S)
    assert found, name
    return found[1]


def grace(profile: str) -> float:
    return PROFILES[profile]().shutdown_timeout + AFTER + SPARE


@pytest.fixture(scope="module")
def pod() -> dict[str, Any]:
    return yaml.safe_load(example("deployment.yaml"))["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(example("audit.service"))
    return parser


def test_the_grace_of_a_pod_is_the_shutdown_budget_and_a_little(pod: dict[str, Any]) -> None:
    assert pod["terminationGracePeriodSeconds"] == grace("long_running")


def test_the_timeout_of_the_unit_is_the_shutdown_budget_and_a_little(
    unit: configparser.ConfigParser,
) -> None:
    assert float(unit["Service"]["TimeoutStopSec"]) == grace("long_running")
    assert unit["Service"]["KillMode"] == "mixed"


def test_the_page_names_the_grace_of_the_other_profiles() -> None:
    assert f"`batch` {grace('batch'):.0f} and `real_time` {grace('real_time'):.0f}" in PAGE


def test_the_probes_ask_what_there_is(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    (port,) = container["ports"]
    assert port == {"name": "health", "containerPort": 8080}
    paths = {
        name: container[name]["httpGet"]
        for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {
        "startupProbe": {"path": "/livez", "port": "health"},
        "livenessProbe": {"path": "/livez", "port": "health"},
        "readinessProbe": {"path": "/readyz", "port": "health"},
    }
    assert container["readinessProbe"]["periodSeconds"] <= 5


def test_a_deployment_runs_one_loop(pod: dict[str, Any]) -> None:
    assert pod["containers"][0]["args"] == ["--only", "audit"]


def test_the_scaler_watches_the_group_and_the_topic() -> None:
    scaler = yaml.safe_load(example("scaledobject.yaml"))["spec"]
    (trigger,) = scaler["triggers"]
    assert trigger["metadata"]["consumerGroup"] == "audit"
    assert trigger["metadata"]["topic"] == "user-events"
    assert scaler["scaleTargetRef"]["name"] == "audit"


def test_the_unit_restarts_what_a_restart_can_cure(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"].split() == ["2", "4"]
    assert Path(service["ExecStart"].split()[0]).name == "flowodm"


def test_the_container_passes_signals_on() -> None:
    text = example("Containerfile")
    assert 'ENTRYPOINT ["flowodm", "run", "manifest.yaml"]' in text
    assert "STOPSIGNAL SIGTERM" in text
    assert "RUN flowodm run manifest.yaml --check" in text
