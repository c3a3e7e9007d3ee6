"""What recycle knows of a lead: its baton, what it remembers for the return, and who has answered for it."""

from datetime import date, datetime
from typing import Final, Literal

import msgspec

from services.recycle.domain.ledger import Entry
from shared.agreement import Agreement
from shared.baton import Custody, HolderKind, Memory
from shared.contracts.values import Person, Snapshot, Whose
from shared.terms import Consent, LeadId

SHOWN_MAX: Final = 5
"""How many of the last activities the next owner is shown."""

Returns = Literal["never", "on_date", "when_repaired"]


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """An offer that a track was asked to take and has not acknowledged yet.

    `giver` is the rep who gave the lead up; `never_giver`: a reject or a breach was theirs. `repaired`: its
    facts were put right since.
    """

    number: int
    reason: str
    track: str
    tool: str
    by_delivery: bool
    due_at: datetime
    giver: str | None = None
    never_giver: bool = False
    revisit_on: date | None = None
    repaired: bool = False
    note: str = ""
    hop: int = 0


class Stay(msgspec.Struct, frozen=True, omit_defaults=True):
    """A lead's time on a track or at a desk.

    `tool` has been told about it, under `number`. `first_time`: it has never been with sales, so leaving
    is no return. `then_track`: where it goes from a desk once consent allows it, to return not before
    `not_before`. `repaired`: its facts were.
    """

    number: int
    reason: str
    since: datetime
    tool: str | None = None
    giver: str | None = None
    never_giver: bool = False
    not_before: datetime | None = None
    returns: Returns | None = None
    repaired: bool = False
    first_time: bool = False
    then_track: str | None = None


class OpenDispute(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rep's no that is with the arbiter: who said it, with which reason of the agreement, and what else."""

    by: str
    reason: str
    note: str = ""


class Won(msgspec.Struct, frozen=True, omit_defaults=True):
    """The CRM says that it was won. Whoever is custodian closes it."""

    value: str | None = None
    currency: str | None = None


Ended = Literal["erased", "merged", "won", "closed"]


class Journey(msgspec.Struct, frozen=True, omit_defaults=True):
    """The ledger's summary of one lead: who answers now, since when, and how it ended. Nothing personal.

    `counted` are the stages that it has been counted for. `offered_at`: since when an offer has no answer.
    `source` is where it came from; `counts_as` what it counts as instead, while a rule sets it aside.
    `entries` are the ledger's rows, from which who answers is derived, in any order.
    """

    captured_at: datetime | None = None
    assigned_at: datetime | None = None
    ended_at: datetime | None = None
    ending: Ended | None = None
    number: int = 0
    holder_kind: HolderKind | None = None
    holder_name: str | None = None
    answers: str | None = None
    why: str = ""
    since: datetime | None = None
    offered_at: datetime | None = None
    counted: frozenset[str] = frozenset()
    source: str | None = None
    counts_as: str | None = None
    entries: tuple[Entry, ...] = ()

    @property
    def assigned_after_ms(self) -> int | None:
        """From capture to the first assignment, in milliseconds."""
        if self.captured_at is None or self.assigned_at is None:
            return None
        return max(0, round((self.assigned_at - self.captured_at).total_seconds() * 1000))


class RecycledLead(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lead as recycle sees it, whoever holds it.

    `mql` and `set_aside` are scoring's word; `scored_seq` the highest activity behind the score that is
    remembered. `whose`: what the rule that sets it aside names, if it did so after the lead had left scoring.
    `failed` is the last rep who rejected it or missed a deadline; `survivor` the lead it was merged into.
    """

    custody: Custody = Custody()
    memory: Memory = Memory()
    snapshot: Snapshot = Snapshot(person=Person())
    consent: Consent = Consent.UNKNOWN
    mql: bool = False
    set_aside: bool = False
    whose: Whose | None = None
    scored_seq: int = 0
    was_no_lead: bool = False
    failed: str | None = None
    won: Won | None = None
    dispute: OpenDispute | None = None
    asked: Asked | None = None
    stay: Stay | None = None
    survivor: LeadId | None = None
    journey: Journey = Journey()

    def may_be_nurtured(self, agreement: Agreement) -> bool:
        """Whether consent allows it, and it is nobody else's."""
        return not self.set_aside and agreement.may_nurture(self.consent.value)

    @property
    def denied(self) -> bool:
        """Whether the person has refused contact."""
        return self.consent is Consent.DENIED


def buried(lead: RecycledLead, custody: Custody, survivor: LeadId | None = None) -> RecycledLead:
    """What is kept of a lead whose journey is over: that it is over, and the ledger's summary."""
    return RecycledLead(custody=custody, survivor=survivor, journey=lead.journey)
