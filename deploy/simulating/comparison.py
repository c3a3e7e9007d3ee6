"""What a new version would have done with recorded leads, beside what was in force."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from services.routing.domain.again.replaying import Offered
from services.routing.domain.again.simulated import NAMED, team_by_rules
from services.scoring.domain.simulated import FOREVER, InForce, simulated
from shared.agreement import Agreement
from shared.agreement.versions import Version, due
from shared.contracts.history import Recorded
from shared.contracts.scoring import LeadNotQualified, LeadQualified, LeadSetAside, ScoringEvent
from shared.contracts.values import ScoreReceipt, Snapshot

SHOWN_MAX: Final = 20
"""How many leads are named of those gained, and of those lost."""
NOTHING: Final = ""
"""In place of a name, where no fast lane was taken or no rule set the lead aside."""
NO_SEGMENT: Final = "none"


class Ran(NamedTuple):
    """What one version makes of one lead. `place`: where it goes, such as "team inside" or "track new".

    `seq`: the activity at which it was judged. `offered`: what the routing rules decide upon, if they do.
    """

    mql: bool
    grade: str
    segment: str
    place: str
    seq: int
    receipt: ScoreReceipt
    offered: Offered | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A lead that is an MQL with one version only; `why` says what it lacked then with the other.

    Both scores are of the activity that made it one.
    """

    lead: str
    captured_at: datetime
    old_score: int
    new_score: int
    why: str


@dataclass(slots=True)
class Comparison:
    """What was in force and a new version, with the same leads. Pairs are (old, new).

    `until`: now; what leads are said to have done later came before it. `places` counts all leads by where
    they go; `judged_by` by the old version that judged them. `roster`: who is given what routing is offered;
    without one, that is not replayed.
    """

    old: Sequence[Version]
    new: Agreement
    until: datetime = FOREVER
    roster: bool = False
    leads: int = 0
    judged_by: Counter[str] = field(default_factory=Counter)
    mqls: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    grades: Counter[tuple[str, str]] = field(default_factory=Counter)
    segments: Counter[tuple[str, str]] = field(default_factory=Counter)
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    fast_lanes: Counter[tuple[str, str]] = field(default_factory=Counter)
    set_aside: Counter[tuple[str, str]] = field(default_factory=Counter)
    offered: dict[str, list[Offered]] = field(default_factory=lambda: {"old": [], "new": []})
    gained: list[Shown] = field(default_factory=list)
    lost: list[Shown] = field(default_factory=list)

    def add(self, recorded: Recorded) -> None:
        """Run one lead through both versions, and count it."""
        old, new = self._run(recorded, self._old), self._run(recorded, self._new)
        self.leads += 1
        for name, ran in (("old", old), ("new", new)) if self.roster else ():
            if ran.offered is not None:
                self.offered[name].append(ran.offered)
        self.judged_by[old.receipt.agreement] += 1
        self.mqls[old.mql, new.mql] += 1
        self.grades[old.grade, new.grade] += 1
        self.segments[old.segment, new.segment] += 1
        self.places[old.place, new.place] += 1
        self.fast_lanes[_fast_lane(old), _fast_lane(new)] += 1
        self.set_aside[_set_aside(old), _set_aside(new)] += 1
        if old.mql != new.mql:
            shown = self.gained if new.mql else self.lost
            if len(shown) < SHOWN_MAX:
                shown.append(self._shown(recorded, old, new))

    def _run(self, recorded: Recorded, in_force: InForce) -> Ran:
        return run(recorded, in_force, self.until)

    def _old(self, at: datetime) -> Agreement:
        return due(self.old, at).agreement

    def _new(self, _: datetime) -> Agreement:
        return self.new

    def _shown(self, recorded: Recorded, old: Ran, new: Ran) -> Shown:
        made = new if new.mql else old
        until = tuple(activity for activity in recorded.activities if activity.seq <= made.seq)
        then = self._run(replace(recorded, activities=until), self._old if new.mql else self._new).receipt
        scores = (then.score, made.receipt.score) if new.mql else (made.receipt.score, then.score)
        return Shown(recorded.lead, recorded.captured_at, *scores, _lacked(then))


def run(recorded: Recorded, in_force: InForce, until: datetime) -> Ran:
    """One lead through one version, or through those that were in force one after the other."""
    event = simulated(recorded, in_force, until)
    receipt = event.receipt
    agreement = in_force(receipt.at)
    place, story = _place(event, agreement)
    offered = None if story is None else Offered(receipt.at, recorded.lead, _in_short(story), agreement)
    return Ran(event.mql, receipt.grade, event.segment or NO_SEGMENT, place, event.seq, receipt, offered)


def totals(pairs: Counter[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """How many there are by name with the old and with the new version; the most frequent first."""
    old: Counter[str] = Counter()
    new: Counter[str] = Counter()
    for (before, after), number in pairs.items():
        old[before] += number
        new[after] += number
    names = sorted({*old, *new} - {NOTHING}, key=lambda name: (-old[name] - new[name], name))
    return {name: (old[name], new[name]) for name in names}


def moved(pairs: Counter[tuple[str, str]]) -> Sequence[tuple[str, str, int]]:
    """From where to where the leads went that the versions treat differently; the largest stream first."""
    streams = [(old, new, number) for (old, new), number in pairs.items() if old != new]
    return sorted(streams, key=lambda stream: (-stream[2], stream))


def _place(event: ScoringEvent, agreement: Agreement) -> tuple[str, Snapshot | None]:
    """Where it goes, and its story if the routing rules say so."""
    if isinstance(event, LeadNotQualified):
        assert event.to is not None
        return f"{event.to.kind} {event.to.name}", None
    if isinstance(event, LeadSetAside) and event.person is not None:
        return NAMED, None
    if isinstance(event, LeadSetAside) and event.team is not None:
        return f"team {event.team}", None
    assert isinstance(event, (LeadQualified, LeadSetAside))
    story = replace(event.snapshot, receipt=event.receipt)
    team = team_by_rules(story, agreement, event.receipt.at)
    return (team if team == NAMED else f"team {team}"), story


def _in_short(story: Snapshot) -> Snapshot:
    """What the rules may ask of it: a hundred thousand are kept until all are known, to be given in order."""
    assert story.receipt is not None
    short = replace(story.receipt, fit=(), engagement=())
    return replace(story, receipt=short, activities=story.activities[-1:], history=())


def _fast_lane(ran: Ran) -> str:
    return ran.receipt.fast_lane or NOTHING if ran.mql else NOTHING


def _set_aside(ran: Ran) -> str:
    return ran.receipt.set_aside.name if ran.receipt.set_aside is not None else NOTHING


def _lacked(receipt: ScoreReceipt) -> str:
    aside = receipt.set_aside
    if aside is not None:
        return f"set aside by the rule '{aside.name}': {aside.sentence}"
    return "; and ".join(receipt.missing)
