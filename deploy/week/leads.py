"""Who asks in that week, and when: people of three zones, most of them while they are at work."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from deploy.demo.people import Person, draw_person

WEEK: Final = timedelta(days=7)
IMPORT_AFTER: Final = timedelta(hours=8)
"""How long after the week's begin an import comes."""
PLACES: Final = (
    ("US", "America/New_York", 34),
    ("CA", "America/Toronto", 4),
    ("MX", "America/Mexico_City", 6),
    ("ES", "Europe/Madrid", 6),
    ("DE", "Europe/Berlin", 14),
    ("GB", "Europe/London", 10),
    ("FR", "Europe/Paris", 6),
    ("SG", "Asia/Singapore", 8),
    ("JP", "Asia/Tokyo", 6),
    ("AU", "Australia/Sydney", 6),
)
"""Country, its zone, and of a hundred leads how many are from there."""
DAYS: Final = (6, 6, 6, 6, 5, 1, 1)
"""How much comes from Monday to Sunday."""
AT_WORK: Final = 0.8
"""The share of those who ask between 8 and 18 hours where they are; the others do at any hour."""
FIRST_ACTS: Final = (("demo_requested", 50), ("contact_requested", 15), ("trial_started", 35))
IMPORTED_AS: Final = "demo_requested"
"""What those of the import did: at the trade show they asked for a demo."""
_SPANISH: Final = ("ES", "MX")


@dataclass(frozen=True, slots=True)
class Lead:
    """One thing that somebody does, as `POST /v1/leads` takes it."""

    at: datetime
    row: Mapping[str, Any]


def over_the_week(dice: Random, count: int, start: datetime) -> Iterator[Lead]:
    """So many people, each with a first act in the week from `start` on; of a trial there is more to tell."""
    for number in range(count):
        country, zone, _ = dice.choices(PLACES, [share for *_, share in PLACES])[0]
        at = _some_time(dice, start, zone)
        act = dice.choices([kind for kind, _ in FIRST_ACTS], [share for _, share in FIRST_ACTS])[0]
        person = _of(country, draw_person(dice, number))
        product = dice.choice(("planner", "insight"))
        yield Lead(at, _row(person, act, product))
        if act == "trial_started":
            yield Lead(
                at + timedelta(minutes=dice.randrange(2, 90)), _row(person, "webinar_attended", product)
            )


def imported(dice: Random, count: int, at: datetime, first_number: int) -> Iterator[Lead]:
    """The list of a trade show. `first_number`: so that nobody is also one of the others."""
    for number in range(first_number, first_number + count):
        country, *_ = dice.choices(PLACES, [share for *_, share in PLACES])[0]
        yield Lead(at, _row(_of(country, draw_person(dice, number)), IMPORTED_AS, "planner"))


def _some_time(dice: Random, start: datetime, zone: str) -> datetime:
    there = start.astimezone(ZoneInfo(zone))
    day = there.date() + timedelta(days=dice.choices(range(7), DAYS)[0])
    hours = dice.uniform(8, 18) if dice.random() < AT_WORK else dice.uniform(0, 24)
    at = datetime.combine(day, time(), ZoneInfo(zone)) + timedelta(seconds=round(hours * 3600))
    return start + (at.astimezone(start.tzinfo) - start) % WEEK


def _of(country: str, person: Person) -> Person:
    return replace(person, country=country, language="es" if country in _SPANISH else "en", consent="granted")


def _row(person: Person, act: str, product: str) -> Mapping[str, Any]:
    return {
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "title": person.title,
        "country": person.country,
        "language": person.language,
        "company": {"name": person.company, "employees": person.employees, "industry": person.industry},
        "consent": person.consent,
        "activity": {"type": act, "product": product},
    }
