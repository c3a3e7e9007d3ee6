"""The reps: told of a lead they say yes, no or nothing; they call, qualify, give up, win, leave, return."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from deploy.virtual.drive import drive
from services.routing.domain.model import GivingUp, Handoff, RoutedLead
from services.routing.domain.people.pause import Kind
from services.routing.domain.people.roster import RosterInvalid, Row
from services.routing.domain.steps.act import Actor
from services.routing.domain.steps.reporting import Contact
from services.routing.handlers import commands
from services.routing.handlers.commands import Command
from services.routing.handlers.pauses import Word, pause, resume
from services.routing.handlers.rerouting import Wish, reroute
from services.routing.handlers.roster import import_roster, leave
from services.routing.store.leads import asked, lead_states, leads_of
from shared.effects import CommandRefused
from shared.runtime.tx import Tx
from shared.terms import LeadId, Stage
from tests.simulation.firms import ARBITER
from tests.simulation.world import World

Act = Callable[[Tx, Command], object]


@dataclass(slots=True)
class People:
    """Everyone who works leads. They learn of a lead by a message, and are forgetful."""

    world: World

    def join(self, *who: str) -> None:
        """Put these people, or all of them, into the roster."""
        self.enters(*(self.row(person) for person in who or self.world.firm.reps))

    def row(self, person: str, **more: object) -> Row:
        """What the roster says of one of them, and what else it is to say now."""
        told_at = f"http://reps.example/{person}"
        return Row(person, {"person": person, "notify": told_at, **self.world.firm.reps[person], **more})

    def enters(self, *rows: Row) -> None:
        """These rows are imported; while a team of theirs is not agreed upon, they are refused."""

        def go() -> None:
            try:
                self._tx(lambda tx: import_roster(tx, rows))
            except RosterInvalid:
                self.world.luck.marks["a roster names a team that is no more"] += 1

        self.world.attempt(go, again_after=timedelta(minutes=1))

    def goes_away(self, person: str, cover: str, soon: int = 90) -> None:
        """One of them is away from some time soon on, for hours; a colleague has their leads, or nobody."""
        now, dice = self.world.clock.now(), self.world.luck.dice
        begin = now + timedelta(minutes=dice.randrange(soon))
        absence = {"begin": begin, "end": begin + timedelta(hours=dice.randrange(2, 14))}
        passes = dice.random() < 0.6
        self.world.luck.marks["a rep is away"] += 1
        self.enters(self.row(person, absences=[absence], cover=cover, cover_takes_over=passes))

    def goes_while_asked(self, cover: str, patience: int = 150) -> None:
        """Somebody who is asked to take a lead over is away before they can answer; or the SDR who asks."""
        offers = self._handoffs()
        if offers:
            offer, dice = offers[0], self.world.luck.dice
            person = dice.choice((offer.to, offer.to, offer.giver.answers))
            if person in self.world.firm.reps and person != cover:
                self.goes_away(person, cover, soon=2)
        elif patience:
            self.world.after(timedelta(minutes=10), lambda: self.goes_while_asked(cover, patience - 1))

    def is_paused(self, name: str, kind: Kind = "rep") -> None:
        """One of them, or a team, is given nothing for some hours; then they are resumed."""
        word = Word(kind, name, ARBITER, "too much at once")

        def go() -> None:
            try:
                self._tx(lambda tx: pause(tx, word))
                self.world.luck.marks[f"a {kind} is paused"] += 1
            except CommandRefused:
                self.world.luck.marks["a command meets somebody who has left"] += 1
            self._later(300, lambda: self.world.attempt(again, again_after=timedelta(minutes=3)))

        def again() -> None:
            try:
                self._tx(lambda tx: resume(tx, word))
            except CommandRefused:
                self.world.luck.marks["a command meets somebody who has left"] += 1

        self.world.attempt(go, again_after=timedelta(minutes=3))

    def reroutes(self) -> None:
        """What was assigned in the last hours is routed again."""

        def go() -> None:
            wish = Wish(
                self.world.clock.now() - timedelta(hours=8), ARBITER, "the rules were wrong", accepted=True
            )
            moved, _ = self._tx(lambda tx: reroute(tx, wish))
            self.world.luck.marks["a lead is routed again"] += sum(one.was != one.now for one in moved)

        self.world.attempt(go, again_after=timedelta(minutes=3))

    def leaves(self, person: str, patience: int = 30) -> None:
        """One of them goes, whatever they hold; best while an offer of theirs is open."""
        offering = self._offering(person)
        if not offering and patience:
            self.world.after(timedelta(minutes=10), lambda: self.leaves(person, patience - 1))
            return

        def go() -> None:
            try:
                self._tx(lambda tx: leave(tx, person))
            except CommandRefused:
                self.world.luck.marks["who is named by the agreement does not leave"] += 1
                return
            self.world.luck.marks["a rep leaves"] += 1
            self.world.luck.marks["a leaver during an offer"] += offering
            self.world.after(timedelta(hours=8), lambda: self.join(person))

        self.world.attempt(go, again_after=timedelta(minutes=3))

    def told(self, person: str, lead: LeadId, action: str) -> None:
        """A message came. Some are acted upon soon, some late, some never."""
        dice = self.world.luck.dice
        self.world.luck.marks["somebody is told of what is set aside"] += action == "set aside"
        if action == "handoff offered" and dice.random() < 0.8:
            act = commands.accept_handoff if dice.random() < 0.7 else _refuses
            self._later(25, lambda: self._do(person, lead, "answer a hand-off", act))
        elif action == "assigned" and dice.random() < 0.75:
            self._later(25, lambda: self._answers(person, lead))
        elif action in ("reminded", "escalated") and dice.random() < 0.4:
            self._later(10, lambda: self._answers(person, lead))

    def _answers(self, person: str, lead: LeadId) -> None:
        dice = self.world.luck.dice
        if dice.random() < 0.85:
            self._do(person, lead, "accept", commands.accept)
            self._later(90, lambda: self._works(person, lead))
            return
        reason = dice.choice(sorted(self.world.firm.agreements[0].reject))
        self._do(person, lead, f"reject: {reason}", lambda tx, c: commands.reject(tx, c, reason, "", None))
        if reason == "not-per-definition" and dice.random() < 0.6:
            self._later(300, lambda: self._rules(lead))

    def _works(self, person: str, lead: LeadId) -> None:
        dice = self.world.luck.dice
        self._do(person, lead, "contact", lambda tx, c: commands.contact(tx, c, Contact(channel="phone")))
        next_deed = dice.random()
        if next_deed < 0.35:
            why = self._why(dice.choice(self.world.firm.reasons))
            self._later(120, lambda: self._do(person, lead, f"disqualify {why.reason}", _gives_up(why)))
        elif next_deed < 0.7:
            self._later(120, lambda: self._qualifies(person, lead))
        elif next_deed < 0.78:
            self._meets(person, lead)
        elif next_deed < 0.9:
            until = self.world.clock.now() + timedelta(hours=dice.uniform(0.5, 7))
            self._do(person, lead, "snooze", lambda tx, c: commands.snooze(tx, c, until, "they asked for it"))

    def _why(self, reason: str) -> GivingUp:
        """A reason with all that it may ask for."""
        tomorrow = (self.world.clock.now() + timedelta(days=1)).date()
        return GivingUp(reason, sub_reason="too small", revisit_on=tomorrow, answers={"who_decides": "Zoe"})

    def _meets(self, person: str, lead: LeadId) -> None:
        """A meeting is booked, and told of by the rep, by the calendar, or by nobody."""
        dice = self.world.luck.dice
        ahead = timedelta(minutes=dice.uniform(30, 300))
        starts_at = self.world.clock.now() + ahead
        who = Actor("calendar", tool=True) if dice.random() < 0.5 else Actor(person)
        self._does(
            who, lead, "book a meeting", lambda tx, c: commands.book_meeting(tx, c, starts_at, None, "")
        )
        verb, name = dice.choice(
            ((commands.hold_meeting, "hold a meeting"), (commands.miss_meeting, "miss a meeting"))
        )
        if dice.random() < 0.3:
            verb, name, ahead = commands.cancel_meeting, "cancel a meeting", ahead * dice.random()
        if dice.random() < 0.8:
            after = ahead + timedelta(minutes=dice.expovariate(1 / 20))
            self.world.after(after, lambda: self._does(who, lead, name, lambda tx, c: verb(tx, c, "")))

    def _qualifies(self, person: str, lead: LeadId) -> None:
        self._do(person, lead, "qualify", lambda tx, c: commands.qualify(tx, c, {"need": "yes"}))
        self._later(400, lambda: self._ends(lead))

    def _ends(self, lead: LeadId) -> None:
        holder = self._holder(lead)
        if holder is None:
            return
        if self.world.luck.dice.random() < 0.5:
            self._do(holder, lead, "won", lambda tx, c: commands.win(tx, c, "1000", "EUR"))
        else:
            self._do(holder, lead, "lost", lambda tx, c: commands.lose(tx, c, GivingUp(reason="lost")))

    def _rules(self, lead: LeadId) -> None:
        ruling = self.world.luck.dice.choice(("marketing", "sales"))
        self._do(ARBITER, lead, "rule", lambda tx, c: commands.rule(tx, c, ruling, ""))  # type: ignore[arg-type]  # one of two words

    def _do(self, person: str, lead: LeadId, what: str, act: Act) -> None:
        self._does(Actor(person), lead, what, act)

    def _does(self, who: Actor, lead: LeadId, what: str, act: Act) -> None:
        def deed() -> None:
            try:
                self._tx(lambda tx: act(tx, Command(lead, who)))
                self.world.luck.note("did", what, who.person, lead)
                self.world.luck.marks[f"a rep does: {what}"] += 1
            except CommandRefused:
                self.world.luck.marks["a command meets a lead that has moved on"] += 1

        self.world.attempt(deed, again_after=timedelta(minutes=2))

    def _later(self, minutes: float, deed: Callable[[], None]) -> None:
        self.world.after(timedelta(minutes=self.world.luck.dice.expovariate(1 / minutes)), deed)

    def _tx(self, work: Callable[[Tx], Any]) -> Any:
        return drive(self.world.nodes["routing"].service.tx(work))

    def _state(self, lead: LeadId) -> RoutedLead | None:
        service = self.world.nodes["routing"].service
        return drive(service.read(lambda tx: lead_states.read(tx.conn, [lead]))).get(lead)

    def _holder(self, lead: LeadId) -> str | None:
        state = self._state(lead)
        if state is None or state.custody.holder is None or state.stage is not Stage.SQL:
            return None
        return state.custody.holder.answers

    def _handoffs(self) -> list[Handoff]:
        service = self.world.nodes["routing"].service
        states = drive(service.read(lambda tx: lead_states.read(tx.conn, asked(tx.conn))))
        return [state.handoff for _, state in sorted(states.items()) if state.handoff is not None]

    def _offering(self, person: str) -> bool:
        service = self.world.nodes["routing"].service
        found = drive(service.read(lambda tx: _offers_of(tx, person)))
        return bool(found)


def _refuses(tx: Tx, command: Command) -> object:
    return commands.refuse_handoff(tx, command, "no time")


def _gives_up(why: GivingUp) -> Act:
    return lambda tx, command: commands.disqualify(tx, command, why)


def _offers_of(tx: Tx, person: str) -> list[LeadId]:
    held = lead_states.read(tx.conn, leads_of(tx.conn, person))
    return [lead for lead, state in held.items() if state.custody.standing == "offering"]
