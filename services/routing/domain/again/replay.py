"""A decision, made again of what it was made of: does the lead go the same way, and if not, what differs?"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from services.routing.domain.choosing.choose import (
    anew,
    covered,
    deputy_in_person,
    executives_for,
    preferred,
    receipt_of,
    to_person,
    whose_it_is,
)
from services.routing.domain.choosing.kept import Kept, clocks_in_words
from services.routing.domain.choosing.place import Course, Place, queue_of, with_note
from services.routing.domain.clocks.of_lead import with_clock, with_handoff_clock
from services.routing.domain.model import Handoff, RoutedLead
from services.routing.domain.people.bench import Bench, Rep, Today
from services.routing.domain.scene import Scene
from services.routing.domain.steps.handoff import executive, in_place_of
from services.routing.domain.steps.heap import at_its_pace
from services.routing.domain.turns.tally import Tally, TeamTurn
from services.routing.domain.turns.turn import Owed, Throw
from shared.agreement import Agreement
from shared.agreement.facts import thawed
from shared.contracts.values import RouteReceipt
from shared.terms import LeadId

Roster = Mapping[str, tuple[Rep, Mapping[str, int]]]
"""People as the roster had them, with their weight in each of their teams."""


def bench_then(kept: Kept, roster: Roster, agreement: Agreement) -> Bench:
    """Teams and people as they were when a decision was made. A team whose turns are not kept owes nobody."""
    people = {who: replace_paused(rep, kept) for who, (rep, _) in roster.items()}
    weights: dict[str, dict[str, int]] = {team: {} for team in kept.owed}
    for who, (rep, teams) in roster.items():
        for team, weight in teams.items():
            if rep.active:
                weights.setdefault(team, {})[who] = weight
    return Bench(
        agreement.named,
        teams={team: _turns(team, members, kept) for team, members in weights.items()},
        people={**{who: replace_paused(Rep(who), kept) for who in kept.roster}, **people},
        load=dict(kept.load),
        today={who: Today(*had) for who, had in kept.today.items()},
        paused={name: words for name, words in kept.paused.items() if name in agreement.teams},
    )


def replace_paused(rep: Rep, kept: Kept) -> Rep:
    """Somebody with the pause that was theirs then, which the roster does not know."""
    return Rep(
        rep.person,
        rep.name,
        rep.active,
        rep.notify,
        rep.languages,
        rep.details,
        kept.paused.get(rep.person, ""),
        rep.version,
    )


def made_again(kept: Kept, lead: LeadId, agreement: Agreement, bench: Bench) -> Kept:
    """The same decision by this agreement, on this bench. Raises NotOnTheBench for whom it asks besides."""
    course, receipt = kept.course, kept.receipt
    scene = Scene(
        lead,
        receipt.at,
        agreement,
        bench,
        lambda name: Throw(f"routing/{lead}/{name}"),
        pace=course.pace if course is not None else None,
        known=thawed(receipt.facts, receipt.at),
    )
    place = _given(kept) if course is None else _looked_for(course, kept.lead, scene)
    again = receipt_of(place, receipt.why, kept.lead, replace(scene, pace=None))
    after = _with_clock(kept, place, scene)
    again = replace(again, number=receipt.number, clocks=clocks_in_words(after, scene))
    return replace(kept, receipt=again, holder=place.holder)


def _given(kept: Kept) -> Place:
    """Nobody was chosen: it was taken by hand, or by whom the ladder names."""
    assert kept.receipt.team is not None, "every place has a team"
    return Place(kept.holder, kept.receipt.team, note=kept.receipt.note)


def _looked_for(course: Course, lead: RoutedLead, scene: Scene) -> Place:
    place = _of_its_own(course, lead, scene)
    place = at_its_pace(place, lead, scene) if course.paced else place
    return with_note(place, course.note) if course.note else place


def _of_its_own(course: Course, lead: RoutedLead, scene: Scene) -> Place:
    person = course.person or ""
    match course.how:
        case "rules":
            return preferred(course.person, lead, scene)
        case "anew":
            return anew(lead, scene)
        case "cover":
            return covered(person, lead, scene)
        case "executive":
            return _executive(course, lead, scene)
        case "deputy":
            return deputy_in_person(lead, scene, "")
        case "whose":
            assert course.whose is not None, "the rule says whose it is"
            return whose_it_is(course.whose, lead, scene)
        case "person":
            found = to_person(person, course.team, lead, scene)
            return found if isinstance(found, Place) else queue_of(course.team, lead, scene, note=found)
    return queue_of(course.team, lead, scene, waiting=course.waiting)


def _executive(course: Course, lead: RoutedLead, scene: Scene) -> Place:
    executives = executives_for(scene.facts(lead), scene.agreement)
    if executives is None:
        return queue_of(course.team, lead, scene, note="no rule of the hand-off names a team")
    if course.person is not None:
        return in_place_of(course.person, course.team, executives, lead, scene)
    return executive(executives, lead, scene)


def _with_clock(kept: Kept, place: Place, scene: Scene) -> RoutedLead:
    lead, course = kept.lead, kept.course
    if course is not None and course.how == "executive":
        giver = lead.custody.holder
        assert giver is not None, "an SDR offers it"
        asked = Handoff(place.holder.name, course.team, giver, kept.receipt)
        return with_handoff_clock(replace(lead, handoff=asked), scene)
    there = replace(
        lead,
        custody=replace(lead.custody, holder=place.holder),
        team=place.team,
        waiting=place.waiting,
        fallback=place.fallback,
        dispute=kept.dispute,
    )
    return with_clock(there, scene, paced=place.paced)


def _turns(team: str, weights: Mapping[str, int], kept: Kept) -> TeamTurn:
    away = kept.away.get(team, {})
    tallies = {who: Tally(away=leads) for who, leads in away.items()}
    return TeamTurn(weights, Owed.read(kept.owed.get(team, {})), tallies)


# ---- what differs


def differences(before: Kept, again: Kept) -> list[str]:
    """Each line that is not the same any more, in words; none if the replay gives the same."""
    was, now = before.receipt, again.receipt
    found = [
        *_each("the rule", _rules(was), _rules(now)),
        *_each("the candidate", _candidates(was), _candidates(now)),
        *_each("the turn of", was.turn, now.turn),
        *_each("the fact", was.facts, now.facts),
        *_each("the list", was.lists, now.lists),
    ]
    whole = {
        "who has it": (before.holder.name, again.holder.name),
        "who answers": (before.holder.answers, again.holder.answers),
        "the team": (was.team, now.team),
        "what it counts for": (str(was.worth), str(now.worth)),
        "the note": (was.note, now.note),
        "the clock": ("; ".join(was.clocks), "; ".join(now.clocks)),
        "the agreement": (was.agreement, now.agreement),
    }
    return found + [_differs(what, *both) for what, both in whole.items() if both[0] != both[1]]


def _each(what: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in {**was, **now}:
        if was.get(name) != now.get(name):
            yield _differs(f"{what} '{name}'", was.get(name), now.get(name))


def _differs(what: str, was: object, now: object) -> str:
    return f"{what} was {_said(was)}; it is {_said(now)}"


def _said(value: object) -> str:
    return "not there" if value is None else str(value) or "nothing"


def _rules(receipt: RouteReceipt) -> dict[str, str]:
    return {
        rule.name: f"{'matched' if rule.matched else 'not matched'} ({rule.sentence})"
        for rule in receipt.rules
    }


def _candidates(receipt: RouteReceipt) -> dict[str, str]:
    return {one.person: one.why_not or "has it" for one in receipt.candidates}


class Replayed(msgspec.Struct, frozen=True):
    """A decision made again: what is not the same, and what of it is a guess, because it was not kept."""

    kept: Kept
    again: Kept
    differs: list[str]
    guessed: list[str] = []
