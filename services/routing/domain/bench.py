"""The part of the roster that a decision looks at: teams with their turns, people with their load.

A bench belongs to one transaction, which holds the locks of what is on it. Decisions are made on it one after
the other, each seeing what the one before it gave away: so a batch decides as one by one would.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.routing.domain.model import RoutedLead
from services.routing.domain.person import NO_DETAILS, Details
from services.routing.domain.turn import Owed
from shared.agreement import Agreement


class NotOnTheBench(Exception):
    """A decision needs a team or person that was not loaded; the caller loads them and decides again."""

    def __init__(self, *, team: str | None = None, person: str | None = None) -> None:
        super().__init__(team or person)
        self.team, self.person = team, person


@dataclass(frozen=True, slots=True)
class Rep:
    """One person of the roster, who is `active` there. Who the agreement names is active by that alone."""

    person: str
    name: str = ""
    active: bool = False
    notify: str | None = None
    languages: tuple[str, ...] = ()
    details: Details = NO_DETAILS


@dataclass(slots=True)
class TeamTurn:
    """One team's members with their weights, and what each is owed."""

    weights: Mapping[str, int]
    owed: Owed
    changed: bool = False

    def note(self, owed: Owed) -> None:
        """Keep what members are owed after a turn."""
        self.owed, self.changed = owed.among(self.weights), True


@dataclass(slots=True)
class Bench:
    """Teams and people that are loaded and locked. `named` are those whom the agreement names."""

    named: frozenset[str]
    teams: dict[str, TeamTurn] = field(default_factory=dict)
    people: dict[str, Rep] = field(default_factory=dict)
    load: dict[str, int] = field(default_factory=dict)

    def team(self, name: str) -> TeamTurn:
        """A team's members and turns."""
        if name not in self.teams:
            raise NotOnTheBench(team=name)
        return self.teams[name]

    def rep(self, person: str) -> Rep:
        """A person; one whom the roster does not know is not active."""
        if person not in self.people:
            raise NotOnTheBench(person=person)
        return self.people[person]

    def can_hold(self, person: str) -> bool:
        """Whether this person may answer for leads, here or away."""
        return person in self.named or self.rep(person).active

    def open_leads(self, person: str) -> int:
        """How many leads lie in this person's hands, offers of a hand-off included, if a cap asks for it."""
        self.rep(person)
        return self.load.get(person, 0)

    def moved(self, before: RoutedLead, after: RoutedLead) -> None:
        """Count who has a lead in their hands after a decision."""
        for person in carriers(before):
            self.load[person] = self.load.get(person, 0) - 1
        for person in carriers(after):
            self.load[person] = self.load.get(person, 0) + 1


def carriers(lead: RoutedLead) -> tuple[str, ...]:
    """In whose hands a lead lies: the rep who holds it, and whoever is asked to take it over."""
    holder = lead.custody.holder
    if not lead.holding or holder is None or holder.kind != "rep":
        return ()
    return (holder.name,) if lead.handoff is None else (holder.name, lead.handoff.to)


def named_by(agreement: Agreement) -> frozenset[str]:
    """Whom the agreement names as answering for leads: active by that, until a version replaces them."""
    teams = agreement.teams.values()
    return frozenset(
        [
            agreement.intake.owner,
            *(team.lead for team in teams),
            *(person for team in teams for person in team.deputy),
            *(desk.owner for desk in agreement.desks.values()),
            *(track.owner for track in agreement.tracks.values()),
        ]
    )


def capped_by(agreement: Agreement) -> frozenset[str]:
    """The teams whose members may have only so many open leads."""
    return frozenset(name for name, team in agreement.teams.items() if team.at_most_open is not None)
