"""A trace goes with a record, and is continued by its handler; without it nothing is imported."""

import asyncio
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from flowodm.tracing import inject, traced

pytestmark = pytest.mark.unit

PROVIDER = TracerProvider()
SPANS = InMemorySpanExporter()
PROVIDER.add_span_processor(SimpleSpanProcessor(SPANS))


@pytest.fixture(autouse=True)
def _spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowodm.tracing._tracer", lambda: PROVIDER.get_tracer("flowodm"))
    SPANS.clear()


def record(offset: int, headers: Any = ()) -> Any:
    meta = SimpleNamespace(topic="orders", partition=2, offset=offset, headers=tuple(headers))
    return SimpleNamespace(meta=meta)


def finished() -> tuple[ReadableSpan, ...]:
    return SPANS.get_finished_spans()


def test_a_handler_continues_the_trace_that_came_with_its_record() -> None:
    with PROVIDER.get_tracer("t").start_as_current_span("send") as sent:
        headers = inject((("own", b"1"),))
    assert headers is not None
    assert headers[0] == ("own", b"1")
    traced(lambda event: None, group="g")(record(7, headers))
    span = finished()[-1]
    assert span.name == "process orders"
    assert span.parent is not None
    assert span.parent.span_id == sent.get_span_context().span_id
    assert span.attributes is not None
    assert span.attributes["messaging.kafka.offset"] == 7
    assert span.attributes["messaging.consumer.group.name"] == "g"


def test_a_coroutine_stays_one_and_its_failure_is_on_its_span() -> None:
    async def fail(event: object) -> None:
        raise ValueError("no")

    handler = traced(fail)
    assert asyncio.iscoroutinefunction(handler)
    with pytest.raises(ValueError, match="no"):
        asyncio.run(handler(record(1)))
    assert not finished()[-1].status.is_ok


def test_a_batch_links_to_the_trace_of_each_record() -> None:
    batches = []
    for _ in range(2):
        with PROVIDER.get_tracer("t").start_as_current_span("send"):
            batches.append(record(1, inject(()) or ()))
    traced(lambda events: None)(batches)
    assert len(finished()[-1].links) == 2


def test_a_record_that_names_a_trace_keeps_it() -> None:
    with PROVIDER.get_tracer("t").start_as_current_span("send"):
        assert inject((("traceparent", b"x"),)) == (("traceparent", b"x"),)


def test_without_a_trace_nothing_is_added() -> None:
    assert inject(()) == ()
    assert inject(None) is None


def test_producing_imports_nothing_that_the_program_did_not() -> None:
    program = (
        "import sys, flowodm.producer, flowodm.running.crew, flowodm.tracing as t\n"
        "assert not t.is_traced()\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
