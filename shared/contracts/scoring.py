"""What scoring says, on `baton.scoring`: one event per change, always with its receipt."""

from typing import ClassVar, Final, Literal

from shared.baton import Holder
from shared.contracts.envelope import Event
from shared.contracts.values import Account, Instant, ScoreReceipt, Snapshot, Whose

TOPIC: Final = "baton.scoring"


class ScoringEvent(Event, frozen=True, kw_only=True):
    """An event of scoring. `seq`: the highest activity it has folded; `fast_seq`: the last to fast-lane."""

    TOPICS: ClassVar = (TOPIC,)

    score: int
    grade: str
    mql: bool
    segment: str | None = None
    seq: int = 0
    fast_seq: int = 0
    receipt: ScoreReceipt


class LeadScored(ScoringEvent, frozen=True, kw_only=True):
    """The score changed, or whether contact is refused (then it is no MQL); nothing else did.

    `account`: what the CRM says of its company, if it does.
    """

    TYPE: ClassVar = "lead.scored"

    account: Account | None = None


class LeadQualified(ScoringEvent, frozen=True, kw_only=True):
    """It is an MQL now. From the intake desk an offer to routing; information otherwise."""

    TYPE: ClassVar = "lead.qualified"
    TOUCHES: ClassVar = ("offer",)

    why: Literal["threshold", "fast lane"]
    snapshot: Snapshot


class LeadNotQualified(ScoringEvent, frozen=True, kw_only=True):
    """From the intake desk a move to a nurture track, or aside to a desk; `missing` says what it lacks."""

    TYPE: ClassVar = "lead.not_qualified"
    TOUCHES: ClassVar = ("move",)

    snapshot: Snapshot
    missing: tuple[str, ...] = ()
    reason: str = ""
    to: Holder | None = None


def _named(person: str | None) -> str | None:
    return person if person and person.strip() else None


class LeadSetAside(ScoringEvent, frozen=True, kw_only=True):
    """Somebody else's (a customer, a partner's, in a deal). From the intake desk an offer that is no MQL.

    Information where it turns out so later, or moves to a desk; the rule may name a `desk` that holds it.
    `person` has it; `team`, if there is none or they cannot. `tell` hears of it; reports call it `counts_as`.
    """

    TYPE: ClassVar = "lead.set_aside"
    TOUCHES: ClassVar = ("offer",)

    rule: str
    team: str | None = None
    person: str | None = None
    tell: str | None = None
    counts_as: str | None = None
    desk: str | None = None
    snapshot: Snapshot

    @property
    def whose(self) -> Whose:
        """Whose it is, as one value. A blank is nobody."""
        return Whose(
            rule=self.rule,
            desk=self.desk,
            team=self.team,
            person=_named(self.person),
            tell=_named(self.tell),
            counts_as=self.counts_as,
        )


class LeadCooled(ScoringEvent, frozen=True, kw_only=True):
    """An MQL that nobody took lost its score. `since`: when it fell below what the agreement keeps.

    `account`: what the CRM says of its company, if it does.
    """

    TYPE: ClassVar = "lead.cooled"

    since: Instant
    account: Account | None = None


EVENTS: Final = (LeadScored, LeadQualified, LeadNotQualified, LeadSetAside, LeadCooled)
