"""What routing measures: how fast leads reach people, how deadlines end, what waits in queues."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from services.routing.store import leads as store
from services.routing.store.calendars import count_failing
from shared.contracts.clocks import DeadlineBreached, DeadlineReminded
from shared.contracts.meetings import MeetingEvent
from shared.contracts.routing import LeadAssigned, LeadContacted
from shared.effects import Effect, Say
from shared.runtime.tx import Tx

_SPEED: Final = (0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 900, 3600, 14400, 86400, 604800)

assigned: Final = Counter("baton_routing_assigned", "Leads given to a rep or a queue.", ["why", "kind"])
capture_to_assigned: Final = Histogram(
    "baton_capture_to_assigned_seconds", "From capture to the first owner in sales.", buckets=_SPEED
)
capture_to_touch: Final = Histogram(
    "baton_capture_to_touch_seconds", "From capture to the first touch: speed to lead.", buckets=_SPEED
)
contacts: Final = Counter(
    "baton_routing_contacts",
    "Attempts and conversations, by whether the rep said so or a tool saw it.",
    ["direction", "reported_by"],
)
meetings: Final = Counter(
    "baton_routing_meetings",
    "Meetings booked, held, missed and called off, by whether the rep said so or a tool saw it.",
    ["what", "reported_by"],
)
deadline: Final = Histogram(
    "baton_sla_deadline_seconds",
    "How long after its start a deadline was met, or breached.",
    ["policy", "deadline", "outcome"],
    buckets=_SPEED,
)
infeasible: Final = Counter(
    "baton_routing_infeasible",
    "Leads given away although nobody who can take them works before the first deadline.",
    ["team"],
)
reminded: Final = Counter("baton_routing_reminded", "Reminders sent before a deadline.", ["deadline"])
undelivered: Final = Counter(
    "baton_routing_undelivered", "Messages to reps that were given up after every attempt.", ["action"]
)
not_handed_over: Final = Counter(
    "baton_routing_crm_undelivered", "Events that the CRM did not take, after every attempt.", ["type"]
)
open_leads: Final = Gauge("baton_routing_open_leads", "Leads that routing holds, by stage.", ["stage"])
queue_leads: Final = Gauge("baton_queue_leads", "Leads in a team's queue.", ["team"])
queue_oldest: Final = Gauge("baton_queue_oldest_seconds", "Age of a queue's oldest lead.", ["team"])
offers: Final = Gauge("baton_routing_offers", "Offers to nurture that wait for an answer.")
offer_oldest: Final = Gauge(
    "baton_routing_offer_oldest_seconds", "Age of the oldest offer that waits for an answer."
)
clocks: Final = Gauge("baton_routing_clocks", "Clocks that run, by what they are for.", ["purpose"])


calendars_failing: Final = Gauge(
    "baton_routing_calendars_failing", "Calendars of the roster that can not be read from their address."
)


@cache
def _assigned(why: str, kind: str) -> Counter:
    return assigned.labels(why, kind)


def note(effects: Iterable[Effect], now: datetime) -> None:
    """Count what a decision says."""
    for effect in effects:
        if not isinstance(effect, Say):
            continue
        match effect.event:
            case LeadAssigned() as event:
                _given(event, now)
            case LeadContacted(direction=direction, reported_by=by):
                contacts.labels(direction, by).inc()
            case MeetingEvent(TYPE=name, reported_by=by):
                meetings.labels(name.removeprefix("meeting."), by).inc()
            case DeadlineReminded(deadline=due):
                reminded.labels(due.name).inc()
            case DeadlineBreached(deadline=due, spent=spent):
                deadline.labels(due.policy, due.name, "breached").observe(sum(spent.values()))


def _given(event: LeadAssigned, now: datetime) -> None:
    _assigned(event.why, event.owner.kind).inc()
    if not event.feasible:
        infeasible.labels(event.team or "").inc()
    if event.why == "new" and event.captured_at is not None:
        capture_to_assigned.observe(max(0.0, (now - event.captured_at).total_seconds()))


def touched(captured_at: datetime | None, now: datetime) -> None:
    """A lead was touched for the first time."""
    if captured_at is not None:
        capture_to_touch.observe(max(0.0, (now - captured_at).total_seconds()))


def met(policy: str, name: str, after_s: float) -> None:
    """A deadline was met, `after_s` seconds after its start."""
    deadline.labels(policy, name, "met").observe(after_s)


def sample(tx: Tx) -> None:
    """Refresh the gauges before a scrape."""
    for gauge in (open_leads, queue_leads, queue_oldest, clocks):
        gauge.clear()
    for stage, count in store.open_by_stage(tx.conn):
        open_leads.labels(stage).set(count)
    for team, count, oldest in store.queues(tx.conn):
        queue_leads.labels(team).set(count)
        queue_oldest.labels(team).set(_age(tx.now, oldest))
    count, oldest = store.offers(tx.conn)
    offers.set(count)
    offer_oldest.set(_age(tx.now, oldest))
    calendars_failing.set(count_failing(tx.conn))
    for purpose, running, _ in store.clocks(tx.conn):
        clocks.labels(purpose).set(running)


def _age(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
