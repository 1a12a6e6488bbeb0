"""What `flowodm doctor` shows, whole, as it was reviewed by eye."""

import json

import pytest

from flowodm.cli.doctor import document_of, write_examination
from flowodm.cli.output import Output
from flowodm.config import Context
from flowodm.doctor import Examination, Finding
from flowodm.doctor.report import conclude
from tests.unit.cli.hostile import HOSTILE_TEXTS, MUST_NOT_SHOW
from tests.unit.cli.test_golden import check, rendered

pytestmark = pytest.mark.unit

K1, K2, SR = "k1.example:9093", "k2.example:9093", "https://sr"

EXPIRED = conclude(
    [
        Finding("config", "ok", "flowodm.yaml:4", None, 0.012),
        Finding("dns", "ok", "k1.example → 10.0.0.4", None, 0.003, K1),
        Finding("tcp", "ok", "10.0.0.4:9093", None, 0.009, K1),
        Finding(
            *("tls", "failure", f"{K1}: its certificate has expired (CN=k1, 3 days ago)"),
            "renew it on the broker, or check this machine's clock (now 2026-11-23 12:04 UTC)",
            *(0.041, K1, 1),
        ),
        Finding("registry", "ok", f"{SR}, 9 subjects, READWRITE", None, 0.088, SR),
        Finding("schema", "ok", "orders-value v3, id 42, read back and parsed", None, 0.031, SR),
    ]
)

MIXED = conclude(
    [
        Finding("config", "ok", "flowodm.yaml:4", None, 0.012),
        Finding(
            *("dns", "warning", "`k1.example` does not resolve: no such name"),
            *("check the spelling, or whether this name is known to this network", 0.002, K1),
        ),
        Finding("dns", "ok", "k2.example → 10.0.0.5", None, 0.003, K2),
        Finding("tcp", "ok", "10.0.0.5:9093", None, 0.009, K2),
        Finding("metadata", "ok", "cluster abc-123, 2 brokers, 1,204 topics", None, 0.1204),
        Finding("listeners", "ok", f"2 {K2}", None, 0.01),
        Finding(
            *("listeners", "failure", "broker 1: 10.0.0.4:9093: no answer in 3 s"),
            "broker 1 tells clients this address: set its `advertised.listeners` to one that is "
            "reached from here",
            *(3.0, K1, 1),
        ),
        Finding(
            *("authorisation", "failure", "user `bob` may see neither the cluster nor a topic"),
            *("ask for an access control list that allows what is needed", 0.02, None, 4),
        ),
    ],
    unused=["tls", "sasl", "registry", "schema"],
)

WELL = conclude([Finding("config", "ok", "flowodm.yaml:4", None, 0.012)], unused=["tls", "sasl"])

CONTEXT = Context(name="prod", source="flowodm.yaml:4")


def shown(found: Examination, width: int, *, color: bool = False) -> str:
    def write(output: Output) -> None:
        write_examination(output, "prod", found)

    return rendered(write, width, color=color)


@pytest.mark.parametrize("width", [60, 100])
@pytest.mark.parametrize(
    ("name", "found"), [("expired", EXPIRED), ("mixed", MIXED)], ids=["expired", "mixed"]
)
def test_findings_for_people(name: str, found: Examination, width: int) -> None:
    check(f"doctor-{name}-{width}.txt", shown(found, width))


def test_colour_marks_the_state_beside_its_word() -> None:
    check("doctor-mixed-80-colour.txt", shown(MIXED, 80, color=True))


def test_findings_for_machines() -> None:
    text = json.dumps(document_of(CONTEXT, MIXED), indent=2, ensure_ascii=False) + "\n"
    check("doctor-json.txt", text)


def test_when_all_is_well_it_says_so() -> None:
    assert shown(WELL, 80).splitlines()[-1].startswith("Nothing is wrong.")


@pytest.mark.parametrize("width", [55, 77, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for found in (EXPIRED, MIXED):
        assert max(len(line) for line in shown(found, width).splitlines()) <= min(width, 100)


def test_a_very_narrow_terminal_is_no_trouble() -> None:
    assert shown(EXPIRED, 20).endswith("exit 1\n")


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_what_a_server_says_does_nothing_to_the_terminal(text: str) -> None:
    found = conclude([Finding("tls", "failure", text, text, 0.1, text, 1)])
    lines = shown(found, 80)
    assert not any(bad in lines for bad in MUST_NOT_SHOW)
