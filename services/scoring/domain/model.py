"""What scoring knows of a lead."""

from datetime import datetime
from typing import Final

import msgspec

from shared.baton import Custody
from shared.contracts.values import Activity, Company, Email, Person, ScoreReceipt, Snapshot
from shared.terms import Consent, LeadId, Stage

ACTIVITIES_MAX: Final = 200
"""How many activities a lead's score looks back on, the newest; ingest keeps them all."""
SHOWN_MAX: Final = 5
"""How many of the last activities a rep is shown."""


class ScoredLead(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lead as scoring sees it. `seq`: the highest activity; `fast_seq`: the last that fast-laned."""

    custody: Custody = Custody()
    person: Person = Person()
    email: Email | None = None
    company: Company = Company()
    consent: Consent = Consent.UNKNOWN
    interest: str | None = None
    source: str = ""
    campaign: str | None = None
    captured_via: str = "form"
    captured_at: datetime | None = None
    own_ids: dict[str, str] = {}
    earlier: LeadId | None = None
    was_no_lead: bool = False
    activities: tuple[Activity, ...] = ()
    seq: int = 0
    fast_seq: int = 0
    fast_lane: str | None = None
    mql: bool = False
    segment: str | None = None
    receipt: ScoreReceipt | None = None

    @property
    def known(self) -> bool:
        """Whether its capture was heard, and its journey goes on."""
        return self.custody.standing not in ("none", "ended")

    def snapshot(self, playbook: str | None) -> Snapshot:
        """Everything the next owner needs, but the receipt, which every event of scoring has itself."""
        receipt = self.receipt
        return Snapshot(
            person=self.person,
            email=self.email,
            company=self.company,
            consent=self.consent,
            interest=self.interest,
            source=self.source,
            campaign=self.campaign,
            captured_via=self.captured_via,
            segment=self.segment,
            playbook=playbook,
            stage=Stage.MQL if self.mql else Stage.INQUIRY,
            captured_at=self.captured_at,
            own_ids=self.own_ids,
            earlier=self.earlier,
            score=receipt.score if receipt else 0,
            grade=receipt.grade if receipt else None,
            fast_lane=self.fast_lane is not None,
            activities=self.activities[-SHOWN_MAX:],
        )


def buried(custody: Custody) -> ScoredLead:
    """What is kept of a lead whose journey is over: that it is over."""
    return ScoredLead(custody=custody)
