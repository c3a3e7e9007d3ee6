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
PRODUCTS: Final = ("planner", "insight", "")
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


def heap(dice: random.Random, number: int, now: datetime) -> Iterator[Webhook]:
    """The rows of a table that comes at once, such as of a fair: some are known already."""
    for row in range(dice.randrange(4, 12)):
        person = dice.randrange(20) if dice.random() < 0.2 else 100 * number + row
        facts = _facts(dice, person) | {"consent": dice.choice(("subscribed", "subscribed", ""))}
        body = json.dumps({"type": "imported", "timestamp": now.isoformat(), "data": facts}, sort_keys=True)
        yield Webhook(f"heap_{number}_{row}", now, body.encode(), person)


def _facts(dice: random.Random, person: int) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "email": f"person{person}@company{person % COMPANIES}.example",
        "title": dice.choice(TITLES),
        "employees": dice.choice(EMPLOYEES),
    }
    facts |= {"language": dice.choice(("en", "de", "es-MX")), "product": dice.choice(PRODUCTS)}
    if dice.random() < 0.5:
        facts["phone"] = f"+3519123{person:05d}"
    return facts


def _body(dice: random.Random, facts: dict[str, Any], at: datetime, visit: int) -> bytes:
    said = dict(facts)
    if "phone" in facts:
        # Known by one of them alone, or by both: then two leads may turn out to be one.
        left_out = dice.choice(("email", "phone", None))
        said.pop(left_out, None)
    if dice.random() < 0.5:
        said["consent"] = "subscribed" if dice.random() < 0.9 else "unsubscribed"
    if dice.random() < 0.2:
        said["product"] = dice.choice(PRODUCTS)
    kind = dice.choice(KINDS) if visit else dice.choice(("form_submitted", "demo_requested", "page_viewed"))
    if visit and dice.random() < 0.03:
        said = {"nobody": True}
    return json.dumps({"type": kind, "timestamp": at.isoformat(), "data": said}, sort_keys=True).encode()
