"""The reps of that week: told of a lead, they answer, call and go on, in their own working time."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple

from deploy.week.place import Place
from services.recycle import handlers as recycle
from services.routing.domain.clocks.hours import Time, due
from services.routing.domain.clocks.untold import FIRST_NEWS
from services.routing.domain.model import GivingUp
from services.routing.domain.people.availability import calendar_of
from services.routing.domain.people.roster import Row
from services.routing.domain.steps.act import Actor
from services.routing.domain.steps.reporting import Contact
from services.routing.handlers import commands
from services.routing.handlers.commands import Command
from services.routing.handlers.roster import everybody, import_roster
from shared.effects import CommandRefused
from shared.runtime.service import Answer
from shared.runtime.tx import Tx
from shared.terms import LeadId

TOLD_AT: Final = "https://told.example/"
CALLS_BACK_AFTER: Final = timedelta(minutes=2)
MOST_TIMES: Final = 6.0
"""Nobody takes longer than so many times the usual."""
Act = Callable[[Tx, Command], object]


@dataclass(frozen=True, slots=True)
class Habits:
    """What reps do, as chances; what is left of the first two, they do nothing. Times are working time.

    `qualifies` and `gives_up`: after a contact; otherwise they keep it.
    """

    accepts: float = 0.9
    rejects: float = 0.04
    contacts: float = 0.95
    qualifies: float = 0.25
    gives_up: float = 0.35
    answers_after: timedelta = timedelta(minutes=2)
    contacts_after: timedelta = timedelta(minutes=8)


@dataclass(frozen=True, slots=True)
class Outage:
    """From when until when no message reaches anybody."""

    begin: datetime
    end: datetime

    def lies_at(self, instant: datetime) -> bool:
        return self.begin <= instant < self.end


class Late(NamedTuple):
    """Somebody who could not be told that a lead is theirs, from when until when."""

    person: str
    lead: LeadId
    since: datetime
    until: datetime


@dataclass(slots=True)
class Outside:
    """Everybody whom Baton calls: reps with their `habits`, and the nurture tools, which always answer."""

    dice: Random
    habits: Habits
    outage: Outage | None = None
    place: Place = field(init=False)
    sent: int = 0
    failed: int = 0
    untold: dict[tuple[str, LeadId], datetime] = field(default_factory=dict)
    told_late: list[Late] = field(default_factory=list)
    hours: dict[str, Time] = field(default_factory=dict)
    _reasons: list[str] = field(default_factory=list)
    _rejects: list[str] = field(default_factory=list)

    def settle_in(self, place: Place, rows: Sequence[Row]) -> None:
        """Everybody of the roster, told at an address of this world. Raises RosterInvalid."""
        self.place = place
        told = [Row(row.place, {**row.fields, "notify": TOLD_AT + str(row.fields["person"])}) for row in rows]
        place.tx("routing", lambda tx: import_roster(tx, told))
        listed = place.read("routing", everybody)
        self.hours = {one.entry.person: calendar_of(one.rep, place.agreement) for one in listed}
        reasons = place.agreement.reasons.values()
        meant = place.agreement.reject.items()
        self._rejects = [name for name, means in meant if means in ("reroute", "close")]
        self._reasons = [
            one.name for one in reasons if one.track and not (one.needs or one.ask or one.returns)
        ]

    async def post(self, url: str, body: bytes, *, key: str, **_: str | None) -> Answer:
        """One call of Baton's."""
        document = json.loads(body)
        if not url.startswith(TOLD_AT):
            self._nurtured(document)
            return Answer(True)
        person, now = url.removeprefix(TOLD_AT), self.place.clock.now()
        news = [(LeadId(told["lead"]), str(told["action"])) for told in document.get("leads", [document])]
        if self.outage is not None and self.outage.lies_at(now):
            self.failed += 1
            for lead, action in news:
                if action in FIRST_NEWS:
                    self.untold.setdefault((person, lead), now)
            return Answer(False, "503 Service Unavailable")
        self.sent += 1
        for lead, action in news:
            if (since := self.untold.pop((person, lead), None)) is not None:
                self.told_late.append(Late(person, lead, since, now))
            self._told(person, lead, action)
        return Answer(True)

    def late_news(self) -> list[Late]:
        """All who could not be told when a lead became theirs; some of them never were."""
        end = self.place.clock.now()
        return self.told_late + [Late(*whom, since, end) for whom, since in self.untold.items()]

    async def close(self) -> None:
        """Nothing is open."""

    def _nurtured(self, document: dict[str, Any]) -> None:
        if document["action"] != "start":
            return
        lead, number = LeadId(document["lead"]), int(document["number"])

        def acknowledge() -> None:
            self._try("recycle", lambda tx: recycle.acknowledge(tx, lead, number))

        self.place.world.after(CALLS_BACK_AFTER, acknowledge)

    def _told(self, person: str, lead: LeadId, action: str) -> None:
        if action not in ("assigned", "escalated", "handoff offered"):
            return
        fate, habits = self.dice.random(), self.habits
        if action == "handoff offered":
            if fate < habits.accepts:
                self._later(person, habits.answers_after, lead, commands.accept_handoff)
        elif fate < habits.accepts:
            self._later(
                person, habits.answers_after, lead, commands.accept, lambda: self._works(person, lead)
            )
        elif fate < habits.accepts + habits.rejects and self._rejects:
            reason = self.dice.choice(self._rejects)
            self._later(
                person, habits.answers_after, lead, lambda tx, c: commands.reject(tx, c, reason, "", None)
            )

    def _works(self, person: str, lead: LeadId) -> None:
        habits = self.habits
        if self.dice.random() < habits.contacts:
            call = Contact(channel="phone")
            self._later(
                person,
                habits.contacts_after,
                lead,
                lambda tx, c: commands.contact(tx, c, call),
                lambda: self._goes_on(person, lead),
            )

    def _goes_on(self, person: str, lead: LeadId) -> None:
        fate, habits = self.dice.random(), self.habits
        answers = dict.fromkeys(self.place.agreement.sql_requires, "yes")
        if fate < habits.qualifies:
            self._later(person, habits.contacts_after, lead, lambda tx, c: commands.qualify(tx, c, answers))
        elif fate < habits.qualifies + habits.gives_up and self._reasons:
            why = GivingUp(reason=self.dice.choice(self._reasons))
            self._later(person, habits.contacts_after, lead, lambda tx, c: commands.disqualify(tx, c, why))

    def _later(
        self, person: str, usual: timedelta, lead: LeadId, act: Act, then: Callable[[], None] = lambda: None
    ) -> None:
        """They do it after some of their own working time; `then` follows if it still applied."""
        wait = usual * min(self.dice.expovariate(1), MOST_TIMES)
        at, _ = due(self.place.clock.now(), wait, self.hours.get(person))

        def deed() -> None:
            if self._try("routing", lambda tx: act(tx, Command(lead, Actor(person)))):
                then()

        self.place.world.at(at, deed)

    def _try(self, service: str, work: Callable[[Tx], object]) -> bool:
        try:
            self.place.tx(service, work)
        except CommandRefused:
            return False  # It has moved on meanwhile.
        return True
