"""How fast scoring is on PostgreSQL, beside what the same machine can do at most.

    python -m bench.scoring                          five runs of 10,000 leads
    python -m bench.scoring --profile                shows the functions in which the time of the handler goes

The load: leads that are captured, and what each did since, read from the embedded bus, 500 events at a time.
The handler and the raw ways take turns (bench/raw.py). Then the policy alone, without bus and database.
"""

import argparse
import asyncio
import cProfile
import pstats
import sys
import tempfile
from collections import defaultdict
from datetime import timedelta
from operator import attrgetter
from statistics import median
from time import process_time
from typing import Any, Final

from bench.leads import agreement
from bench.postgres import compose_postgres
from bench.raw import Bench, Rate, prepared, report
from bench.simulate import BEGIN, DAYS, recorded
from services.scoring.app import create_service
from services.scoring.domain import policy
from services.scoring.domain.model import ScoredLead
from services.scoring.settings import Settings
from services.scoring.tables import leads, messaging, mix, receipts
from shared.baton import Handover, Holder
from shared.bus.port import Record
from shared.bus.sqlite import SqliteBus
from shared.contracts import ingest
from shared.contracts.envelope import Event, Heard, encode
from shared.contracts.history import Recorded
from shared.runtime.clock import StillClock
from shared.runtime.service import OneAgreement
from shared.runtime.trace import begun_by
from shared.terms import LeadId
from tests.servers.postgres import Cluster

NOW: Final = BEGIN + timedelta(days=DAYS)
WRITTEN: Final = (messaging.inbox, leads, receipts, mix, messaging.outbox)

Heards = list[Heard[Any]]


def heard(number: int) -> Heards:
    """So many leads, captured, and all that they did, in the order of its instants."""
    events = [told for lead in recorded(number) for told in _told(lead)]
    return sorted(events, key=attrgetter("at"))


def _told(lead: Recorded) -> Heards:
    first, *others = lead.activities
    desk = Holder("intake", "intake", "maya@acme.example")
    captured = ingest.LeadCaptured(
        handover=Handover(kind="open", number=1, taker=desk),
        person=lead.person,
        email=lead.email,
        company=lead.company,
        consent=lead.consent,
        source=lead.source,
        activity=first,
    )
    said: list[Event] = [captured, *(ingest.ActivityRecorded(activity=one) for one in others)]
    return [
        Heard(id=f"{lead.lead}/{one.seq}", lead=lead.lead, source="ingest", at=one.at, event=event)
        for one, event in zip(lead.activities, said, strict=True)
    ]


def record(one: Heard[Any]) -> Record:
    """The event as it is on the bus: with the trace that ingest gives each."""
    about = {"source": one.source, "subject": one.lead, "time": one.at, "traceparent": begun_by(one.id)}
    value = encode(one.id, one.event, **about)
    headers = (("ce_id", one.id.encode()), ("ce_type", one.event.name().encode()))
    return Record(ingest.TOPIC, one.lead, value, headers)


def policy_alone(events: Heards) -> tuple[float, float]:
    """Leads and events a second that are decided, on one core."""
    told, states = agreement(), defaultdict[LeadId, ScoredLead](ScoredLead)
    began = process_time()
    for one in events:
        states[one.lead] = policy.react(states[one.lead], one, told, NOW).state
    took = process_time() - began
    return len(states) / took, len(events) / took


async def _runs(
    server: Cluster, events: Heards, runs: int, profile: cProfile.Profile | None
) -> list[dict[str, Rate]]:
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        bus = SqliteBus(f"{folder}/bus.db")
        database = await prepared(server, "scoring", [record(one) for one in events], bus)
        given: Any = {"bus": bus, "clock": StillClock(NOW), "agreements": OneAgreement(agreement())}
        service = create_service(Settings(), database=database, **given)
        found = await Bench(service, bus, len(events), server.pid, WRITTEN).runs(runs, profile)
        await bus.close()
        database.close()
        return found


def main(arguments: list[str]) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--top", type=int, default=45, help="functions that the profile shows")
    parser.add_argument("--sort", default="tottime", help="tottime, or cumtime")
    asked = parser.parse_args(arguments)
    events, profile = heard(asked.leads), cProfile.Profile() if asked.profile else None
    with compose_postgres() as postgres:
        runs = asyncio.run(_runs(postgres, events, asked.runs, profile))
    print(f"{asked.leads:,} leads, {len(events):,} events, {asked.runs} runs: median (range)")
    report(runs)
    rates = sorted(policy_alone(events) for _ in range(asked.runs))
    alone = [
        f"{median(kind):,.0f} {name}/s"
        for name, kind in zip(("leads", "events"), zip(*rates, strict=True), strict=True)
    ]
    print(f"the policy alone: {', '.join(alone)} on one core")
    if profile is not None:
        pstats.Stats(profile, stream=sys.stdout).sort_stats(asked.sort).print_stats(asked.top)


if __name__ == "__main__":
    main(sys.argv[1:])
