"""Plays one seed: two virtual days of bad luck, then healing, then the laws."""

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from deploy.virtual.drive import drive
from services.ingest import handlers as ingest
from services.ingest.app import create_service as create_ingest
from services.ingest.settings import Settings as IngestSettings
from services.ingest.tables import messaging as ingest_tables
from services.recycle import handlers as recycle
from services.recycle.app import create_service as create_recycle
from services.recycle.settings import Destination
from services.recycle.settings import Settings as RecycleSettings
from services.recycle.tables import messaging as recycle_tables
from services.routing.app import create_service as create_routing
from services.routing.settings import Settings as RoutingSettings
from services.routing.tables import messaging as routing_tables
from services.scoring.app import create_service as create_scoring
from services.scoring.settings import Settings as ScoringSettings
from services.scoring.tables import messaging as scoring_tables
from shared.contracts.ingest import AccountUpdated
from shared.db.database import Database
from shared.db.messaging import Messaging
from shared.effects import CommandRefused
from shared.runtime.service import Service
from shared.runtime.tx import Cause
from shared.runtime.versions import Versions
from shared.terms import LeadId
from tests.simulation import rest_laws, telling_laws
from tests.simulation.edge import SOURCES, Edge
from tests.simulation.findings import Breach, Findings, look
from tests.simulation.firms import PLAIN, RICHER, Firm
from tests.simulation.laws import breaches
from tests.simulation.luck import Luck
from tests.simulation.marks import mark
from tests.simulation.office import Office
from tests.simulation.outside import Outside
from tests.simulation.people import People
from tests.simulation.senders import COMPANIES, deliveries
from tests.simulation.telling_laws import Crm
from tests.simulation.versions import bring_the_last
from tests.simulation.world import SPAN, START, World

ACCOUNTS_SAID: Final = 4
HEALING: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Played:
    """What one seed showed."""

    seed: int
    trace: str
    crashes: int
    leads: int
    cpu_s: float
    marks: Counter[str]
    breaches: list[Breach] = field(default_factory=list)
    stories: dict[str, list[str]] = field(default_factory=dict)

    def story(self) -> str:
        """The seed, what broke, and the shortest story of a lead concerned."""
        lines = [
            f"seed {self.seed}: {len(self.breaches)} breaches; play it again: make simulate SEED={self.seed}"
        ]
        lines += [f"  {b.law}: {b.what} ({b.lead})" for b in self.breaches[:8]]
        told = [story for b in self.breaches if b.lead and (story := self.stories.get(b.lead))]
        return "\n".join(lines + [f"    {line}" for line in min(told, key=len, default=[])])


def play(seed: int) -> Played:
    """One seed, from the first webhook to the last law; each second one in the richer world."""
    began = time.process_time()
    luck = Luck(seed)
    crm = Crm()
    world, people, outside = _world(luck, RICHER if seed % 2 else PLAIN, crm)
    with closing(world):
        edge = Edge(world)
        _calendar(world, edge, people)
        if world.firm.is_rich:
            Office(world, edge, people, outside).open()
        world.run()
        world.heal(HEALING)
        found = look(world.read, world.said(), edge.acknowledged, world.clock.now(), world.firm.agreements)
        broken = [*breaches(found), *telling_laws.breaches(found, crm.heard), *rest_laws.breaches(world.read)]
    luck.note(*sorted((e.id, e.event.name()) for e in found.said))
    mark(luck, found)
    concerned = {b.lead for b in broken if b.lead}
    stories = {lead: _story(found, lead) for lead in concerned}
    leads = sum(1 for e in found.said if e.event.TYPE == "lead.captured")
    return Played(
        seed, luck.trace(), luck.crashes, leads, time.process_time() - began, luck.marks, broken, stories
    )


def _world(luck: Luck, firm: Firm, crm: Crm) -> tuple[World, People, Outside]:
    world = World(luck=luck, firm=firm)
    people = People(world)
    outside = Outside(luck, lambda url, document: _delivered(world, people, crm, url, document))
    nurture = {"nurture": Destination(url="http://nurture.example/baton")}
    shelf = firm.new_shelf()
    world.at(START + SPAN * luck.dice.uniform(0.5, 0.95), lambda: bring_the_last(world, firm, shelf))

    def common(tables: Messaging) -> dict[str, Any]:
        # The bus is opened anew after a power cut that hits everybody.
        agreements = Versions(shelf, tables.agreements)
        return {"bus": world.bus, "clock": world.clock, "agreements": agreements}

    def ingest_on(db: Database) -> Service:
        return create_ingest(IngestSettings(), database=db, sources=SOURCES, **common(ingest_tables))

    def scoring_on(db: Database) -> Service:
        return create_scoring(ScoringSettings(), database=db, **common(scoring_tables))

    def routing_on(db: Database) -> Service:
        settings = RoutingSettings(crm_url=telling_laws.URL, digest_after=3, digest_window_s=120)
        return create_routing(settings, database=db, outgoing=outside, **common(routing_tables))

    def recycle_on(db: Database) -> Service:
        settings = RecycleSettings(destinations=nurture)
        return create_recycle(settings, database=db, outgoing=outside, **common(recycle_tables))

    for name, build in (
        ("ingest", ingest_on),
        ("scoring", scoring_on),
        ("routing", routing_on),
        ("recycle", recycle_on),
    ):
        world.add(name, build)
    return world, people, outside


def _calendar(world: World, edge: Edge, people: People) -> None:
    """What the outside world will do."""
    dice, reps = world.luck.dice, sorted(world.firm.reps)
    people.join()
    for webhook in deliveries(dice, world.firm.senders, START, SPAN):
        world.at(webhook.at, lambda webhook=webhook: edge.post([webhook]))  # type: ignore[misc]  # bound early
    *leavers, absent, cover = dice.sample(reps, 4)
    for begins in (0.1, 0.4, 0.7):
        at = START + SPAN * (begins + dice.uniform(0.0, 0.2))
        world.at(at, lambda absent=absent, cover=cover: people.goes_away(absent, cover))  # type: ignore[misc]
    for begins in (0.2, 0.6):
        world.at(START + SPAN * (begins + dice.uniform(0.0, 0.2)), lambda: people.goes_while_asked(cover))
    for person in leavers:
        gone_at = START + SPAN * dice.uniform(0.2, 0.9)
        world.at(gone_at, lambda person=person: people.leaves(person))  # type: ignore[misc]  # bound early
    for begins in (0.2, 0.5):
        world.at(
            START + SPAN * (begins + dice.uniform(0.0, 0.2)),
            lambda: people.is_paused(dice.choice(reps)),
        )
        world.at(START + SPAN * (begins + dice.uniform(0.0, 0.4)), people.reroutes)
    for _ in range(2):
        world.at(START + SPAN * dice.uniform(0.1, 1.0), lambda: _erase_somebody(world, edge))
    for number in range(ACCOUNTS_SAID):
        world.at(START + SPAN * dice.random(), lambda number=number: _account(world, number))  # type: ignore[misc]  # bound early


def _account(world: World, number: int) -> None:
    """The CRM says something of a company, perhaps of one whose leads are here."""
    dice = world.luck.dice
    said = AccountUpdated(
        domain=f"company{dice.randrange(COMPANIES)}.example",
        relation=dice.choice(("prospect", "customer", "customer", "partner")),
        manager=dice.choice((None, *sorted(world.firm.reps))),
        owner=dice.choice((None, *sorted(world.firm.reps))),
    )

    def say() -> None:
        cause = Cause(f"account/{number}")
        drive(world.nodes["ingest"].service.tx(lambda tx: tx.say(said.domain, said, cause)))
        world.luck.marks["the CRM says something of an account"] += 1

    world.attempt(say, again_after=timedelta(minutes=5))


def _erase_somebody(world: World, edge: Edge) -> None:
    """A person asks to be forgotten."""
    known = sorted({lead for lead in edge.acknowledged.values() if lead is not None})
    if not known:
        return
    lead = world.luck.dice.choice(known)

    def erase() -> None:
        try:
            drive(world.nodes["ingest"].service.tx(lambda tx: ingest.erase(tx, lead)))
            world.luck.marks["a lead is erased"] += 1
        except CommandRefused:
            world.luck.marks["an absorbed lead is not erased by its old id"] += 1

    world.attempt(erase, again_after=timedelta(minutes=5))


def _delivered(world: World, people: People, crm: Crm, url: str, document: dict[str, Any]) -> None:
    """A tool got something."""
    if url == telling_laws.URL:
        crm.hear(document)
    elif "reps.example" in url:
        world.luck.marks["a digest is read"] += document["action"] == "digest"
        for told in document.get("leads", [document]):
            people.told(url.rsplit("/", 1)[1], LeadId(told["lead"]), str(told["action"]))
    elif document["action"] == "start" and "number" in document:
        wait = timedelta(minutes=world.luck.dice.expovariate(1 / 12))
        world.after(wait, lambda: _call_back(world, LeadId(document["lead"]), int(document["number"])))


def _call_back(world: World, lead: LeadId, number: int) -> None:
    """The nurture tool says that it has the lead; sometimes too late."""

    def acknowledge() -> None:
        try:
            drive(world.nodes["recycle"].service.tx(lambda tx: recycle.acknowledge(tx, lead, number)))
        except CommandRefused:
            world.luck.marks["a late acknowledgement is refused"] += 1

    world.attempt(acknowledge, again_after=timedelta(minutes=1))


def _story(found: Findings, lead: str) -> list[str]:
    """Everything that was said about a lead, a line each."""
    lines = []
    for event in found.of_lead(LeadId(lead)):
        handover = event.event.handover
        touched = f" [{handover.kind} {handover.number}]" if handover else ""
        lines.append(f"{event.at:%d %H:%M:%S} {event.source}: {event.event.name()}{touched}")
    return lines
