"""What scoring knows of a lead, and what it keeps of each score."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from shared.agreement.facts import account_domain
from shared.baton import Custody
from shared.contracts.values import Account, Activity, Company, Email, Person, ScoreReceipt, Snapshot
from shared.terms import Consent, LeadId, Stage

SHOWN_MAX: Final = 5
"""How many of the last activities a rep is shown."""


class ScoredLead(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lead as scoring sees it. `seq`: the highest activity; `fast_seq`: the last that fast-laned.

    `fast_at`: the receipt with which an activity of its own took `fast_lane`; 0 if none did.
    `receipts` counts its scores that were said; the last of them had `score` and `grade`. `held`: the
    newest handover that was heard of; `with_rep`: whether a rep has it since. `cools_at`: when it stops
    being an MQL if nothing happens. `handed`: the receipt with which sales got it in this `round`, and
    `outcomes` what became of it there, each counted once. `united`: what the leads did that were merged
    into it, without a count of their own, but for the first `united_folded`, which are too old to count;
    `goes_on_as`: the lead into which it was merged itself.
    """

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
    account: Account | None = None
    activities: tuple[Activity, ...] = ()
    seq: int = 0
    fast_seq: int = 0
    fast_lane: str | None = None
    fast_at: int = 0
    mql: bool = False
    set_aside: str | None = None
    segment: str | None = None
    receipts: int = 0
    score: int = 0
    grade: str = ""
    held: int = 0
    with_rep: bool = False
    cools_at: datetime | None = None
    handed: int = 0
    round: int = 0
    outcomes: frozenset[str] = frozenset()
    united: tuple[Activity, ...] = ()
    united_folded: int = 0
    goes_on_as: LeadId | None = None

    @property
    def known(self) -> bool:
        """Whether its capture was heard, and its journey goes on."""
        return self.custody.standing not in ("none", "ended")

    @property
    def deeds(self) -> tuple[Activity, ...]:
        """All that the person did and that may count, whichever lead it was recorded for."""
        return (*self.activities, *self.united)

    @property
    def may_cool(self) -> bool:
        """Nothing cools in a rep's hands, during an offer, or on the fast lane."""
        return self.custody.standing == "gone" and not self.with_rep and self.fast_lane is None

    @property
    def refused(self) -> bool:
        """Whether the person refused contact: then it is no MQL, whatever they do."""
        return self.consent is Consent.DENIED

    @property
    def account_domain(self) -> str | None:
        """The domain by which the CRM knows its company."""
        return account_domain(self.company, self.email)

    def snapshot(self, receipt: ScoreReceipt) -> Snapshot:
        """What the next owner needs, but the receipt, which every event of scoring has itself."""
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
            stage=Stage.MQL if self.mql else Stage.INQUIRY,
            captured_at=self.captured_at,
            own_ids=self.own_ids,
            earlier=self.earlier,
            account=self.account,
            score=receipt.score,
            grade=receipt.grade,
            fast_lane=self.mql and self.fast_lane is not None,
            activities=self.activities[-SHOWN_MAX:],
        )


def matched(account: Account | None, email: Email | None) -> Account | None:
    """The account as a lead's: the match is strong if the lead has an address there, and not only says so."""
    if account is None or account.domain is None:
        return None
    address = f".{email.domain.lower()}" if email is not None else ""
    return replace(account, match="strong" if address.endswith(f".{account.domain}") else "weak")


def buried(custody: Custody, goes_on_as: LeadId | None = None) -> ScoredLead:
    """What is kept of a lead whose journey is over: that it is over, and as whom the person goes on."""
    return ScoredLead(custody=custody, goes_on_as=goes_on_as)


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A receipt with what it takes to come to the same score again.

    Its score saw the activities from `first` to `last`, by ingest's count, but for those `without`; and of
    those that were united with them so many, `united`, but for the first `united_folded`. The activity
    `fast_seq` took its fast lane, with the receipt number `fast_at`: 0 if it is on none, None if that is not
    known, as a merged lead took it.
    """

    receipt: ScoreReceipt
    first: int
    last: int
    without: tuple[int, ...] = ()
    united: int = 0
    united_folded: int = 0
    fast_seq: int = 0
    fast_at: int | None = None

    def saw(self, activity: Activity) -> bool:
        """Whether the activity was known when the score was made."""
        return self.first <= activity.seq <= self.last and activity.seq not in self.without
