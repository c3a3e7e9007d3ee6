"""How long `baton agreement simulate` takes: so many recorded leads through two versions, on one core.

python -m bench.simulate [--leads 100000] [--write FILE]
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time
from typing import Final

import msgspec

from bench.leads import HERE
from deploy.simulating.comparison import Comparison
from deploy.simulating.records import from_lines
from deploy.simulating.replayed import replayed
from services.routing.domain.people.roster import Row
from shared.agreement import load_text
from shared.agreement.versions import read_versions
from shared.contracts.history import Recorded
from shared.contracts.values import Activity, Company, Email, Person
from shared.terms import Consent, LeadId

STARTER: Final = HERE.parent / "agreements" / "starter.yaml"
REPS: Final = 12
BEGIN: Final = datetime(2026, 8, 1, tzinfo=UTC)
DAYS: Final = 90
_ACTS: Final = (
    ("form_submitted", None, 20),
    ("page_viewed", "https://www.acme.example/pricing", 25),
    ("page_viewed", "https://www.acme.example/blog", 25),
    ("email_clicked", None, 20),
    ("webinar_attended", None, 7),
    ("email_unsubscribed", None, 2),
    ("demo_requested", None, 1),
)
_TITLES: Final = ("VP Operations", "Head of Sales", "Engineer", "Student", "Director of IT", "Manager", None)
_INDUSTRIES: Final = ("software", "finance", "manufacturing", "retail", "health", None)
_COUNTRIES: Final = ("US", "PT", "DE", "ES", "BR", "JP", None)


def recorded(number: int, *, seed: int = 1) -> Iterator[Recorded]:
    """So many leads over 90 days, each with one to ten activities. The same seed gives the same leads."""
    dice = Random(seed)
    for n in range(number):
        captured_at = BEGIN + timedelta(minutes=dice.randrange(DAYS * 24 * 60))
        yield _lead(n, captured_at, dice)


def _lead(n: int, captured_at: datetime, dice: Random) -> Recorded:
    domain = dice.choice(("gmail.com", f"company{n % 6000}.example", f"company{n % 6000}.example"))
    employees = dice.choice((5, 40, 150, 600, 3000, None))
    company = Company(name=f"Company {n % 6000}", employees=employees, industry=dice.choice(_INDUSTRIES))
    return Recorded(
        lead=LeadId(f"lead-{n:06d}"),
        captured_at=captured_at,
        person=Person(name=f"Person {n}", title=dice.choice(_TITLES), country=dice.choice(_COUNTRIES)),
        email=Email(address=f"p{n}@{domain}", domain=domain, free=domain == "gmail.com"),
        company=company,
        consent=dice.choices((Consent.GRANTED, Consent.UNKNOWN, Consent.DENIED), (90, 8, 2))[0],
        source=dice.choice(("website", "newsletter", "webinar", "partner-portal")),
        activities=tuple(_activities(captured_at, dice)),
    )


def _activities(at: datetime, dice: Random) -> Iterator[Activity]:
    for seq in range(1, dice.randint(1, 10) + 1):
        type_, url, _ = dice.choices(_ACTS, [weight for *_, weight in _ACTS])[0]
        yield Activity(seq=seq, type=type_, at=at, source="website", url=url)
        at += timedelta(hours=dice.expovariate(1 / 48))


def main() -> int:
    """Measure, or write the leads to a file."""
    parser = argparse.ArgumentParser(prog="python -m bench.simulate", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--write", type=Path, help="write the leads there instead, for simulate --from")
    asked = parser.parse_args()
    lines = [msgspec.json.encode(lead) + b"\n" for lead in recorded(asked.leads)]
    if asked.write is not None:
        asked.write.write_bytes(b"".join(lines))
        return 0
    easier = STARTER.read_text().replace("mql: {score_at_least: 50", "mql: {score_at_least: 45")
    comparison = Comparison(read_versions(STARTER), load_text(easier, str(STARTER)), roster=True)
    team = [Row(f"entry {n}", {"person": f"rep{n}@acme.example", "teams": "inside"}) for n in range(REPS)]
    began = process_time()
    for lead in from_lines(lines, "the leads"):
        comparison.add(lead)
    replayed(comparison, team, timedelta(minutes=20))
    took = process_time() - began
    activities = sum(len(lead.activities) for lead in recorded(asked.leads))
    print(f"{asked.leads:,} leads with {activities:,} activities, twice: {took:.1f} s of CPU")
    return 0


if __name__ == "__main__":
    sys.exit(main())
