"""A lead under test: tell it what happened, and see what scoring decides, says and keeps."""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from services.scoring.domain import policy
from services.scoring.domain.facts import facts_of
from services.scoring.domain.judging import Outcome, Scored, United
from services.scoring.domain.model import Kept, ScoredLead
from services.scoring.domain.score import add_up
from shared.agreement import Agreement, load_text
from shared.baton import Handover, Holder
from shared.contracts.envelope import Event
from shared.contracts.recycle import LeadRecycled
from shared.contracts.routing import LeadAssigned
from shared.contracts.scoring import ScoringEvent
from shared.contracts.values import Account, RouteReceipt, ScoreReceipt
from shared.effects import CancelTimer, FiredTimer, Say, SetTimer
from shared.testing.leads import NOON, heard, lead_id

E = TypeVar("E", bound=Event)

TEXT: Final = """
agreement: scored
version: 1
effective_from: 2026-01-01T00:00:00Z
parties: {marketing: maya@acme.example, sales: sam@acme.example, arbiter: {person: coo@acme.example}}
desks:
  privacy: {owner: privacy@acme.example}
  marketing: {owner: maya@acme.example}
consent:
  {nurture_needs: granted, routing_needs: not_denied, denied: {hold: privacy}, otherwise: {hold: marketing}}
market:
  segments:
    - {name: large, when: {company.employees: {at_least: 1000}}}
    - {name: small, when: {company.employees: known}}
  set_aside:
    - {name: competitor, when: {email.domain: {in: [rival.example]}}, hold: marketing}
    - name: customer
      when: {account.relation: customer}
      to: {person: account.manager, else: {team: account-managers}}
      tell: account.owner
    - {name: partner's, when: {source: partner-portal}, to: {team: partners}, counts_as: partner}
    - {name: in a deal, when: {account.open_opportunity: known}, to: {person: opportunity.owner}}
definitions:
  mql: {score_at_least: 50, grade_at_least: C, requires: [email, country]}
  fast_lane: [{name: asked for a demo, when: {activity.type: demo_requested}}]
scoring:
  fit:
    points:
      - {name: decision maker, when: {title: {has_word: [director]}}, points: 40}
      - {name: industry, when: {company.industry: {in: [software]}}, points: 25}
      - {name: size, when: {company.employees: {at_least: 100}}, points: 30}
    grades: {A: 70, B: 45, C: 20}
  engagement:
    half_life: 14d
    points:
      - {name: form, when: {activity.type: form_submitted}, points: 30, at_most: 60 per 7d}
      - {name: visit, when: {activity.type: page_viewed}, points: 15, at_most: 40 per 7d}
      - {name: unsubscribed, when: {activity.type: email_unsubscribed}, points: -30}
    cap: 100
  score: {fit: 0.4, engagement: 0.6}
  cools_below: 45
  otherwise: {track: new}
routing:
  teams:
    - {name: inside, lead: ines@acme.example, deputy: [ines@acme.example]}
    - {name: account-managers, lead: carla@acme.example, deputy: [carla@acme.example]}
    - {name: partners, lead: pedro@acme.example, deputy: [pedro@acme.example]}
  rules: [{name: rest, to: {team: inside}}]
recycle:
  tracks:
    new: {owner: maya@acme.example}
"""
AGREEMENT: Final = load_text(TEXT)
RITA: Final = Holder("rep", "rita@acme.example", "rita@acme.example")
QUEUE: Final = Holder("queue", "inside", "ines@acme.example")
TRACK: Final = Holder("track", "new", "maya@acme.example")


class Told:
    """One lead, everything that was said of it, and what is to be kept and counted."""

    def __init__(self, agreement: Agreement = AGREEMENT, account: Account | None = None) -> None:
        self.agreement, self.account = agreement, account
        self.lead = ScoredLead()
        self.said: list[Event] = []
        self.kept: list[Kept] = []
        self.outcomes: list[Outcome] = []
        self.united: United | None = None
        self.timers: dict[str, datetime] = {}
        self._heard = 0

    def hear(self, *events: Event, at: datetime = NOON) -> list[Event]:
        """What it says to these events, heard at an instant."""
        before = len(self.said)
        for event in events:
            self._heard += 1
            told = heard(event, id=str(self._heard), at=at)
            self._note(policy.react(self.lead, told, self.agreement, at, self.account))
        return self.said[before:]

    def fire(self, purpose: str, *, late: timedelta = timedelta(0)) -> list[Event]:
        """What it says when its timer of this purpose is due; or to one that is not set."""
        before = len(self.said)
        due_at = self.timers.pop(purpose, NOON)
        timer = FiredTimer("timer/1", lead_id(), purpose, due_at, {})
        self._note(policy.fire(self.lead, timer, self.agreement, due_at + late, self.account))
        return self.said[before:]

    def unite(self, with_: United) -> None:
        """Another lead was merged into it."""
        self._note(policy.unite(self.lead, with_, self.agreement, NOON))

    def last(self, kind: type[E]) -> E:
        """The last event of this kind."""
        return [event for event in self.said if isinstance(event, kind)][-1]

    @property
    def receipt(self) -> ScoreReceipt:
        """The receipt of the last score that was said."""
        return [event.receipt for event in self.said if isinstance(event, ScoringEvent)][-1]

    def _note(self, decision: Scored) -> None:
        self.lead, self.united = decision.state, decision.united
        for effect in decision.effects:
            match effect:
                case Say():
                    self.said.append(effect.event)
                case SetTimer():
                    self.timers[effect.purpose] = effect.due_at
                case CancelTimer():
                    self.timers.pop(effect.purpose, None)
        self.kept += [decision.kept] if decision.kept is not None else []
        self.outcomes += [decision.outcome] if decision.outcome is not None else []


def assigned(to: Holder = RITA, *, number: int = 2, kind: str = "take", rounds: int = 0) -> LeadAssigned:
    """Routing says that it is with a rep, or in a queue."""
    return LeadAssigned(
        handover=Handover(kind=kind, number=number, taker=to, rounds=rounds),  # type: ignore[arg-type]  # take or move
        owner=to,
        why="new",
        receipt=RouteReceipt(agreement="scored@1", at=NOON, why="new"),
    )


def recycled(*, number: int = 3) -> LeadRecycled:
    """Recycle says that it is on a track."""
    return LeadRecycled(
        handover=Handover(kind="take", number=number, taker=TRACK), owner=TRACK, reason="no-need"
    )


def is_cold(lead: ScoredLead, agreement: Agreement, at: datetime) -> bool:
    """Whether its score at an instant is below what the agreement keeps."""
    total = add_up(lead.deeds, facts_of(lead, agreement, at), agreement, at)
    return agreement.cools_below is not None and total.score < agreement.cools_below
