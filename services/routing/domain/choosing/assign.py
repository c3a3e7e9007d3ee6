"""Gives a lead a place: the baton moves, clocks start, and whoever answers from now on is told."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from services.routing.domain.choosing.choose import anew
from services.routing.domain.choosing.feasible import why_infeasible
from services.routing.domain.choosing.kept import keep, noted
from services.routing.domain.choosing.ledger import give_back, given, turn_asked
from services.routing.domain.choosing.place import Place, queue_of
from services.routing.domain.clocks.of_lead import with_clock
from services.routing.domain.model import Dispute, RoutedLead
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.words import tell
from shared import baton
from shared.baton import Handover, Passed
from shared.contracts.routing import HandoffRefused, LeadAssigned, Why
from shared.effects import Decision, Effect, Say, nothing


def hand_on(
    lead: RoutedLead,
    place: Place,
    why: Why,
    scene: Scene,
    *,
    counts: bool = False,
    by: str | None = None,
    dispute: Dispute | None = None,
) -> Routed:
    """Give a held lead to somebody else. `counts`: it was a breach or a reject, and these are bounded."""
    passed = baton.hand_on(lead.custody, place.holder, counts=counts)
    moved = placed(lead, passed, place, why, scene, by=by, dispute=dispute)
    asked_no_more = withdrawn(lead, scene, answers=place.holder.answers)
    return Decision(moved.state, (*asked_no_more, *moved.effects))


def placed(
    lead: RoutedLead,
    passed: Passed,
    place: Place,
    why: Why,
    scene: Scene,
    *,
    by: str | None = None,
    dispute: Dispute | None = None,
) -> Routed:
    """The state after the baton went to `place`: its clock runs, and `lead.assigned` says so."""
    custody, handover = passed
    made = noted(lead, place, why, scene, dispute)
    given(lead, place, scene)
    position = scene.bench.next_position(place.team) if place.paced else None
    there = replace(
        lead,
        custody=custody,
        team=place.team,
        why=why,
        receipt=made.receipt,
        since=scene.now,
        accepted=False,
        waiting=place.waiting,
        position=position,
        fallback=place.fallback,
        dispute=dispute,
        handoff=None,
        snooze=None,
        snoozed=timedelta(0),
        untold_since=None,
    )
    there = with_clock(there, scene, paced=place.paced)
    receipt = keep(made, there, scene)
    there = replace(there, receipt=receipt, receipts=receipt.number)
    _look_again(place, scene)
    release_at = place.again_at if place.paced else None
    said = announced(there, handover, why, scene, by=by, release_at=release_at)
    return said if place.tell is None else said.then(_also_told(said.state, place.tell, scene))


def _look_again(place: Place, scene: Scene) -> None:
    if place.paced:
        # Whoever else may have it, by name or of another team, perhaps begins to work sooner.
        scene.bench.look_again(place.team, scene.now)
    elif place.waiting and place.again_at is not None:
        scene.bench.look_again(place.team, place.again_at)


def withdrawn(
    lead: RoutedLead, scene: Scene, *, because: str = "", answers: str | None = None
) -> tuple[Effect, ...]:
    """Whoever is asked to take it over is asked no more: it is said, and their turn did not count.

    `because`: why they can not answer; else whoever offered it has it no more. `answers`: who does now, if
    not whoever offered it.
    """
    offer = lead.handoff
    if offer is None:
        return ()
    giver = offer.giver.answers
    reason = because or f"{giver} has the lead no more"
    give_back(turn_asked(offer), lead, reason, scene)
    return (Say(HandoffRefused(by=offer.to, reason=reason, answers=answers or giver)),)


def _also_told(lead: RoutedLead, person: str, scene: Scene) -> Routed:
    """Somebody else than the owner hears of it; the lead stays where it is."""
    assert lead.receipt is not None, "it was placed"
    return Decision(lead, tell(person, "told", lead, scene, lead.receipt.note))


def announced(
    lead: RoutedLead,
    handover: Handover,
    why: Why,
    scene: Scene,
    *,
    by: str | None = None,
    release_at: datetime | None = None,
) -> Routed:
    """Say where the lead is now, and tell who answers; a queue that gives out by itself bothers nobody."""
    holder, receipt = lead.custody.holder, lead.receipt
    assert holder is not None
    assert receipt is not None
    why_not = why_infeasible(lead, scene)
    event = LeadAssigned(
        handover=handover,
        owner=holder,
        why=why,
        team=lead.team,
        stage=lead.stage,
        deadlines=lead.deadlines,
        receipt=receipt,
        captured_at=lead.story.captured_at,
        by=by,
        note=_noted(lead, by, scene),
        position=lead.position,
        release_at=release_at,
        feasible=not why_not,
        infeasible=why_not,
        missed=lead.missed,
    )
    told = () if lead.waiting else tell(holder.answers, "assigned", lead, scene, receipt.note)
    return Decision(lead, (Say(event), *told, *_warned(lead, why_not, scene)))


def _noted(lead: RoutedLead, by: str | None, scene: Scene) -> str:
    """What whoever asked for it wrote about it."""
    last = lead.story.history[-1:]
    return next((chapter.note for chapter in last if (chapter.by, chapter.at) == (by, scene.now)), "")


def _warned(lead: RoutedLead, why_not: str, scene: Scene) -> tuple[Effect, ...]:
    """The team's lead hears at once that a rep's deadline can not be met; a queue has a clock for that."""
    answers, leads = lead.custody.holder, scene.team_of(lead).lead
    if not why_not or answers is None or answers.kind == "queue" or answers.answers == leads:
        return ()
    return tell(leads, "infeasible", lead, scene, why_not)


def again(lead: RoutedLead, why: Why, scene: Scene, *, counts: bool = False, by: str | None = None) -> Routed:
    """Route it anew; after as many reassignments as the agreement allows the deputy's queue holds it."""
    if not counts:
        return hand_on(lead, anew(lead, scene), why, scene, by=by)
    custody, at_most = lead.custody, scene.agreement.reassign_at_most
    note = f"it changed hands {custody.reassignments} times; the deputy decides"
    deputy = queue_of(scene.team_of(lead).name, lead, scene, note=note)
    place = deputy if custody.reassignments >= at_most else anew(lead, scene)
    passed = baton.reassign(custody, place.holder, deputy=deputy.holder, at_most=at_most)
    return nothing(lead) if passed is None else placed(lead, passed, place, why, scene, by=by)
