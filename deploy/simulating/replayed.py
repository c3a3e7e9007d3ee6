"""What a roster would have made of recorded leads under two agreements, as a document and in words."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from deploy.simulating.comparison import Comparison
from services.routing.domain.again.replaying import Figures, Replay
from services.routing.domain.people.details import Known
from services.routing.domain.people.roster import Entry, RosterInvalid, Row, read_roster
from services.routing.domain.turns.fairness import Count, fairness
from services.routing.domain.turns.tally import TeamTurn
from shared.agreement import Agreement

Document = dict[str, Any]
SIDES: Final = ("old", "new")


def replayed(comparison: Comparison, rows: Sequence[Row], each: timedelta) -> Document:
    """Load, breaches, fairness and waiting, with the old and with the new version. Durations in seconds.

    Without figures, `why_not` says where the roster does not fit one of the two.
    """
    agreements = {"old": comparison.old[-1].agreement, "new": comparison.new}
    try:
        rosters = {side: _read(rows, agreements[side]) for side in SIDES}
    except RosterInvalid as wrong:
        return {"why_not": f"the roster does not fit: {wrong.errors[0]}"}
    found = {side: Replay.of(rosters[side], each).run(comparison.offered[side]) for side in SIDES}
    return {"each_s": int(each.total_seconds()), **{side: _plain(found[side]) for side in SIDES}}


def _read(rows: Sequence[Row], agreement: Agreement) -> list[Entry]:
    return read_roster(rows, Known.by(agreement))


def _plain(figures: Figures) -> Document:
    waited = sorted(int(one.total_seconds()) for one in figures.waited)
    return {
        "given": sum(figures.given.values()),
        "teams": dict(figures.teams.most_common()),
        "people": {person: _person(person, figures) for person, _ in figures.given.most_common()},
        "met": dict(sorted(figures.met.items())),
        "breached": dict(sorted(figures.late.items())),
        "infeasible": figures.infeasible,
        "owed_at_most": {team: round(_owed(turn), 2) for team, turn in sorted(figures.turns.items())},
        "queued": len(waited),
        "queued_p50_s": waited[len(waited) // 2] if waited else 0,
        "queued_p90_s": waited[len(waited) * 9 // 10] if waited else 0,
        "still_waiting": figures.still_waiting,
    }


def _person(person: str, figures: Figures) -> Document:
    return {"given": figures.given[person], "open_at_most": figures.open_at_most[person]}


def _owed(turn: TeamTurn) -> float:
    """How far the member of a team is off their share who is furthest."""
    nothing: dict[Any, Count] = {}
    members = fairness(turn.weights, turn.owed, turn.tallies, nothing)
    return max((abs(one.owed) for one in members), default=0.0)


def lines(found: Document) -> Iterator[tuple[str, str, str]]:
    """Each figure: what it is, with the old version, with the new one."""
    old, new = found["old"], found["new"]
    for name in sorted({*old["teams"], *new["teams"]}):
        yield f"given to team {name}", *_both(f"{side['teams'].get(name, 0):,}" for side in (old, new))
    for policy in sorted({*old["met"], *old["breached"], *new["met"], *new["breached"]}):
        yield f"accepted late, {policy}", *_both(_late(side, policy) for side in (old, new))
    yield "nobody can meet the deadline", *_both(f"{side['infeasible']:,}" for side in (old, new))
    yield "waited in a queue", *_both(f"{side['queued']:,}" for side in (old, new))
    yield "  half of them, minutes", *_both(f"{side['queued_p50_s'] // 60:,}" for side in (old, new))
    yield "  nine of ten, minutes", *_both(f"{side['queued_p90_s'] // 60:,}" for side in (old, new))
    yield "never given out", *_both(f"{side['still_waiting']:,}" for side in (old, new))
    for name in sorted({*old["teams"], *new["teams"]}):
        off = (f"{side['owed_at_most'].get(name, 0.0):.2f}" for side in (old, new))
        yield f"furthest off their share, team {name}", *_both(off)
    for person in sorted({*old["people"], *new["people"]}):
        yield person, *_both(_load(side, person) for side in (old, new))


def _both(two: Iterator[str]) -> tuple[str, str]:
    first, second = two
    return first, second


def _late(side: Document, policy: str) -> str:
    late = side["breached"].get(policy, 0)
    return f"{late:,} of {late + side['met'].get(policy, 0):,}"


def _load(side: Document, person: str) -> str:
    one = side["people"].get(person, {"given": 0, "open_at_most": 0})
    return f"{one['given']:,}, at once {one['open_at_most']:,}"
