"""The world that sends webhooks: people known in several ways, who come back, refuse, and leave.

Senders deliver at least once: what is not acknowledged is sent again, and what is acknowledged sometimes too.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

SOURCE: Final = "website"
COMPANIES: Final = 11
TITLES: Final = ("VP Sales", "Director of Operations", "Analyst", "Student", "Head of IT")
EMPLOYEES: Final = (3, 40, 150, 800, 5000)
KINDS: Final = ("page_viewed", "page_viewed", "form_submitted", "email_clicked", "demo_requested")


@dataclass(frozen=True, slots=True)
class Webhook:
    """One delivery: its id stays the same however often it is sent."""

    id: str
    at: datetime
    body: bytes
    person: int


def deliveries(dice: random.Random, people: int, start: datetime, span: timedelta) -> Iterator[Webhook]:
    """What these people do over `span`, each from a first visit on."""
    for person in range(people):
        facts = _facts(dice, person)
        first = start + span * 0.8 * dice.random()
        for visit in range(1 + dice.choice((0, 1, 2, 3, 5))):
            at = first if visit == 0 else first + (start + span - first) * dice.random()
            yield Webhook(f"msg_{person}_{visit}", at, _body(dice, facts, at, visit), person)


def _facts(dice: random.Random, person: int) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "email": f"person{person}@company{person % COMPANIES}.example",
        "title": dice.choice(TITLES),
        "employees": dice.choice(EMPLOYEES),
    }
    if dice.random() < 0.5:
        facts["phone"] = f"+3519123{person:05d}"
    return facts


def _body(dice: random.Random, facts: dict[str, Any], at: datetime, visit: int) -> bytes:
    said = dict(facts)
    if "phone" in facts:
        # Known by one of them alone, or by both: then two leads may turn out to be one.
        left_out = dice.choice(("email", "phone", None))
        said.pop(left_out, None)
    if dice.random() < 0.06:
        said["consent"] = "unsubscribed"
    kind = dice.choice(KINDS) if visit else dice.choice(("form_submitted", "demo_requested", "page_viewed"))
    if visit and dice.random() < 0.03:
        said = {"nobody": True}
    return json.dumps({"type": kind, "timestamp": at.isoformat(), "data": said}, sort_keys=True).encode()
