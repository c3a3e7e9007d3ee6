"""The ledger and the counts in a few numbers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.recycle.domain.counting import NAMES
from services.recycle.domain.responsible import FALLBACK_WHYS, deputies_of
from services.recycle.store import leads as found
from services.recycle.store import ledger as books
from services.recycle.store import story as lines
from shared.runtime.tx import Tx

SHARES: Final = (0.5, 0.99)


@dataclass(frozen=True, slots=True)
class Fallback:
    """Leads in the hands of one kind of fallback, and how long the oldest has been there, in seconds."""

    leads: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Every captured lead is held or over; `as_of`: up to when the ledger has read every topic.

    `scored_late` leads are with the intake desk for longer than the agreement gives to score them.
    """

    captured: int
    held: int
    merged: int
    erased: int
    closed: int
    scored_late: int
    leads_without_owner: int
    owner_gap_seconds: float
    offer_oldest_s: float
    fallback: dict[str, Fallback]
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Leads by stage, clocks and hand-overs; capture to first assignment: p50 and p99."""

    totals: dict[str, int]
    capture_to_assigned_ms: tuple[int | None, int | None]


def summary(tx: Tx) -> Summary:
    """The ledger in one line."""
    by_ending, as_of = found.count_by_ending(tx), lines.as_of(tx)
    ended = {ending: count for ending, (count, _) in by_ending.items()}
    oldest = found.oldest_offer(tx)
    kinds = found.count_fallback(tx, deputies_of(tx.agreement), FALLBACK_WHYS)
    return Summary(
        captured=sum(ended.values()),
        held=by_ending.get(None, (0, 0))[1],
        merged=ended.get("merged", 0),
        erased=ended.get("erased", 0),
        closed=ended.get("won", 0) + ended.get("closed", 0),
        scored_late=found.count_unscored(tx, tx.now - tx.agreement.intake.scored_within),
        leads_without_owner=0 if as_of is None else books.count_without_owner(tx, as_of),
        owner_gap_seconds=0.0 if as_of is None else books.gap_seconds(tx, as_of),
        offer_oldest_s=_age_s(tx, oldest),
        fallback={kind: Fallback(count, _age_s(tx, since)) for kind, (count, since) in kinds.items()},
        as_of=as_of,
    )


def _age_s(tx: Tx, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (tx.now - since).total_seconds())


def counts(tx: Tx) -> Counts:
    """What was counted so far."""
    totals = lines.totals(tx)
    p50, p99 = found.assigned_after_ms(tx, SHARES)
    return Counts({name: totals.get(name, 0) for name in NAMES}, (p50, p99))
