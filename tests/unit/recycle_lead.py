"""A lead under test: tell it what happened, and see what recycle decides, says and asks of the tools."""

from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from services.recycle.domain import policy
from services.recycle.domain.model import RecycledLead
from services.recycle.domain.scene import Scene
from shared.agreement import Agreement, load_text
from shared.baton import Handover, Holder
from shared.contracts.envelope import Event
from shared.contracts.routing import LeadAssigned, LeadDisqualified
from shared.contracts.scoring import LeadNotQualified, LeadScored
from shared.contracts.values import Person, RouteReceipt, RuleTried, ScoreReceipt, Snapshot
from shared.effects import CancelTimer, Decision, Errand, FiredTimer, Say, SetTimer
from shared.testing.leads import INTAKE, NOON, captured, heard, lead_id, recorded

E = TypeVar("E", bound=Event)

TEXT: Final = """
agreement: recycled
version: 3
effective_from: 2026-01-01T00:00:00Z
parties: {marketing: maya@acme.example, sales: sam@acme.example, arbiter: {person: coo@acme.example}}
intake: {owner: maya@acme.example}
desks:
  privacy: {owner: privacy@acme.example}
  marketing: {owner: maya@acme.example}
consent:
  {nurture_needs: granted, routing_needs: not_denied, denied: {hold: privacy}, otherwise: {hold: marketing}}
definitions:
  fast_lane: [{name: asked for a demo, when: {activity.type: demo_requested}}]
routing:
  teams: [{name: inside, lead: ines@acme.example, deputy: [ines@acme.example]}]
  rules: [{name: rest, to: {team: inside}}]
recycle:
  reasons:
    no-need: {track: warm, not_before: 30d}
    no-budget: {track: warm, back_to: same_rep}
    no-authority: {track: warm, back_to: another_rep}
    bad-timing: {track: warm, ask: revisit_on, returns: on_date, back_to: same_rep}
    bad-data: {track: warm, returns: when_repaired}
    unreachable: {track: by-hand}
    silent: {track: by-call}
    no-fit: {track: warm, returns: never}
    parked-for-good: {track: archive}
    not-a-lead: {ends: closed}
    do-not-contact: {hold: privacy, returns: never}
  tracks:
    new: {owner: maya@acme.example, deliver_to: mautic}
    warm: {owner: noor@acme.example, deliver_to: mautic, acknowledge_within: 15m}
    by-call: {owner: noor@acme.example, deliver_to: mautic, acknowledged_by: call_back}
    by-hand: {owner: hans@acme.example}
    archive: {owner: noor@acme.example, returns: never}
    last: {owner: noor@acme.example, deliver_to: mautic}
  return_when: {any: [{fast_lane: true}, {new_activity: true, score_at_least: 60}]}
  rounds_at_most: 2
  after_last_round: {track: last}
"""
AGREEMENT: Final = load_text(TEXT)
RITA: Final = Holder("rep", "rita@acme.example", "rita@acme.example")
NEW: Final = Holder("track", "new", "maya@acme.example")
PRIVACY: Final = Holder("desk", "privacy", "privacy@acme.example")
RECEIPT: Final = ScoreReceipt(agreement="recycled@3", at=NOON)


class Told:
    """One lead as recycle sees it, at an instant that the test moves."""

    def __init__(self, name: str = "ana", agreement: Agreement = AGREEMENT) -> None:
        self.id = lead_id(name)
        self.name = name
        self.agreement = agreement
        self.now = NOON
        self.lead = RecycledLead()
        self.effects: list[Any] = []
        self._count = 0

    @property
    def scene(self) -> Scene:
        return Scene(self.id, self.agreement, self.now)

    def hear(self, *events: Event, at: datetime | None = None) -> list[Event]:
        """What is said because of these events."""
        before = len(self.effects)
        for event in events:
            self._count += 1
            told = heard(event, self.name, id=str(self._count), at=at or self.now)
            self.follow(policy.react(self.lead, told, self.scene))
        return [effect.event for effect in self.effects[before:] if isinstance(effect, Say)]

    def follow(self, decision: Decision[RecycledLead]) -> list[Event]:
        self.lead = decision.state
        self.effects += decision.effects
        return [effect.event for effect in decision.effects if isinstance(effect, Say)]

    def fire(self, purpose: str) -> list[Event]:
        """The lead's timer of this purpose is due: the clock jumps there."""
        timer = self.timers()[purpose]
        self.now = timer.due_at
        fired = FiredTimer("timer/1", self.id, purpose, timer.due_at, timer.payload)
        return self.follow(policy.fire(self.lead, fired, self.scene))

    def delivered(self, number: int) -> list[Event]:
        """The tool answers 2xx to the hand-over."""
        return self.follow(policy.delivered(self.lead, number, "mautic", self.scene))

    def calls_back(self, number: int) -> list[Event]:
        """The tool calls: it has the lead."""
        return self.follow(policy.acknowledge(self.lead, number, self.scene))

    def later(self, **by: float) -> "Told":
        self.now += timedelta(**by)
        return self

    def timers(self) -> dict[str, SetTimer]:
        """The clocks that run."""
        running: dict[str, SetTimer] = {}
        for effect in self.effects:
            if isinstance(effect, SetTimer):
                running[effect.purpose] = effect
            elif isinstance(effect, CancelTimer):
                running.pop(effect.purpose, None)
        return running

    def errands(self) -> list[tuple[str, int]]:
        """What the tool was told, with the number."""
        return [(e.action, e.body["number"]) for e in self.effects if isinstance(e, Errand)]

    def told(self) -> dict[str, Any]:
        """What the tool was told last, in full."""
        return dict([e.body for e in self.effects if isinstance(e, Errand)][-1])

    def said(self, kind: type[E]) -> list[E]:
        return [e.event for e in self.effects if isinstance(e, Say) and isinstance(e.event, kind)]

    @property
    def where(self) -> tuple[str, int, str | None]:
        custody = self.lead.custody
        return custody.standing, custody.number, custody.holder.name if custody.holder else None


def scored(seq: int, score: int, *, fast_seq: int = 0, mql: bool = True) -> LeadScored:
    return LeadScored(score=score, grade="B", mql=mql, seq=seq, fast_seq=fast_seq, receipt=RECEIPT)


SOMEBODY_ELSES: Final = replace(
    RECEIPT, set_aside=RuleTried(name="customer", matched=True, sentence="account.relation is customer")
)


def not_qualified(
    to: Holder = NEW, *, seen: int = 1, reason: str = "not an MQL yet", receipt: ScoreReceipt = RECEIPT
) -> LeadNotQualified:
    """From the intake desk to a track or desk, as number 2."""
    return LeadNotQualified(
        handover=Handover(kind="move", number=2, giver=INTAKE, taker=to, seen=seen),
        snapshot=Snapshot(person=Person(name="Ana Silva"), source="website"),
        reason=reason,
        to=to,
        score=20,
        grade="D",
        mql=False,
        seq=seen,
        receipt=receipt,
    )


def given_up(
    reason: str = "no-budget",
    *,
    number: int = 2,
    seen: int = 1,
    rounds: int = 0,
    revisit_on: date | None = None,
    absorbed: tuple[str, ...] = (),
    by: str = "rita@acme.example",
) -> LeadDisqualified:
    """Rita, who holds it, offers it to recycle; or her service does, `by` somebody else."""
    return LeadDisqualified(
        handover=Handover(
            kind="offer", number=number, giver=RITA, rounds=rounds, seen=seen, absorbed=absorbed
        ),
        by=by,
        reason=reason,
        revisit_on=revisit_on,
        snapshot=Snapshot(person=Person(name="Ana Silva"), source="website"),
    )


def assigned(number: int, to: Holder = RITA, *, kind: Any = "take", why: Any = "returned") -> LeadAssigned:
    """Routing has it now."""
    return LeadAssigned(
        handover=Handover(kind=kind, number=number, taker=to),
        owner=to,
        why=why,
        receipt=RouteReceipt(agreement="recycled@3", at=NOON, why=why),
    )


def nurtured() -> Told:
    """A lead on its first track."""
    told = Told()
    told.hear(captured(), not_qualified())
    return told


def asked() -> Told:
    """A lead that a track is asked to take."""
    told = Told()
    told.hear(captured(), scored(1, 82), given_up())
    return told


def offering() -> Told:
    """A lead that is offered back to routing."""
    told = asked()
    told.delivered(2)
    told.hear(recorded(2))
    assert told.where[0] == "offering"
    return told
