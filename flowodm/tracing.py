"""OpenTelemetry, where the program uses it: the trace goes with each record, in its headers.

Nothing here imports OpenTelemetry before the program itself has (`opentelemetry-instrument`, or an
SDK that is set up): without that no span would be kept. The extra is `flowodm[otel]`.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from flowodm.record import Headers

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

__all__ = ["API", "inject", "is_traced", "traced"]

API: Final = "opentelemetry.trace"
"""The module that is there when the program uses OpenTelemetry."""
_NAMES: Final = frozenset({"traceparent", "tracestate", "baggage"})


def is_traced() -> bool:
    """Tell whether the program uses OpenTelemetry."""
    return API in sys.modules


def inject(headers: Headers | None) -> Headers | None:
    """Add the current trace to the headers of a record that is to be sent.

    Args:
        headers: The record's own; those that name a trace already are left as they are.
    """
    if any(name in _NAMES for name, _ in headers or ()):
        return headers
    from opentelemetry.propagate import inject as put

    carrier: dict[str, str] = {}
    put(carrier)
    if not carrier:
        return headers
    return (*(headers or ()), *((name, value.encode()) for name, value in carrier.items()))


def traced(handler: Callable[..., Any], *, group: str | None = None) -> Callable[..., Any]:
    """Have a loop's handler run in a span, which continues the trace of its record.

        ConsumerLoop(Order, traced(book, group="booking"))

    A handler of batches has one span, with a link to the trace of each record.

    Args:
        handler: A function that takes an instance, a `Tombstone`, or a list of them.
        group: The consumer group, which the span names.
    """
    if inspect.iscoroutinefunction(handler):

        @functools.wraps(handler)
        async def run_async(given: Any) -> Any:
            with _span(given, group):
                return await handler(given)

        return run_async

    @functools.wraps(handler)
    def run(given: Any) -> Any:
        with _span(given, group):
            return handler(given)

    return run


@contextmanager
def _span(given: Any, group: str | None) -> Iterator[None]:
    from opentelemetry.trace import Link, SpanKind, get_current_span

    records = given if isinstance(given, list) else [given]
    first = records[0].meta
    contexts = [_context(record.meta.headers) for record in records]
    is_batch = isinstance(given, list)
    links = [Link(get_current_span(one).get_span_context()) for one in contexts]
    with _tracer().start_as_current_span(
        f"process {first.topic}",
        context=None if is_batch else contexts[0],
        kind=SpanKind.CONSUMER,
        links=links if is_batch else None,
        attributes=_attributes(records, group, is_batch=is_batch),
    ):
        yield


def _attributes(
    records: Sequence[Any], group: str | None, *, is_batch: bool
) -> dict[str, str | int]:
    meta = records[0].meta
    found: dict[str, str | int] = {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": meta.topic,
        "messaging.destination.partition.id": str(meta.partition),
    }
    if group is not None:
        found["messaging.consumer.group.name"] = group
    if is_batch:
        return found | {"messaging.batch.message_count": len(records)}
    return found | {"messaging.kafka.offset": meta.offset}


def _context(headers: Headers) -> "Context":
    from opentelemetry.propagate import extract

    carrier = {
        name: value.decode("ascii", "replace")
        for name, value in headers
        if name in _NAMES and value is not None
    }
    return extract(carrier)


def _tracer() -> "Tracer":
    from opentelemetry.trace import get_tracer

    return get_tracer("flowodm")
