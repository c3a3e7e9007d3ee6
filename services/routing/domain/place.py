"""Where a lead goes, and how that came about."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from services.routing.domain.scene import Scene
from services.routing.domain.tally import Claim, Kind
from shared.baton import Holder
from shared.contracts.values import Candidate, RuleTried


class Place(msgspec.Struct, frozen=True):
    """Where a lead goes, and how that came about.

    `waiting`: it is given out as soon as somebody can take it; at `again_at` time alone may have helped.
    `paced`: it waits for its release. `kind` is what it counts as for its owner, `claim` what that asks of
    the team's turns. `tell` is who else is told.
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


def queue_of(
    team: str, scene: Scene, *, candidates: tuple[Candidate, ...] = (), waiting: bool = False, note: str = ""
) -> Place:
    """A team's queue: the first available deputy answers. `waiting`: it is given out as soon as possible."""
    deputy = scene.first_available(scene.agreement.teams[team].deputy)
    return Place(Holder("queue", team, deputy), team, candidates=candidates, waiting=waiting, note=note)
