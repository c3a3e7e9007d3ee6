"""What the roster or the agreement says has changed: which clocks that concerns, and how they run on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.routing.domain.clocks.hours import hours_of
from services.routing.domain.clocks.of_lead import set_anew
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.availability import calendar_of
from services.routing.domain.people.bench import Bench, Rep
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.turns.tally import TeamTurn
from services.routing.domain.turns.turn import Owed
from shared.agreement import Agreement

AgreementAt = Callable[[datetime], Agreement]
"""The version that was in force at an instant."""


@dataclass(frozen=True, slots=True)
class Was:
    """Somebody as the roster had them, and their teams; nobody, if they are new."""

    rep: Rep
    teams: frozenset[str] = frozenset()


def concerns(was: Was, now: Was, agreement: Agreement) -> frozenset[str]:
    """The teams whose open time is another because of a person's change."""
    if calendar_of(was.rep, agreement) != calendar_of(now.rep, agreement):
        return was.teams | now.teams
    return was.teams ^ now.teams


def is_concerned(lead: RoutedLead, people: frozenset[str], teams: frozenset[str]) -> bool:
    """Whether a clock of this lead counts the time of one of these."""
    return any(
        clock.whose in (people if clock.counts == "working" else teams)
        for clock in lead.clocks
        if clock.counts != "always"
    )


def by_the_roster(lead: RoutedLead, was: Mapping[str, Was], scene: Scene) -> Routed:
    """The lead's clocks by the roster of now; until now the time of the one before counts."""
    bench = _as_it_was(scene.bench, was)
    agreement = scene.agreement
    return set_anew(
        lead,
        lambda clock: hours_of(clock.counts, clock.whose, bench, agreement),
        scene,
        "the roster has changed",
    )


def by_the_agreement(lead: RoutedLead, at: AgreementAt, scene: Scene) -> Routed:
    """The lead's clocks as agreed now; until now the time of the version that started them counts."""
    return set_anew(
        lead,
        lambda clock: hours_of(clock.counts, clock.whose, scene.bench, at(clock.since or scene.now)),
        scene,
        f"{scene.agreement.ref} is in force",
        terms=True,
    )


def _as_it_was(bench: Bench, was: Mapping[str, Was]) -> Bench:
    teams = {name: TeamTurn(_members(name, turn.weights, was), Owed()) for name, turn in bench.teams.items()}
    return replace(bench, teams=teams, people={**bench.people, **{p: one.rep for p, one in was.items()}})


def _members(team: str, now: Mapping[str, int], was: Mapping[str, Was]) -> dict[str, int]:
    stayed = {person: weight for person, weight in now.items() if person not in was}
    return stayed | {person: 1 for person, one in was.items() if team in one.teams}
