"""The spans of a lead's way, a function for each step. Without a tracer they cost an `if` a batch.

A batch is no span: its leads would all be its parents, and a viewer draws its tree by parents. So each
sampled lead of a batch has a span of its own, which says how many shared the transaction. It is written when
that is committed: what is tried again shows once.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from shared.contracts import topic_of
from shared.contracts.envelope import Heard
from shared.effects import FiredTimer
from shared.runtime.service import Answer, DueErrand, Service
from shared.runtime.trace import Attributes, Span, Tracer, child_of, is_sampled
from shared.runtime.tx import Tx


def handling(service: Service, tx: Tx, events: Sequence[Heard[Any]]) -> Sequence[Heard[Any]]:
    """The events as their handler gets them: what it says follows from the span of the handling."""
    if service.tracer is None:
        return events
    return [_handling(service, service.tracer, tx, event, len(events)) for event in events]


def _handling(service: Service, tracer: Tracer, tx: Tx, event: Heard[Any], count: int) -> Heard[Any]:
    parent = event.traceparent
    if not is_sampled(parent):
        return event
    own, topic = child_of(parent, service.name, event.id), topic_of(event.source)
    about = _message(tracer, "process", topic, event.id, type(event.event).name(), count)
    about["messaging.consumer.group.name"] = service.name
    span = Span(f"process {topic}", "consumer", parent, own, tx.now, service.name, event.lead, about)
    tx.afterwards.append(partial(_over, service, span))
    return msgspec.structs.replace(event, traceparent=own)


def firing(service: Service, tx: Tx, timers: Sequence[FiredTimer]) -> Sequence[FiredTimer]:
    """The timers as their handler gets them. A clock that ran for days goes on in the trace that set it."""
    if service.tracer is None:
        return timers
    return [_firing(service, tx, timer) for timer in timers]


def _firing(service: Service, tx: Tx, timer: FiredTimer) -> FiredTimer:
    parent = timer.traceparent
    if not is_sampled(parent):
        return timer
    own = child_of(parent, service.name, timer.id)
    span = Span(f"fire {timer.purpose}", "internal", parent, own, tx.now, service.name, timer.lead)
    tx.afterwards.append(partial(_over, service, span))
    return replace(timer, traceparent=own)


def sent(
    service: Service,
    rows: Mapping[int, Mapping[str, Any]],
    gone: Set[int],
    began: datetime,
    ended: datetime,
) -> None:
    """Of the rows of the outbox, by id, those that are on the bus now and `gone`."""
    if service.tracer is None:
        return
    for id_, row in rows.items():
        parent = row["traceparent"]
        if is_sampled(parent) and id_ in gone:
            topic, event_id = row["topic"], row["event_id"]
            own = child_of(parent, "send", event_id)
            about = _message(service.tracer, "send", topic, event_id, row["type"], len(rows))
            span = Span(f"send {topic}", "producer", parent, own, began, service.name, row["key"], about)
            service.tracer.record(span, ended)


def committed(service: Service, members: Sequence[tuple[str | None, str | None]], began: datetime) -> None:
    """A commit that many requests waited for: the traceparent of each, and its lead."""
    system = "sqlite" if service.database.is_sqlite else "postgresql"
    about: Attributes = {"db.system.name": system, "db.operation.batch.size": len(members)}
    for parent, lead in members:
        if is_sampled(parent):
            own = child_of(parent, "commit")
            _over(service, Span("commit", "internal", parent, own, began, service.name, lead or "", about))


def calling(service: Service, errand: DueErrand) -> DueErrand:
    """An errand as it is carried out: the other side may go on from the span of this attempt."""
    if service.tracer is None or not is_sampled(errand.traceparent):
        return errand
    own = child_of(errand.traceparent, errand.key, str(errand.attempt))
    return replace(errand, traceparent=own)


def called(service: Service, errand: DueErrand, call: DueErrand, answer: Answer, began: datetime) -> None:
    """What came of an attempt, if anybody was called; `call` is what `calling` made of the errand."""
    if call is errand or call.traceparent is None or not answer.server:
        return
    to = urlsplit(f"//{answer.server}")
    about: dict[str, str | int] = {"http.request.method": "POST", "server.address": to.hostname or ""}
    if to.port is not None:
        about["server.port"] = to.port
    if answer.status is not None:
        about["http.response.status_code"] = answer.status
    if errand.attempt > 1:
        about["http.request.resend_count"] = errand.attempt - 1
    error = "" if answer.delivered else str(answer.status or "no_answer")
    span = Span(
        "POST", "client", errand.traceparent, call.traceparent, began, service.name, errand.lead, about, error
    )
    _over(service, span)


def _message(
    tracer: Tracer, operation: str, topic: str, event_id: str, event_type: str, count: int
) -> dict[str, str | int]:
    return {
        "messaging.system": tracer.bus,
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": topic,
        "messaging.message.id": event_id,
        "messaging.batch.message_count": count,
        "cloudevents.event_type": event_type,
    }


def _over(service: Service, span: Span) -> None:
    if service.tracer is not None:
        service.tracer.record(span, service.clock.now())
