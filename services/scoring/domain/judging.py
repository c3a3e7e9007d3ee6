"""From a changed lead to its new score: what it is worth, is it an MQL, and the event that says so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import asdict, replace

from services.scoring.domain.aside import Aside, aside_of, whose
from services.scoring.domain.model import Kept, ScoredLead
from services.scoring.domain.receipts import receipt_of
from services.scoring.domain.score import Sum, add_up
from shared.agreement import Agreement, Facts, SetAside
from shared.agreement.alike import Alike, by_words
from shared.agreement.facts import facts_of_progress, frozen
from shared.baton import Handover
from shared.contracts.scoring import LeadCooled, LeadQualified, LeadScored, LeadSetAside, ScoringEvent
from shared.contracts.values import Activity, Fact, ScoreReceipt, Snapshot
from shared.effects import Decision, Say
from shared.terms import LeadId

_ALWAYS_KEPT: Final = frozenset({"consent", "segment", "source"})
"""What decides, and what outcomes are counted by, whether a rule asks for it or not."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a lead that sales got, to be counted with the score of its receipt number `handed`.

    `accepted`: whether it had been accepted before, in the same round.
    """

    what: str
    reason: str
    handed: int
    accepted: bool


class United(NamedTuple):
    """What goes on with the lead into which another one was merged: what it did, and its fast lane."""

    survivor: LeadId
    deeds: tuple[Activity, ...]
    fast_lane: str | None


class Scored(Decision[ScoredLead], frozen=True):
    """A decision of scoring, with the receipt to keep, the outcome to count, and what goes on elsewhere."""

    kept: Kept | None = None
    outcome: Outcome | None = None
    united: United | None = None


class Judged(msgspec.Struct, frozen=True):
    """A lead with its score at an instant, and everything that a receipt of it needs."""

    lead: ScoredLead
    total: Sum
    facts: Facts
    aside: Aside | None
    agreement: Agreement
    now: datetime

    def said(self) -> "Said":
        """The score with its receipt, as the lead's newest."""
        lead = replace(
            self.lead, receipts=self.lead.receipts + 1, score=self.total.score, grade=self.total.grade
        )
        receipt = receipt_of(
            self.total,
            self.facts,
            self.agreement,
            self.now,
            number=lead.receipts,
            fast_lane=lead.fast_lane,
            aside=self.aside,
        )
        return Said(lead, receipt, self.facts, self.agreement)


class Said(msgspec.Struct, frozen=True):
    """A score that is told to others: the lead as it is now, and the receipt."""

    lead: ScoredLead
    receipt: ScoreReceipt
    facts: Facts
    agreement: Agreement

    @property
    def result(self) -> dict[str, Any]:
        """What every event of scoring carries."""
        return {
            "score": self.receipt.score,
            "grade": self.receipt.grade,
            "mql": self.lead.mql,
            "segment": self.lead.segment,
            "seq": self.lead.seq,
            "fast_seq": self.lead.fast_seq,
            "receipt": self.receipt,
        }

    def snapshot(self) -> Snapshot:
        """Everything that the next owner needs, with what to offer; a playbook may ask for all of it."""
        story, receipt = self.lead.snapshot(self.receipt), self.receipt
        if not self.agreement.playbooks:
            return story
        points = {"fit": receipt.fit_points, "engagement": receipt.engagement_points}
        told = {**self.facts, **facts_of_progress(story), **points}
        playbook = self.agreement.playbook_for(story.segment, told)
        return story if playbook is None else replace(story, playbook=playbook.offer)

    def qualified(self, handover: Handover | None) -> LeadQualified:
        """The event that it is an MQL now: an offer, or information."""
        return LeadQualified(
            handover=handover,
            why="fast lane" if self.lead.fast_lane else "threshold",
            snapshot=self.snapshot(),
            **self.result,
        )

    def set_aside(self, rule: SetAside, handover: Handover | None) -> LeadSetAside:
        """The event that it is somebody else's: an offer, or information."""
        to = asdict(whose(rule, self.facts, self.agreement))
        return LeadSetAside(handover=handover, snapshot=self.snapshot(), **to, **self.result)

    def kept(self) -> Kept:
        """The receipt with its inputs, for a replay."""
        facts = _kept_by(self.agreement)(self.facts)
        seqs = [activity.seq for activity in self.lead.activities]
        first, last = (seqs[0], seqs[-1]) if seqs else (1, 0)
        is_whole = last - first + 1 == len(seqs)
        without = () if is_whole else tuple(sorted(set(range(first, last)) - set(seqs)))
        receipt = replace(self.receipt, facts=facts, lists=dict(self.agreement.list_fingerprints))
        gone = self.lead.united_folded
        united = gone + len(self.lead.united)
        return Kept(
            receipt=receipt,
            first=first,
            last=last,
            without=without,
            united=united,
            united_folded=gone,
            fast_seq=self.lead.fast_seq,
            fast_at=self.lead.fast_at or (0 if self.lead.fast_lane is None else None),
        )


@lru_cache(maxsize=8)
def _kept_by(agreement: Agreement) -> Callable[[Facts], dict[str, Fact]]:
    """What finds the facts that a receipt keeps, always in the same order."""
    names = agreement.scoring_asks | _ALWAYS_KEPT
    return Alike(by_words(names), lambda met: frozen(met, names)).of


def judge(lead: ScoredLead, facts: Facts, agreement: Agreement, now: datetime) -> Judged:
    """What the lead is worth at an instant, and whether that makes it an MQL. `facts`: its own, of now."""
    aside = aside_of(lead.activities, facts, agreement)
    total = add_up(lead.deeds, facts, agreement, now)
    judged = replace(
        lead,
        segment=facts.get("segment"),
        set_aside=aside.rule.name if aside is not None else None,
        mql=not lead.refused and aside is None and _is_mql(lead, total, facts, agreement),
    )
    return Judged(judged, total, facts, aside, agreement, now)


def _is_mql(lead: ScoredLead, total: Sum, facts: Facts, agreement: Agreement) -> bool:
    """Threshold, grade and required facts make one; once it is one, only `cools_below` ends it."""
    if lead.fast_lane is not None:
        return True
    if lead.mql and not (lead.may_cool and _is_below(total, agreement)):
        return True
    mql = agreement.mql
    return (
        total.score >= mql.score_at_least
        and total.grade <= mql.grade_at_least
        and all(name in facts for name in mql.requires)
    )


def _is_below(total: Sum, agreement: Agreement) -> bool:
    return agreement.cools_below is not None and total.score < agreement.cools_below


def rescored(
    before: ScoredLead, lead: ScoredLead, facts: Facts, agreement: Agreement, now: datetime
) -> Scored:
    """The decision when something about a lead that scoring has handed on has changed: it is information."""
    judged = judge(lead, facts, agreement, now)
    after = judged.lead
    if after.mql == before.mql and _visible(before) == _visible_now(judged):
        return Scored(after)
    said = judged.said()
    if judged.aside is not None and after.set_aside != before.set_aside:
        event: ScoringEvent = said.set_aside(judged.aside.rule, None)
    elif after.mql and not before.mql:
        event = said.qualified(None)
    elif before.mql and not after.mql and judged.aside is None and not after.refused:
        event = LeadCooled(since=now, account=after.account, **said.result)
    else:
        event = LeadScored(account=after.account, **said.result)
    return Scored(said.lead, (Say(event),), kept=said.kept())


def _visible(lead: ScoredLead) -> tuple[Any, ...]:
    return lead.score, lead.grade, *_visible_whatever_its_score(lead)


def _visible_now(judged: Judged) -> tuple[Any, ...]:
    return judged.total.score, judged.total.grade, *_visible_whatever_its_score(judged.lead)


def _visible_whatever_its_score(lead: ScoredLead) -> tuple[Any, ...]:
    return lead.segment, lead.fast_seq, lead.set_aside, lead.account, lead.refused
