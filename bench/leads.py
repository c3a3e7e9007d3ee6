"""The load of every benchmark: distinct people as webhooks of 700 bytes, and who may be given them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from services.ingest.domain.sources import Source, sources_from
from services.routing.domain.people.roster import Row
from shared.agreement import Agreement, load
from shared.signing import sign_standard_webhook

HERE: Final = Path(__file__).parent
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SOURCES: Final[dict[str, Any]] = {"sources": {"website": {"kind": "standard", "secrets": [SECRET]}}}
BODY_BYTES: Final = 700
REPS: Final = 20
TEAMS: Final = ("enterprise", "inside", "spanish", "partners")

_TITLES: Final = ("VP Operations", "Head of Sales", "Engineer", "Chief Financial Officer", "Manager")
_INDUSTRIES: Final = ("software", "finance", "manufacturing", "retail", "health", "education", "energy")
_PHONES: Final = {"PT": "+3519{:08d}", "ES": "+346{:08d}", "DE": "+49151{:08d}", "US": "+1415{:07d}"}
_FIRST: Final = ("Ana", "Bruno", "Carla", "Dmitri", "Elif", "Femi", "Grace", "Hiro", "Ines", "Jonas", "Kofi")
_LAST: Final = ("Silva", "García", "Meyer", "Okafor", "Yılmaz", "Tanaka", "Novak", "Rossi", "Dubois", "Smith")
_ACTS: Final = ("demo_requested", "contact_requested", "demo_requested", "trial_started")
_DEEDS: Final = (
    ("page_viewed", "/pricing"),
    ("page_viewed", "/blog/how-to-route-leads"),
    ("email_clicked", "/newsletter/42"),
    ("form_submitted", "/ebook"),
    ("page_viewed", "/customers"),
    ("webinar_attended", "/webinars/7"),
)


def agreement() -> Agreement:
    """Twenty rules of scoring and twenty of routing; every lead here is an MQL."""
    return load(HERE / "agreement.yaml")


def sources() -> dict[str, Source]:
    """One source, signed as Standard Webhooks are."""
    return sources_from(SOURCES)


def roster() -> list[Row]:
    """Twenty reps in four teams. Nobody is told: where to is another machine's business."""
    return [
        Row(f"entry {n}", {"person": f"rep{n}@acme.example", "name": f"Rep {n}", "teams": TEAMS[n % 4]})
        for n in range(REPS)
    ]


def webhooks(number: int, *, start: int = 0, at: int) -> Iterator[tuple[dict[str, str], bytes]]:
    """Headers and body of so many webhooks, each of another person; signed at `at`, in unix seconds."""
    for n in range(start, start + number):
        body = _padded(_person(n))
        yield sign_standard_webhook(f"msg_{n:012d}", at, body, SECRET), body


def deeds(number: int, turn: int, *, at: int) -> Iterator[tuple[dict[str, str], bytes]]:
    """The same people in every turn, each of whom does something; in the first they ask for a demo."""
    for n in range(number):
        person = _person(n)
        if turn:
            type_, page = _DEEDS[(n + turn) % len(_DEEDS)]
            person["activity"] = {"type": type_, "url": f"https://www.acme.example{page}"}
        yield sign_standard_webhook(f"msg_{turn:04d}_{n:09d}", at, _padded(person), SECRET), _padded(person)


def _person(n: int) -> dict[str, Any]:
    country = list(_PHONES)[n % len(_PHONES)]
    first, last = _FIRST[n % len(_FIRST)], _LAST[n % len(_LAST)]
    company = n % 6_000
    return {
        "email": f"{first.lower()}.{n}@company{company}.example",
        "phone": _PHONES[country].format(n % 9_000_000 + 1_000_000),
        "first_name": first,
        "last_name": last,
        "title": _TITLES[n % len(_TITLES)],
        "country": country,
        "language": "es" if country == "ES" else "en",
        "company": {
            "name": f"Company {company}",
            "employees": 10 + n * 7 % 4000,
            "industry": _INDUSTRIES[n % len(_INDUSTRIES)],
            "website": f"https://www.company{company}.example/about",
        },
        "consent": "granted",
        "activity": {
            "type": _ACTS[n % len(_ACTS)],
            "url": f"https://www.acme.example/demo?utm_source=newsletter&utm_campaign=c{n % 40}",
        },
    }


def _padded(person: dict[str, Any]) -> bytes:
    """With a message that makes it 700 bytes."""
    person["activity"]["message"] = ""
    short = BODY_BYTES - len(json.dumps(person, ensure_ascii=False).encode())
    words = "We are looking for a tool that gives each lead to one person and keeps the clock. "
    person["activity"]["message"] = (words * 10)[: max(0, short)]
    return json.dumps(person, ensure_ascii=False).encode()
