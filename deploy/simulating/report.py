"""A comparison as a document, for programs and for the page, and the sentences above its tables."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from deploy.simulating.comparison import Comparison, Shown, moved, totals
from shared.agreement.conditions.vocabulary import GRADES
from shared.agreement.versions import due

Document = dict[str, Any]
STREAMS_MAX: Final = 6
"""How many ways from one to another are told of."""


def document(
    comparison: Comparison, since: datetime | None, complete_from: datetime | None, now: datetime
) -> Document:
    """All of it in plain values."""
    mqls = comparison.mqls
    return {
        "old": _old(comparison, now),
        "new": comparison.new.ref,
        "since": since.isoformat() if since else None,
        "complete_from": complete_from.isoformat() if complete_from else None,
        "leads": comparison.leads,
        "mqls": {
            "old": mqls[True, True] + mqls[True, False],
            "new": mqls[True, True] + mqls[False, True],
            "gained": mqls[False, True],
            "lost": mqls[True, False],
        },
        "grades": _pairs(comparison.grades, GRADES),
        "segments": _pairs(comparison.segments),
        "places": _pairs(comparison.places),
        "fast_lanes": _pairs(comparison.fast_lanes),
        "set_aside": _pairs(comparison.set_aside),
        "gained": _leads(comparison.gained),
        "lost": _leads(comparison.lost),
    }


def in_words(found: Document) -> Iterator[str]:
    """What was compared, what came out, and what such a look back can not know."""
    mqls, since = found["mqls"], found["since"]
    captured = f" captured since {since[:10]}" if since else ""
    yield f"{found['old']} → {found['new']} on {found['leads']:,} recorded leads{captured}"
    yield (f"MQLs {mqls['old']:,} → {mqls['new']:,}: {mqls['gained']:,} gained, {mqls['lost']:,} lost")
    if found["complete_from"] is not None:
        yield f"Activities are recorded completely since {found['complete_from'][:10]}."
    yield (
        "Each lead is judged at each of its activities, with what is known of it today, until it is an MQL. "
        "Teams are those of the rules."
    )
    routing = found.get("routing")
    if routing is None:
        yield "Turns, caps, hours and absences are not replayed: name a roster with --roster."
    elif "why_not" in routing:
        yield f"Turns, caps, hours and absences are not replayed: {routing['why_not']}."
    else:
        yield (
            "Turns, caps, hours and absences are replayed with the roster as it is; each rep works "
            f"{routing['each_s'] // 60} minutes on a lead, one after the other."
        )


def _old(comparison: Comparison, now: datetime) -> str:
    """The versions that judged a lead, in order; where there was none, the one in force."""
    used = [version.ref for version in comparison.old if comparison.judged_by[version.ref]]
    return " then ".join(used) or due(comparison.old, now).ref


def moved_in_words(moved: Sequence[Document]) -> str:
    """'42 from team inside to track new; 12 from …': the largest streams."""
    said = [f"{one['leads']:,} from {one['old'] or 'none'} to {one['new'] or 'none'}" for one in moved]
    rest = [f"and {len(said) - STREAMS_MAX} smaller"] if len(said) > STREAMS_MAX else []
    return "; ".join([*said[:STREAMS_MAX], *rest])


def _pairs(pairs: Counter[tuple[str, str]], order: Sequence[str] = ()) -> Document:
    counted = totals(pairs)
    names = [name for name in order if name in counted] or list(counted)
    return {
        "totals": {name: dict(zip(("old", "new"), counted[name], strict=True)) for name in names},
        "moved": [{"old": old, "new": new, "leads": number} for old, new, number in moved(pairs)],
    }


def _leads(shown: Sequence[Shown]) -> list[Document]:
    return [
        {
            "lead": lead.lead,
            "captured_at": lead.captured_at.isoformat(),
            "old_score": lead.old_score,
            "new_score": lead.new_score,
            "why": lead.why,
        }
        for lead in shown
    ]
