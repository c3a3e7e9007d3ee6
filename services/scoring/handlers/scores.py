"""What people ask of scores: how one came about, what is wrong with it, are they right."""

import re
from collections.abc import Mapping
from typing import Final

from services.scoring.domain.calibration import Alarm, Row, alarms, rows_of
from services.scoring.domain.contest import Contest, Doubt, contest, doubts
from services.scoring.domain.drift import Drift, day_of, drifts
from services.scoring.domain.model import Kept, ScoredLead
from services.scoring.domain.replay import differences, replayed
from services.scoring.store.leads import lead_states
from services.scoring.store.mix import read_mix
from services.scoring.store.outcomes import read_outcomes
from services.scoring.store.receipts import add_contest, read_contests, read_receipts, settle_contests
from shared.agreement import Agreement
from shared.effects import CommandRefused
from shared.runtime.tx import Tx
from shared.terms import LeadId

_RECEIPT: Final = re.compile(r"(.{1,64})\.(\d{1,9})")


def scored_lead(tx: Tx, lead: LeadId) -> tuple[ScoredLead, Kept]:
    """A lead with its newest receipt. Raises CommandRefused if it is unknown here, or its journey is over."""
    found = _lead(tx, lead)
    return found, _kept(tx, lead, found.receipts)


def receipt(tx: Tx, name: str) -> Kept:
    """One receipt by its name. Raises CommandRefused if there is none."""
    return _kept(tx, *_parsed(name))


def replay(tx: Tx, name: str, versions: Mapping[str, Agreement]) -> list[str]:
    """The lines that differ if a score is computed anew; none if it comes out the same.

    `versions`: those that are here beside the one in force, by name. Raises CommandRefused without its own.
    """
    lead, number = _parsed(name)
    kept = _kept(tx, lead, number)
    by = versions.get(kept.receipt.agreement, tx.agreement)
    fast = read_receipts(tx, {lead: kept.fast_at}).get(lead) if kept.fast_at else None
    return differences(kept.receipt, replayed(kept, _lead(tx, lead), by, fast))


def contest_line(tx: Tx, name: str, line: str, by: str, reason: str) -> Contest:
    """Contest a line of a receipt; whoever does so again says why anew. Raises CommandRefused."""
    lead, number = _parsed(name)
    contested = contest(lead, _kept(tx, lead, number), line, by, reason, tx.now)
    add_contest(tx, contested)
    return contested


def settle(tx: Tx, name: str, line: str, by: str, note: str) -> int:
    """Close the open contests of a rule's lines; returns how many. Raises CommandRefused if none are."""
    lead, number = _parsed(name)
    closed = settle_contests(tx, lead, number, line, by, tx.now, note)
    if not closed:
        said = (
            f"nobody contests a rule '{line[:80]}' of {name}, or it is settled; contests are listed by rule"
        )
        raise CommandRefused("unknown", said)
    return closed


def open_doubts(tx: Tx) -> list[Doubt]:
    """Open contests and rejects, by rule."""
    return doubts(read_contests(tx), read_outcomes(tx))


def calibration(tx: Tx, agreement: str | None = None) -> tuple[list[Row], list[Alarm]]:
    """What became of leads by what their score was made of, and where a higher one means less."""
    rows = rows_of(read_outcomes(tx), agreement)
    return rows, alarms(rows)


def drift(tx: Tx, agreement: str | None = None) -> list[Drift]:
    """How the mix of first scores moves, by one version of the agreement; by the one in force if not said."""
    return drifts(read_mix(tx, agreement or tx.agreement.ref), day_of(tx.now))


def _lead(tx: Tx, lead: LeadId) -> ScoredLead:
    found = lead_states.read(tx.conn, [lead]).get(lead)
    if found is None or found.custody.standing == "none":
        raise CommandRefused("unknown", f"scoring knows no lead {lead}; it may not have been captured yet")
    if found.custody.standing == "ended":
        raise CommandRefused(
            "gone", f"the journey of {lead} is over ({found.custody.ending}); what it did was dropped"
        )
    return found


def _kept(tx: Tx, lead: LeadId, number: int) -> Kept:
    found: Mapping[LeadId, Kept] = read_receipts(tx, {lead: number})
    if lead in found:
        return found[lead]
    name, known = receipt_name(lead, number), lead_states.read(tx.conn, [lead]).get(lead)
    if known is not None and 1 <= number < known.receipts:
        raise CommandRefused(
            "gone",
            f"the receipt {name} is no longer kept: BATON_SCORING_HISTORY_DAYS says how long receipts are;"
            f" the lead's newest is {receipt_name(lead, known.receipts)}",
        )
    raise CommandRefused("unknown", f"there is no receipt {name}")


def receipt_name(lead: LeadId, number: int) -> str:
    """How a receipt is named: the lead's id, a point, its number."""
    return f"{lead}.{number}"


def _parsed(name: str) -> tuple[LeadId, int]:
    found = _RECEIPT.fullmatch(name)
    if found is None:
        raise CommandRefused("unknown", "a receipt is named by its lead and its number, such as 4f0c….2")
    return LeadId(found[1]), int(found[2])
