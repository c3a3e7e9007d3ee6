"""Spans to a collector, over OTLP/HTTP: the only module that knows OpenTelemetry. Needs the extra `traces`.

The SDK reads its standard OTEL_ variables: endpoint, headers, sampler, batches, resource attributes.
"""

import os
import secrets
import threading
from datetime import datetime
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from shared.runtime.trace import Span, valid

CLOSE_S: Final = 2.0
"""How long a collector that does not answer may hold up the end of a process."""


class Otlp:
    """Sends spans in batches, from a thread of its own. What the collector does not take is lost."""

    def __init__(self, name: str, bus: str) -> None:
        self.bus = bus
        self._exporter = OTLPSpanExporter()
        self._processor = BatchSpanProcessor(self._exporter)
        self._ids = _GivenIds()
        resource = Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME") or name})
        provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self._sampler = provider.sampler
        self._tracer = provider.get_tracer("baton")

    def begin(self, incoming: str | None) -> str:
        """The traceparent of what begins here: a child of a valid `incoming`, sampled or not."""
        parent = valid(incoming)
        trace_id = parent[3:35] if parent else secrets.token_hex(16)
        asked = self._sampler.should_sample(_within(parent), int(trace_id, 16), "begin", SpanKind.SERVER)
        sampled = asked.decision is Decision.RECORD_AND_SAMPLE
        return f"00-{trace_id}-{secrets.token_hex(8)}-{sampled:02x}"

    def record(self, span: Span, ended: datetime) -> None:
        """Keep a span that is over. It is sent later; this neither waits nor raises."""
        self._ids.given = _context(span.own)
        begun = self._tracer.start_span(
            span.name,
            _within(span.parent),
            SpanKind[span.kind.upper()],
            attributes=span.described(),
            start_time=_nanoseconds(span.began),
        )
        if span.error:
            begun.set_status(StatusCode.ERROR)
        begun.end(_nanoseconds(ended))

    def close(self) -> None:
        """Send what is left, within CLOSE_S seconds."""
        last = threading.Thread(target=self._processor.shutdown, daemon=True)
        last.start()
        last.join(CLOSE_S)


class _GivenIds(IdGenerator):
    """Gives out the ids that a span has already: they stand in events, and derive from their cause."""

    given: SpanContext

    def generate_span_id(self) -> int:
        return self.given.span_id

    def generate_trace_id(self) -> int:
        return self.given.trace_id


def _context(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )


def _within(parent: str | None) -> Context:
    return set_span_in_context(NonRecordingSpan(_context(parent)), Context()) if parent else Context()


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1_000
