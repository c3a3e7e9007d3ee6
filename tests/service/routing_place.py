"""Routing with a real database, an embedded bus and a still clock, turned by hand."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from msgspec.structs import replace

from services.routing.app import create_service
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.roster import Row
from services.routing.domain.steps.act import Actor
from services.routing.handlers import commands, roster
from services.routing.handlers.commands import Command
from services.routing.settings import Settings
from services.routing.store.leads import lead_states
from shared.agreement import load_text
from shared.baton import Handover, Holder
from shared.contracts.envelope import Event, Heard
from shared.contracts.recycle import LeadRecycled, LeadRecycleRefused, LeadReturned
from shared.contracts.scoring import LeadQualified
from shared.contracts.values import Activity, Company, Email, Person, ScoreReceipt, Snapshot
from shared.db.database import Database
from shared.runtime.clock import StillClock
from shared.runtime.consume import consume_once
from shared.runtime.outgoing import Post
from shared.runtime.parking import list_parked
from shared.runtime.relay import Relay
from shared.runtime.service import Agreements, OneAgreement, Service
from shared.runtime.timers import fire_once, next_due
from shared.runtime.tx import Tx
from shared.terms import Consent, Stage
from shared.testing.buses import everything_said, say
from shared.testing.leads import INTAKE, NOON, lead_id
from tests.buses import inline_bus
from tests.service.two_agreements import TwoAgreements
from tests.tables import make_tables

T = TypeVar("T")
E = TypeVar("E", bound=Event)

AGREEMENT = """
agreement: acme
version: 1
effective_from: 2026-01-01T00:00:00Z
parties:
  marketing: maya@acme.example
  sales: sam@acme.example
  arbiter: {person: coo@acme.example, rules_within: 48h}
intake: {owner: maya@acme.example}
desks:
  privacy: {owner: privacy@acme.example}
  marketing: {owner: maya@acme.example}
consent: {nurture_needs: not_denied, routing_needs: not_denied, denied: {hold: privacy}}
market:
  segments:
    - {name: enterprise, when: {company.employees: {at_least: 1000}}}
    - {name: other}
definitions:
  mql: {score_at_least: 10, grade_at_least: D}
  fast_lane: [{name: asked for a demo, when: {activity.type: demo_requested}}]
  sql: {requires: [need, timeline]}
scoring:
  fit: {points: [{name: title, when: {title: known}, points: 80}], grades: {A: 70, B: 45, C: 20}}
  engagement:
    half_life: 14d
    points: [{name: form, when: {activity.type: form_submitted}, points: 60}]
    cap: 100
  score: {fit: 0.4, engagement: 0.6}
  otherwise: {track: new}
routing:
  teams:
    - name: inside
      lead: lena@acme.example
      deputy: [dora@acme.example]
      at_most: {open: 3}
      queue_within: 30m
    - {name: enterprise, lead: eli@acme.example, deputy: [eva@acme.example], queue_within: 30m}
    - {name: executives, lead: alba@acme.example, deputy: [alba@acme.example], queue_within: 30m}
  reassign_at_most: 2
  rules:
    - {name: known owner, when: {account.owner: known}, to: {person: account.owner}}
    - {name: enterprise, when: {segment: enterprise}, to: {team: enterprise}}
    - {name: rest, to: {team: inside}}
  reject: {not-per-definition: dispute, wrong-team: reroute, duplicate: merge, not-a-lead: close}
  hand_off: {at: sql, rules: [{to: {team: executives}}], accept_within: 24h}
follow_up:
  policies:
    - name: standard
      accept_within: 4h
      touch_within: 24h
      attempts: {at_least: 2, within: 10d}
      ladder:
        - {at: 75%, do: remind}
        - {at: 100%, do: reassign}
        - {at: 300%, do: escalate, to: lead}
  stalled_after: 10d
recycle:
  reasons:
    no-need: {track: new, not_before: 30d}
    no-fit: {track: new, needs: sub_reason}
    unreachable: {track: new, needs: attempts}
    bad-timing: {track: new, ask: revisit_on, returns: on_date}
    no-authority: {track: new, ask: who_decides}
    wrong-one: {track: new, needs: sub_reason, ask: contract_ends}
    spam: {ends: closed}
  tracks:
    new: {owner: maya@acme.example}
"""

LISBON = '    lisbon: {zone: Europe/Lisbon, hours: {mon-fri: ["09:00-13:00", "14:00-18:00"]}, holidays: PT}\n'
WITH_CALENDAR = AGREEMENT.replace("follow_up:\n", f"follow_up:\n  calendars:\n{LISBON}")

SNAPSHOT = Snapshot(
    person=Person(name="Ana Silva", title="Operations Director", country="PT"),
    email=Email(address="ana@northwind.example", domain="northwind.example"),
    company=Company(name="Northwind", domain="northwind.example", employees=120, industry="software"),
    consent=Consent.GRANTED,
    source="website",
    captured_at=NOON,
    segment="other",
    stage=Stage.MQL,
    score=60,
    activities=(Activity(seq=1, type="form_submitted", at=NOON, source="website"),),
)
TRACK = Holder("track", "new", "maya@acme.example")


def at_acme(name: str) -> str:
    """A colleague's address."""
    return f"{name}@acme.example"


class RoutingPlace:
    """Routing, and what others say to it. Leads are named; the same name is the same lead."""

    def __init__(self, service: Service, clock: StillClock) -> None:
        self.service, self.clock = service, clock
        self._ids: defaultdict[str, int] = defaultdict(int)
        self._heard: list[Heard[Any]] = []

    async def team(self, name: str, *people: str, **more: Any) -> None:
        """Put these people into a team; "bob=2" has the weight 2."""
        rows = []
        for n, written in enumerate(people, 2):
            person, _, weight = written.partition("=")
            fields = {"person": at_acme(person), "name": person.title(), "teams": name, "weight": weight}
            rows.append(Row(f"line {n}", fields | more))
        await self.tx(lambda tx: roster.import_roster(tx, rows))

    async def say(self, event: Event, lead: str = "ana", *, topic: str | None = None) -> None:
        """Somebody says this about a lead, now."""
        self._ids[event.TYPE] += 1
        id = f"{event.TYPE}/{self._ids[event.TYPE]}"
        await say(self.service.bus, event, lead_id(lead), id=id, at=self.clock.now(), topic=topic)

    async def turn(self) -> None:
        """Handle what is waiting, then say what there is to say, until nothing moves."""
        consumer = await self.service.bus.subscribe(self.service.hears, self.service.name)
        relay = Relay(self.service, "test")
        while await consume_once(self.service, consumer, timeout_s=0) or await relay.relay_once():
            pass
        await consumer.close()

    async def pass_time(self, by: timedelta) -> None:
        """Let time pass, and every clock that runs out meanwhile run out when it is due."""
        until = self.clock.at + by
        while True:
            due = await self.service.read(next_due)
            if due is None or due > until:
                break
            self.clock.at = max(due, self.clock.at)
            await fire_once(self.service)
        self.clock.at = until
        await self.turn()

    async def sleep_through(self, by: timedelta) -> None:
        """Let time pass with the service down; what was due meanwhile fires when it wakes up."""
        self.clock.advance(by)
        while await fire_once(self.service):
            pass
        await self.turn()

    async def offered(self, *leads: str, **more: Any) -> None:
        """Scoring offers these leads, and routing takes them."""
        for lead in leads:
            await self.say(qualified(**more), lead)
        await self.turn()

    async def tx(self, work: Callable[[Tx], T]) -> T:
        return await self.service.tx(work)

    async def do(self, verb: str, who: str, lead: str = "ana", **content: Any) -> RoutedLead:
        """A person (or "manager", or "tool NAME") gives a command about a lead."""
        key = content.pop("key", None)
        _, tool, name = who.partition("tool ")
        actor = Actor(name, tool=True) if tool else Actor(at_acme(who), manager=who == "manager")
        command = Command(lead_id(lead), actor, key)
        work = getattr(commands, verb)
        done: RoutedLead = await self.tx(lambda tx: work(tx, command, *content.values()))
        await self.turn()
        return done

    async def state(self, lead: str = "ana") -> RoutedLead:
        states = await self.service.read(lambda tx: lead_states.read(tx.conn, [lead_id(lead)]))
        return states[lead_id(lead)]

    async def holder(self, lead: str = "ana") -> str:
        """The rep who holds it, or "queue of …"."""
        holder = (await self.state(lead)).custody.holder
        assert holder is not None
        name = holder.name.removesuffix("@acme.example")
        return name if holder.kind == "rep" else f"{holder.kind} of {name}"

    async def said(self, kind: type[E], lead: str | None = None) -> list[E]:
        """What routing has said of this kind so far, about one lead or all."""
        self._heard += await everything_said(self.service.bus)
        return [
            heard.event
            for heard in self._heard
            if isinstance(heard.event, kind)
            and heard.source == "routing"
            and (lead is None or heard.lead == lead_id(lead))
        ]

    async def ids(self, kind: type[E]) -> set[str]:
        """The ids of what was said of this kind: those who have heard one do not listen again."""
        await self.said(kind)
        return {heard.id for heard in self._heard if isinstance(heard.event, kind)}

    async def recycle_takes(self, lead: str = "ana") -> None:
        custody = (await self.state(lead)).custody
        handover = Handover(kind="take", number=custody.number + 1, giver=custody.holder, taker=TRACK)
        await self.say(LeadRecycled(handover=handover, owner=TRACK, reason="no-need"), lead)
        await self.turn()

    async def recycle_refuses(self, lead: str = "ana") -> None:
        custody = (await self.state(lead)).custody
        handover = Handover(kind="refuse", number=custody.number, giver=custody.holder)
        await self.say(LeadRecycleRefused(handover=handover, track="new", reason="no answer"), lead)
        await self.turn()

    async def recycle_returns(self, lead: str = "ana", **more: Any) -> None:
        custody = (await self.state(lead)).custody
        handover = Handover(kind="offer", number=custody.number, giver=TRACK, rounds=custody.rounds + 1)
        returned = LeadReturned(handover=handover, signal="a new form", round=1, snapshot=SNAPSHOT, **more)
        await self.say(returned, lead)
        await self.turn()


def qualified(*, number: int = 1, seen: int = 1, **facts: Any) -> LeadQualified:
    """Scoring offers a lead to routing; `facts` change its snapshot."""
    snapshot = replace(SNAPSHOT, **facts)
    receipt = ScoreReceipt(agreement="acme@1", at=NOON, score=snapshot.score, grade="B")
    return LeadQualified(
        handover=Handover(kind="offer", number=number, giver=INTAKE, seen=seen),
        why="fast lane" if snapshot.fast_lane else "threshold",
        snapshot=snapshot,
        score=snapshot.score,
        grade="B",
        mql=True,
        receipt=receipt,
    )


@contextmanager
def routing_at(
    database_url: str,
    *,
    agreement: str = AGREEMENT,
    then: tuple[datetime, str] | None = None,
    settings: Settings | None = None,
    outgoing: Post | None = None,
) -> Iterator[RoutingPlace]:
    """A place with its tables, nobody on the roster, at noon. `then`: what is in force from an instant on."""
    clock = StillClock(NOON)
    agreements: Agreements = OneAgreement(_agreement(agreement))
    if then is not None:
        agreements = TwoAgreements(_agreement(agreement), then[0], _agreement(then[1]))
    with inline_bus() as bus, closing(Database(database_url, inline=True)) as database:
        database.tx_inline(lambda conn: make_tables(conn, "routing"))
        given: Any = {"bus": bus, "clock": clock, "agreements": agreements, "database": database}
        service = create_service(settings or Settings(), outgoing=outgoing, **given)
        yield RoutingPlace(service, clock)
        parked = database.tx_inline(lambda conn: list_parked(service.begin(conn)))
    assert [row.reason for row in parked] == []


_agreement = cache(load_text)
