"""A decision about where a lead goes, kept with all that it was made of, so that it can be made again."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec
from msgspec.structs import replace

from services.routing.domain.choosing.choose import receipt_of
from services.routing.domain.choosing.place import Course, Place
from services.routing.domain.model import Clock, Dispute, RoutedLead
from services.routing.domain.people.availability import calendar_of, zone_of
from services.routing.domain.people.bench import Bench
from services.routing.domain.scene import Scene
from services.routing.domain.words import instant
from shared.agreement.prose.words import length
from shared.baton import Holder
from shared.contracts.values import RouteReceipt

NOBODY: Final = Holder("queue", "", "")


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A receipt, who got the lead, and what was so at that moment.

    `lead`: what of it counted; its facts are in the receipt. `course`: how a place was looked for; None, if
    nobody was chosen. `roster`: which version of each person was looked at, 0 for one it does not know.
    `owed`: by team, what each is owed, exactly; `away`: what of it went by while they were away. `load`: open
    leads; `today`: leads given and released on their day. `paused`: people and teams that were, in words.
    """

    receipt: RouteReceipt
    holder: Holder = NOBODY
    lead: RoutedLead = RoutedLead()
    course: Course | None = None
    dispute: Dispute | None = None
    roster: dict[str, int] = {}
    owed: dict[str, dict[str, str]] = {}
    away: dict[str, dict[str, float]] = {}
    load: dict[str, int] = {}
    today: dict[str, tuple[int, int]] = {}
    paused: dict[str, str] = {}


def noted(lead: RoutedLead, place: Place, why: str, scene: Scene, dispute: Dispute | None = None) -> Kept:
    """What a decision was made of. To be noted before the lead is given: that moves turns and counts."""
    bench = scene.bench
    made = Kept(
        receipt=receipt_of(place, why, lead, scene),
        holder=place.holder,
        lead=_what_counts(lead),
        course=place.course,
        dispute=dispute,
    )
    if place.course is None:
        return made
    people, teams = _people(bench), {name: bench.teams[name] for name in sorted(bench.asked_teams)}
    return replace(
        made,
        owed={name: turns.owed.written() for name, turns in teams.items()},
        away={
            name: away
            for name, turns in teams.items()
            if (away := {who: tally.away for who, tally in turns.tallies.items() if tally.away})
        },
        load={who: bench.load[who] for who in people if bench.load.get(who)} if bench.load else {},
        today={who: tuple(had) for who in people if any(had := bench.had_today(who))} if bench.today else {},
    )


def keep(made: Kept, lead: RoutedLead, scene: Scene) -> RouteReceipt:
    """The receipt, now that its clock runs; the decision is kept with the transaction."""
    bench = scene.bench
    receipt = replace(made.receipt, number=lead.receipts + 1, clocks=clocks_in_words(lead, scene))
    versions, paused = _versions(bench)
    # A team of nobody, which perhaps only the clock asks for, is known by this alone.
    nobodys: dict[str, dict[str, str]] = {
        team: {} for team in bench.asked_teams if not bench.teams[team].weights
    }
    kept = replace(made, receipt=receipt, roster=versions, paused=paused, owed={**nobodys, **made.owed})
    bench.kept.append((scene.lead, kept))
    return receipt


def clocks_in_words(lead: RoutedLead, scene: Scene) -> tuple[str, ...]:
    """What is to be done by when, and in whose hours."""
    return tuple(
        [
            _in_words(
                clock.name,
                clock.due_at,
                clock.policy,
                clock.within,
                f"{_counted(clock, scene)}{f', {clock.warning}' if clock.warning else ''}",
            )
            for clock in lead.clocks
        ]
    )


@lru_cache(maxsize=1024)
def _in_words(name: str, due_at: datetime, policy: str, within: timedelta, counted: str) -> str:
    # The same for all leads of a transaction with the same policy.
    return f"{name} by {instant(due_at)} ({policy}): {length(within)} {counted}"


def _counted(clock: Clock, scene: Scene) -> str:
    if clock.counts == "always":
        return "by day and by night"
    if clock.counts == "any_open":
        return f"while anybody in {clock.whose} is at work"
    rep = scene.bench.ask(clock.whose)
    if calendar_of(rep, scene.agreement) is None:
        return f"of {clock.whose}, who works by day and by night"
    hours = "shifts of their own" if rep.details.shifts else f"calendar {rep.details.calendar or 'none'}"
    return f"of the working time of {clock.whose}, {hours}, {zone_of(rep, scene.agreement)}"


def _versions(bench: Bench) -> tuple[dict[str, int], dict[str, str]]:
    """Who was looked at, in which version, and who and which teams of them are paused."""
    whom = frozenset(_people(bench)), frozenset(bench.asked_teams)
    if whom not in bench.versions:
        people = [bench.people[person] for person in sorted(whom[0])]
        paused = {rep.person: rep.paused for rep in people if rep.paused}
        paused |= {team: bench.paused[team] for team in sorted(whom[1]) if team in bench.paused}
        bench.versions[whom] = {rep.person: rep.version for rep in people}, paused
    return bench.versions[whom]


def _people(bench: Bench) -> set[str]:
    """Whom the decision asked for, and the members of the teams that it asked for."""
    return bench.asked.union(*(bench.teams[team].weights for team in bench.asked_teams))


def _what_counts(lead: RoutedLead) -> RoutedLead:
    """Nothing of the person. Of the clocks only the one whose time goes on with the next rep."""
    accept = lead.clock("accept")
    return RoutedLead(
        custody=lead.custody,
        stage=lead.stage,
        team=lead.team,
        since=lead.since,
        position=lead.position,
        attempts=lead.attempts,
        clocks=(replace(accept, rungs=()),) if accept is not None else (),
        series=lead.series,
        whose=lead.whose,
        declined=lead.declined,
        receipts=lead.receipts,
    )
