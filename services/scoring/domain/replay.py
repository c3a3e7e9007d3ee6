"""A receipt, computed anew from its inputs: is the score the same, and if not, which line differs?"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from msgspec.structs import replace

from services.scoring.domain.aside import aside_of
from services.scoring.domain.given import fast_lane_by
from services.scoring.domain.model import Kept, ScoredLead
from services.scoring.domain.receipts import receipt_of
from services.scoring.domain.score import add_up
from shared.agreement import Agreement, Facts
from shared.agreement.facts import thawed
from shared.contracts.values import Activity, Point, ScoreReceipt
from shared.effects import CommandRefused


def replayed(kept: Kept, lead: ScoredLead, agreement: Agreement, fast: Kept | None = None) -> ScoreReceipt:
    """The receipt as its inputs give it now. Raises CommandRefused if they are not all there any more.

    `fast`: the earlier one with which it took its fast lane, if that is kept.
    """
    before = kept.receipt
    if before.agreement != agreement.ref:
        raise CommandRefused(
            "gone",
            f"it was scored by {before.agreement}, and no file of that is here: put it beside the others",
        )
    activities = tuple(activity for activity in lead.activities if kept.saw(activity))
    gone = lead.united_folded
    united = lead.united[max(0, kept.united_folded - gone) : kept.united - gone]
    seen = kept.last - kept.first + 1 - len(kept.without) + kept.united - kept.united_folded
    if len(activities) + len(united) < seen:
        raise CommandRefused(
            "gone",
            "not all of the activities that it counted are kept any more: what has faded away is folded out;"
            " the receipt itself still says what they were and what they gave",
        )
    facts = thawed(before.facts, before.at)
    again = receipt_of(
        add_up((*activities, *united), facts, agreement, before.at),
        facts,
        agreement,
        before.at,
        number=before.number,
        fast_lane=_fast_lane(kept, fast, activities, facts, agreement),
        aside=aside_of(activities, facts, agreement),
    )
    return replace(again, facts=before.facts, lists=dict(agreement.list_fingerprints))


def _fast_lane(
    kept: Kept, fast: Kept | None, activities: Iterable[Activity], facts: Facts, agreement: Agreement
) -> str | None:
    """The lane that its activity takes, or what was said: by an earlier score, or of what is folded out."""
    if kept.fast_at == 0:
        return None
    if kept.fast_at == kept.receipt.number:
        lane_of = fast_lane_by(agreement)(facts)
        said = kept.receipt.fast_lane
        return next((lane_of(one) for one in activities if one.seq == kept.fast_seq), said)
    return (kept if fast is None else fast).receipt.fast_lane


def differences(before: ScoreReceipt, again: ScoreReceipt) -> list[str]:
    """Each line that is not the same any more, in words; none if the replay gives the same."""
    found = [*_points(before, again), *_values(before, again)]
    if not found and before != again:
        found.append("a sentence reads differently")
    return found


def _points(before: ScoreReceipt, again: ScoreReceipt) -> Iterator[str]:
    was, now = _lines(before), _lines(again)
    for name in {**was, **now}:
        if was.get(name) != now.get(name):
            yield f"'{name[0]}'{_which(name[1])} was {_said(was.get(name))}; it is {_said(now.get(name))}"


def _values(before: ScoreReceipt, again: ScoreReceipt) -> Iterator[str]:
    for name, words in _COMPARED.items():
        was, now = getattr(before, name), getattr(again, name)
        if was != now:
            yield f"{words} was {_worded(was)}; it is {_worded(now)}"


_COMPARED: Mapping[str, str] = {
    "fit_points": "the sum of the fit points",
    "engagement_points": "the sum of the engagement points",
    "grade": "the grade",
    "fast_lane": "the fast lane",
    "score": "the score",
    "missing": "what is missing",
    "set_aside": "the rule that sets it aside",
    "lists": "the fingerprints of the lists",
}


def _lines(receipt: ScoreReceipt) -> dict[tuple[str, int | None, int], Point]:
    """The lines by rule and activity; those for activities without a count by their place among them."""
    lines: dict[tuple[str, int | None, int], Point] = {}
    for point in (*receipt.fit, *receipt.engagement):
        place = next(n for n in count() if (point.name, point.seq, n) not in lines)
        lines[point.name, point.seq, place] = point
    return lines


def _which(seq: int | None) -> str:
    return f" for activity {seq}" if seq is not None else ""


def _said(point: Point | None) -> str:
    if point is None:
        return "not there"
    faded = f", worth {point.worth}" if point.worth != point.points else ""
    return f"{point.points:+d}{faded} ({point.sentence})"


def _worded(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(map(str, value)) or "nothing"
    return "none" if value is None else str(getattr(value, "name", value))
