"""Where a lead goes, and how that came about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from services.routing.domain.model import RoutedLead
from services.routing.domain.scene import Scene
from services.routing.domain.turns.tally import Claim, Kind
from shared.baton import Holder
from shared.contracts.values import Candidate, RuleTried, Whose

How = Literal["rules", "anew", "whose", "person", "cover", "executive", "deputy", "queue"]


class Course(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a place was looked for, so that it can be looked for again.

    `person`: who was asked before the rules; of "person" and "cover", who is meant. `paced`: what comes in a
    heap waits; `pace`: it is released, of which a rep has so many a day. `note`: what was said on top.
    """

    how: How
    person: str | None = None
    team: str = ""
    whose: Whose | None = None
    waiting: bool = False
    paced: bool = False
    pace: int | None = None
    note: str = ""


class Place(msgspec.Struct, frozen=True):
    """Where a lead goes, and how that came about.

    `waiting`: it is given out as soon as somebody can take it; at `again_at` time alone may have helped.
    `paced`: it waits for its release. `kind` is what it counts as for its owner, `claim` what that asks of
    the team's turns. `tell` is who else is told. `course`: how it was looked for; None, if nobody was chosen.
    """

    holder: Holder
    team: str
    rules: tuple[RuleTried, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    turn: Mapping[str, str] = msgspec.field(default_factory=dict)
    note: str = ""
    waiting: bool = False
    fallback: bool = False
    paced: bool = False
    kind: Kind = "named"
    claim: Claim = Claim()
    tell: str | None = None
    again_at: datetime | None = None
    course: Course | None = None


def queue_of(
    team: str,
    lead: RoutedLead,
    scene: Scene,
    *,
    candidates: tuple[Candidate, ...] = (),
    waiting: bool = False,
    note: str = "",
) -> Place:
    """A team's queue: the first available deputy answers. `waiting`: it is given out as soon as possible."""
    deputy = scene.first_available(scene.agreement.teams[team].deputy, besides=lead.declined)
    course = Course("queue", team=team, waiting=waiting, note=note)
    return Place(
        Holder("queue", team, deputy), team, candidates=candidates, waiting=waiting, note=note, course=course
    )


def with_note(place: Place, note: str) -> Place:
    """The same place, with something more to say about it."""
    course = place.course and replace(place.course, note=joined(place.course.note, note))
    return replace(place, note=joined(place.note, note), course=course)


def joined(*notes: str) -> str:
    """Several notes as one."""
    return "; ".join(note for note in notes if note)


def sooner(*instants: datetime | None) -> datetime | None:
    """The earliest of those that are known."""
    return min((at for at in instants if at is not None), default=None)
