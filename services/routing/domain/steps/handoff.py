"""From the SDR to the account executive: the SDR holds the lead until the other one accepts."""

from datetime import timedelta
from functools import partial
from typing import Final

from msgspec.structs import replace

from services.routing.domain.choosing.assign import announced, hand_on, withdrawn
from services.routing.domain.choosing.choose import Executives, covered, executives_for, to_cover
from services.routing.domain.choosing.kept import keep, noted
from services.routing.domain.choosing.ledger import give_back, given, turn_asked
from services.routing.domain.choosing.members import among_members
from services.routing.domain.choosing.place import Course, Place
from services.routing.domain.clocks.of_lead import progressed, with_handoff_clock, with_touch_clock
from services.routing.domain.model import Handoff, RoutedLead, with_chapter
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.words import tell
from shared import baton
from shared.baton import Holder
from shared.contracts.routing import HandoffOffered, HandoffRefused
from shared.contracts.values import Candidate
from shared.effects import CommandRefused, Decision, Say, nothing

REFUSALS_MAX: Final = 2
"""The second refusal in a row goes to the lead of the account executives' team."""
WHY: Final = "handed to account executive"


def offered(lead: RoutedLead, by: str, executives: Executives, scene: Scene) -> Routed:
    """Offer it to the account executive whose turn it is; to the first team's lead, if nobody can take it."""
    return _asked(lead, by, executive(executives, _without(by, lead), scene), scene)


def asked_instead(lead: RoutedLead, because: str, scene: Scene) -> Routed:
    """Who is asked can not answer, so somebody else is: nobody is blamed, and it was no refusal.

    Nothing happens if there is nobody else; where no hand-off is agreed any more the SDR has it again.
    """
    agreed, giver = lead.handoff, lead.custody.holder
    assert agreed is not None
    assert giver is not None
    ended = replace(lead, handoff=None)
    executives = executives_for(scene.facts(lead), scene.agreement)
    if executives is None:
        give_back(turn_asked(agreed), lead, because, scene)
        return _back(ended, agreed.to, because, scene)
    without_sdr = _without(giver.answers, lead)
    choose = partial(in_place_of, agreed.to, agreed.team, executives, without_sdr, scene)
    if choose().holder.name == agreed.to:
        return nothing(lead)
    # Their turn is given back first, so that the choice sees what everybody is owed.
    asked_no_more = withdrawn(lead, scene, because=because)
    asked = _asked(ended, giver.answers, choose(), scene)
    return Decision(asked.state, (*asked_no_more, *asked.effects))


def in_place_of(person: str, team: str, executives: Executives, lead: RoutedLead, scene: Scene) -> Place:
    """Who covers for somebody who is away or has left; else the account executive whose turn it is."""
    is_there = scene.bench.can_hold(person) and not scene.why_not(person)
    place = None if is_there else to_cover(person, team, lead, scene)
    place = place or executive(executives, lead, scene)
    return replace(place, course=Course("executive", person=person, team=place.team))


def _without(sdr: str, lead: RoutedLead) -> RoutedLead:
    return replace(lead, declined={**lead.declined, sdr: "hands it over"})


def _asked(lead: RoutedLead, by: str, place: Place, scene: Scene) -> Routed:
    giver = lead.custody.holder
    assert giver is not None
    made = noted(_without(by, lead), place, WHY, scene)
    given(lead, place, scene)
    offer = Handoff(place.holder.name, place.team, giver, made.receipt)
    asked = with_handoff_clock(replace(lead, handoff=offer), scene)
    receipt = keep(made, asked, scene)
    asked = replace(asked, handoff=replace(offer, receipt=receipt), receipts=receipt.number)
    due_at = asked.deadlines[0].due_at
    event = HandoffOffered(to=place.holder.name, due_at=due_at, by=by, answers=giver.answers)
    return Decision(asked, (Say(event), *tell(place.holder.name, "handoff offered", asked, scene)))


def executive(executives: Executives, lead: RoutedLead, scene: Scene) -> Place:
    """The account executive whose turn it is, of the first team in which somebody can take it.

    If nobody can in any, the lead of the first team. What comes to a paused team goes to no other, unless
    it is asked for who is at work: that one is not open.
    """
    candidates: tuple[Candidate, ...] = ()
    for team, asked in executives.teams.items():
        place = among_members(team, lead, scene, asked)
        candidates += place.candidates
        if not place.waiting:
            return _chosen(place, candidates, executives)
        if team in scene.bench.paused and not asked.at_work:
            break
    first = next(iter(executives.teams))
    return _chosen(_decided_by_lead(first, lead, scene), candidates, executives)


def _chosen(place: Place, candidates: tuple[Candidate, ...], executives: Executives) -> Place:
    course = Course("executive", team=place.team)
    return replace(place, candidates=candidates, rules=executives.rules, course=course)


def accepted(lead: RoutedLead, by: str, scene: Scene) -> Routed:
    """The account executive says yes: the lead is theirs, and they must get in touch in time."""
    agreed = lead.handoff
    assert agreed is not None
    passed = baton.hand_over(lead.custody, agreed.giver, Holder("rep", agreed.to, agreed.to))
    if passed is None:
        raise CommandRefused("wrong stage", f"{agreed.giver.answers}, who offered it, does not have it now")
    custody, handover = passed
    theirs = replace(
        lead,
        custody=baton.acceptance_resets(custody),
        team=agreed.team,
        why=WHY,
        receipt=agreed.receipt,
        since=scene.now,
        accepted=True,
        fallback=False,
        handoff=None,
        handoff_refusals=0,
        snoozed=timedelta(0),
        untold_since=None,
    )
    theirs = with_touch_clock(progressed(theirs, scene), scene)
    return announced(theirs, handover, WHY, scene, by=by)


def refused(lead: RoutedLead, by: str, reason: str, scene: Scene) -> Routed:
    """The account executive says no, or does not answer: the SDR's touch clock runs again."""
    agreed = lead.handoff
    assert agreed is not None
    back = replace(
        with_chapter(lead, scene.now, by, "refused the hand-off", reason),
        handoff=None,
        handoff_refusals=lead.handoff_refusals + 1,
        declined={**lead.declined, agreed.to: "refused the hand-off"},
    )
    if back.handoff_refusals >= REFUSALS_MAX:
        team = scene.agreement.teams.get(agreed.team) or scene.team_of(lead)
        person = scene.or_stand_in(team.lead, team, besides=back.declined)
        place = Place(Holder("rep", person, person), team.name, note="it was refused twice", fallback=True)
        said = Decision(back, (Say(HandoffRefused(by=by, reason=reason, answers=person)),))
        return said.then(hand_on(back, place, "escalated", scene))
    return _back(back, by, reason, scene)


def _back(lead: RoutedLead, by: str, reason: str, scene: Scene) -> Routed:
    """The SDR's touch clock runs again; but if they are away by now, it may be their cover who has it."""
    holder = lead.custody.holder
    assert holder is not None
    if scene.passes_on(holder.answers):
        place = covered(holder.answers, lead, scene)
        said = HandoffRefused(by=by, reason=reason, answers=place.holder.answers)
        return Decision(lead, (Say(said),)).then(hand_on(lead, place, "covered", scene, by=holder.answers))
    back = with_touch_clock(lead, scene)
    event = HandoffRefused(by=by, reason=reason, deadlines=back.deadlines, answers=holder.answers)
    return Decision(back, (Say(event), *tell(holder.answers, "handoff refused", back, scene, reason)))


def _decided_by_lead(name: str, lead: RoutedLead, scene: Scene) -> Place:
    """With the team's lead, or a stand-in: they decide who of the team takes it."""
    team = scene.agreement.teams[name]
    person = scene.or_stand_in(team.lead, team, besides=lead.declined)
    note = f"nobody in {name} can take it now; {person} decides"
    return Place(Holder("rep", person, person), name, note=note)
