"""The metrics that the runtime keeps for every service, which is a label: one process can run them all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import Column, Table, func, select

from shared.runtime.tx import Tx

_LATENESS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600)

handled = Counter("baton_events_handled", "Events that a service has handled.", ["service"])
parked = Counter("baton_parked", "Events that could not be handled and were parked.", ["service", "reason"])
fired = Histogram(
    "baton_sla_timer_lateness_seconds", "How late timers were fired.", ["service"], buckets=_LATENESS
)
published = Counter("baton_outbox_published", "Events that the relay has published.", ["service"])
loop_failures = Counter("baton_loop_failures", "Turns of a service's loops that failed.", ["service", "loop"])
consumer_lag = Gauge(
    "baton_consumer_lag", "Events on the bus that a service has not handled.", ["service", "topic"]
)
outbox_rows = Gauge("baton_outbox_rows", "Events that wait to be published.", ["service"])
outbox_oldest = Gauge("baton_outbox_oldest_seconds", "Age of the oldest unpublished event.", ["service"])
parked_rows = Gauge("baton_parked_rows", "Events that lie parked.", ["service"])
parked_oldest = Gauge("baton_parked_oldest_seconds", "Age of the oldest parked event.", ["service"])
timers_rows = Gauge("baton_timers_rows", "Clocks that run.", ["service"])
timers_overdue = Gauge("baton_timers_overdue_seconds", "How long the most overdue clock waits.", ["service"])
errand_oldest = Gauge(
    "baton_errand_oldest_seconds", "Age of the oldest undelivered errand.", ["service", "destination"]
)
agreement_info = Gauge("baton_agreement_info", "The agreement in force.", ["service", "agreement", "version"])
agreements_refused = Counter(
    "baton_agreements_refused", "Versions of the agreement that were refused or held up.", ["service"]
)
ready = Gauge(
    "baton_ready", "1 while a check of /readyz holds, 0 while it fails; asked at a scrape.", ["check"]
)
sample_failures = Counter(
    "baton_metrics_sample_failures",
    "Scrapes that showed old figures of a place: databases or bus.",
    ["place"],
)

_shown: dict[tuple[Gauge, str], set[tuple[str, ...]]] = {}


def sample(tx: Tx) -> None:
    """Refresh the gauges that are read from a service's messaging tables."""
    tables, service = tx.tables, tx.service
    _age(tx, outbox_rows, outbox_oldest, tables.outbox, tables.outbox.c.said_at)
    _age(tx, parked_rows, parked_oldest, tables.parked, tables.parked.c.parked_at)
    _age(tx, timers_rows, timers_overdue, tables.timers, tables.timers.c.due_at)
    errands = tables.errands
    query = select(errands.c.destination, func.min(errands.c.written_at)).group_by(errands.c.destination)
    ages: dict[tuple[str, ...], float] = {(to,): _seconds(tx.now, at) for to, at in tx.conn.execute(query)}
    show_only(errand_oldest, service, ages)
    show_only(agreement_info, service, {(tx.agreement.name, str(tx.agreement.version)): 1})


def show_only(gauge: Gauge, service: str, values: Mapping[tuple[str, ...], float]) -> None:
    """Set a gauge of a service to these values by its other labels, and to no others that it had before."""
    for labels in _shown.get((gauge, service), set()) - values.keys():
        gauge.remove(service, *labels)
    for labels, value in values.items():
        gauge.labels(service, *labels).set(value)
    _shown[gauge, service] = set(values)


def _age(tx: Tx, rows: Gauge, oldest: Gauge, table: Table, column: Column[Any]) -> None:
    count, first = tx.conn.execute(select(func.count(), func.min(column)).select_from(table)).one()
    rows.labels(tx.service).set(count)
    oldest.labels(tx.service).set(_seconds(tx.now, first))


def _seconds(now: datetime, first: datetime | None) -> float:
    return 0.0 if first is None else max(0.0, (now - first).total_seconds())
