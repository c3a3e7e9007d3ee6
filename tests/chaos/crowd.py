"""Who becomes a lead in the kill tests, and when they say so: one list, drawn from one seed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any, Final, Literal

Kind = Literal["calm", "hot", "unstaffed", "cool"]
SHARES: Final[dict[Kind, int]] = {"calm": 80, "hot": 12, "unstaffed": 2, "cool": 6}
"""Of a hundred. Calm: a rep, and clocks of hours. Hot: a fast lane with clocks of seconds. Unstaffed: the
queue of a team that has nobody. Cool: into a nurture track, and back with a second form."""
COMES_BACK_AFTER_S: Final = (6.0, 15.0)
_SAYS: Final[dict[Kind, tuple[str, dict[str, Any]]]] = {
    "calm": ("form_submitted", {"title": "VP Sales", "employees": 250}),
    "hot": ("demo_requested", {"title": "Director", "employees": 120}),
    "unstaffed": ("form_submitted", {"title": "VP Operations", "employees": 5000}),
    "cool": ("page_viewed", {"title": "Student", "employees": 3}),
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One delivery, due `at_s` seconds after the beginning. Its id stays, however often it is sent."""

    id: str
    at_s: float
    person: int
    kind: Kind
    body: bytes


def webhooks(rate: float, seed: str) -> Iterator[Webhook]:
    """What people send, in order of time: so many of them a second, without an end."""
    later: list[tuple[float, str, Webhook]] = []
    for person in count():
        first, *others = _of(person, person / rate, Random(f"crowd/{seed}/{person}"))
        while later and later[0][0] <= first.at_s:
            yield heappop(later)[2]
        yield first
        for one in others:
            heappush(later, (one.at_s, one.id, one))


def _of(person: int, at_s: float, dice: Random) -> Iterator[Webhook]:
    kind = dice.choices(tuple(SHARES), tuple(SHARES.values()))[0]
    yield Webhook(f"msg_{person}", at_s, person, kind, _body(person, *_SAYS[kind]))
    if kind == "cool":
        again = _body(person, "demo_requested", {})
        yield Webhook(f"msg_{person}_again", at_s + dice.uniform(*COMES_BACK_AFTER_S), person, kind, again)


def _body(person: int, what: str, said: dict[str, Any]) -> bytes:
    email = f"person{person}@company{person % 500}.example"
    return json.dumps({"type": what, "data": {"email": email, "consent": "granted", **said}}).encode()
