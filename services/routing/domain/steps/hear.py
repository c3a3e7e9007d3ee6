"""What routing does when it hears something. Pure: the lead, the event and the scene decide."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from services.routing.domain.choosing.assign import hand_on, placed
from services.routing.domain.choosing.choose import by_rules, deputy_in_person, preferred, whose_it_is
from services.routing.domain.choosing.place import Place, queue_of
from services.routing.domain.clocks.of_lead import progressed
from services.routing.domain.clocks.spent import waited_for_routing
from services.routing.domain.clocks.waiting import resumed
from services.routing.domain.model import (
    SHOWN_MAX,
    GivingUp,
    Newest,
    Outcome,
    RoutedLead,
    buried,
    given_away,
    story_in,
    with_newest,
)
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps.aside import also_told, turned_out
from services.routing.domain.steps.heap import at_its_pace, released_if_fast
from services.routing.domain.steps.merging import absorbed, merged
from services.routing.domain.steps.part import COOLED, SCORING, disqualified, settled
from services.routing.domain.words import SET_ASIDE, heard_of, tell
from shared import baton
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import (
    ActivityRecorded,
    ConsentChanged,
    LeadErased,
    LeadMerged,
    LeadUpdated,
    OutcomeReported,
)
from shared.contracts.recycle import (
    LeadRecycled,
    LeadRecycleRefused,
    LeadReturned,
    OwnerConfirmed,
    OwnerMissing,
)
from shared.contracts.routing import LeadAbsorbed, LeadClosed, LeadReEngaged, LeadWon, Why
from shared.contracts.scoring import LeadCooled, LeadQualified, LeadSetAside
from shared.contracts.values import Activity, Snapshot, Whose
from shared.effects import Decision, Say, nothing
from shared.terms import Consent, Stage

Choose = Callable[[RoutedLead], Place]


def hear(lead: RoutedLead, heard: Heard[Any], scene: Scene) -> Routed:
    """The decision on one event about one lead."""
    reaction = _REACTIONS.get(type(heard.event))
    if reaction is None or lead.custody.standing == "ended":
        return nothing(lead)
    return reaction(lead, heard, scene)


# ---- what is offered to routing: it always takes


def _qualified(lead: RoutedLead, heard: Heard[LeadQualified], scene: Scene) -> Routed:
    event: LeadQualified = heard.event
    if event.handover is None:
        return nothing(_with_score(lead, event))
    return _taken(lead, heard, "new", Stage.MQL, lambda asked: by_rules(asked, scene), scene)


def _set_aside(lead: RoutedLead, heard: Heard[LeadSetAside], scene: Scene) -> Routed:
    event: LeadSetAside = heard.event
    if event.handover is None:
        return turned_out(lead, event, scene)
    return _taken_for(event.whose, lead, heard, scene)


def _taken_for(whose: Whose, lead: RoutedLead, heard: Heard[Any], scene: Scene) -> Routed:
    def choose(asked: RoutedLead) -> Place:
        return whose_it_is(whose, asked, scene)

    taken = _taken(lead, heard, SET_ASIDE, Stage.INQUIRY, choose, scene, whose)
    # What was won before is over, and of who refused contact nobody hears.
    is_to_hear = taken.state.known and taken.state.consent is not Consent.DENIED
    return also_told(taken, whose, scene) if taken.effects and is_to_hear else taken


def _cooled(lead: RoutedLead, heard: Heard[LeadCooled], scene: Scene) -> Routed:
    """Nobody has taken it, and it is no MQL any more; unless it did something that scoring had not heard."""
    event: LeadCooled = heard.event
    if not lead.holding or not lead.waiting or event.seq < lead.custody.seen:
        return nothing(lead)
    scored = replace(lead.story, score=event.score, grade=event.grade, receipt=event.receipt)
    return disqualified(replace(lead, snapshot=scored), SCORING, GivingUp(COOLED), scene)


def _returned(lead: RoutedLead, heard: Heard[LeadReturned], scene: Scene) -> Routed:
    event: LeadReturned = heard.event
    if event.whose is not None:
        return _taken_for(event.whose, lead, heard, scene)
    why: Why = "new" if event.first_time else "returned"
    if event.avoid is not None:
        lead = replace(lead, declined={**lead.declined, event.avoid: "had it before"})

    return _taken(lead, heard, why, Stage.MQL, lambda asked: preferred(event.prefer, asked, scene), scene)


def _taken(
    lead: RoutedLead,
    heard: Heard[Any],
    why: Why,
    stage: Stage,
    choose: Choose,
    scene: Scene,
    whose: Whose | None = None,
) -> Routed:
    handover = heard.event.handover
    asked = baton.hear_offer(lead.custody, handover) if handover is not None else None
    if asked is None:
        return nothing(lead)
    fresh = replace(
        given_away(lead, asked),
        snapshot=with_newest(lead, story_in(heard.event)),
        spent=waited_for_routing(heard.at, scene.now),
        stage=stage,
        whose=whose,
        outcome=_still_pending(lead.outcome, heard),
    )
    if _leaves_at_once(fresh):
        # Nobody is bothered with a lead that goes on in the same transaction.
        place = queue_of(scene.team_of(fresh).name, fresh, scene, waiting=True, note="it does not stay")
    else:
        place = at_its_pace(choose(fresh), fresh, scene)
    passed = baton.take_offer(lead.custody, handover, place.holder)
    assert passed is not None, "the offer was heard above"
    because: Why = "paced" if place.paced else why
    return settled(placed(progressed(fresh, scene), passed, place, because, scene), scene)


def _leaves_at_once(lead: RoutedLead) -> bool:
    denied = Consent.DENIED in (lead.consent, lead.story.consent)
    return denied or lead.outcome is not None


def _still_pending(outcome: Outcome | None, heard: Heard[Any]) -> Outcome | None:
    """A deal lost before the offer was made was known to whoever made it; one won is won for ever."""
    if outcome is not None and outcome.kind == "lost" and outcome.said_at < heard.at:
        return None
    return outcome


# ---- the answers of recycle


def _gone(lead: RoutedLead, heard: Heard[LeadRecycled], scene: Scene) -> Routed:
    handover = heard.event.handover
    answered = baton.hear_answer(lead.custody, handover) if handover is not None else None
    return nothing(lead if answered is None else given_away(lead, answered))


def _refused(lead: RoutedLead, heard: Heard[LeadRecycleRefused], scene: Scene) -> Routed:
    handover = heard.event.handover
    if handover is None or lead.custody.standing != "offering":
        return nothing(lead)
    place = deputy_in_person(lead, scene, f"nurture did not take it: {heard.event.reason}")
    passed = baton.refused_by_nurture(lead.custody, handover, place.holder)
    if passed is None:
        return nothing(lead)
    return settled(placed(progressed(lead, scene), passed, place, "refused by nurture", scene), scene)


def _missing_owner(lead: RoutedLead, heard: Heard[OwnerMissing], scene: Scene) -> Routed:
    holder = lead.custody.holder
    if heard.event.custodian != "routing" or not lead.custody.ours or holder is None:
        return nothing(lead)
    if scene.bench.can_hold(holder.answers):
        return Decision(lead, (Say(OwnerConfirmed(number=lead.custody.number, holder=holder)),))
    place = deputy_in_person(lead, scene, f"{holder.answers} could not answer for it")
    if lead.holding:
        return hand_on(lead, place, "put right", scene)
    custody = baton.answer_for_leaver(lead.custody, place.holder)
    confirmed = OwnerConfirmed(number=custody.number, holder=place.holder)
    return Decision(replace(lead, custody=custody), (Say(confirmed),))


# ---- what ingest says


def _acted(lead: RoutedLead, heard: Heard[ActivityRecorded], scene: Scene) -> Routed:
    activity, holder = heard.event.activity, lead.custody.holder
    saw = baton.saw(lead.custody, activity.seq)
    # What nobody of ours was told of stays a new signal for whoever holds the lead.
    if saw == lead.custody or holder is None:
        return nothing(lead)
    lead = with_activity(replace(lead, custody=saw), activity)
    awake = resumed(lead, f"it acts again ({activity.type})", scene)
    lead = awake.state
    messages = () if lead.waiting else tell(holder.answers, "re-engaged", lead, scene)
    told, no_address = (None, None) if lead.waiting else heard_of(holder.answers, messages)
    event = LeadReEngaged(
        activity_type=activity.type, told=told or "", seq=activity.seq, no_address=no_address
    )
    return Decision(lead, (Say(event), *awake.effects, *messages)).then(released_if_fast(lead, scene))


def with_activity(lead: RoutedLead, activity: Activity) -> RoutedLead:
    """The lead, whose story shows this activity too."""
    story = lead.story
    shown = tuple(sorted((*story.activities, activity), key=lambda a: a.seq)[-SHOWN_MAX:])
    return replace(lead, snapshot=replace(story, activities=shown))


def _updated(lead: RoutedLead, heard: Heard[LeadUpdated], scene: Scene) -> Routed:
    event: LeadUpdated = heard.event
    lead = replace(lead, newest=Newest(event.person, event.email, event.company))
    if lead.snapshot is not None:
        lead = replace(lead, snapshot=with_newest(lead, lead.snapshot))
    return nothing(lead)


def _consent(lead: RoutedLead, heard: Heard[ConsentChanged], scene: Scene) -> Routed:
    lead = replace(lead, consent=heard.event.consent)
    if lead.snapshot is not None:
        lead = replace(lead, snapshot=with_newest(lead, lead.snapshot))
    return settled(Decision(lead), scene)


def _outcome(lead: RoutedLead, heard: Heard[OutcomeReported], scene: Scene) -> Routed:
    event: OutcomeReported = heard.event
    if event.outcome == "opportunity":
        return nothing(progressed(lead, scene) if lead.holding else lead)
    outcome = Outcome(event.outcome, heard.at, event.value, event.currency)
    return settled(Decision(replace(lead, outcome=outcome)), scene)


def _erased(lead: RoutedLead, heard: Heard[LeadErased], scene: Scene) -> Routed:
    ended = baton.hear_tombstone(lead.custody, "erased")
    return nothing(lead if ended is None else buried(ended))


def _ended_elsewhere(lead: RoutedLead, heard: Heard[Any], scene: Scene) -> Routed:
    ending: baton.Ending = "won" if isinstance(heard.event, LeadWon) else "closed"
    ended = baton.hear_tombstone(lead.custody, ending)
    return nothing(lead if ended is None else buried(ended, lead.done))


def _with_score(lead: RoutedLead, event: LeadQualified) -> RoutedLead:
    if not lead.holding:
        return lead
    scored: Snapshot = replace(
        lead.story,
        score=event.score,
        grade=event.grade,
        receipt=event.receipt,
        fast_lane=event.snapshot.fast_lane,
        playbook=event.snapshot.playbook,
    )
    return replace(lead, snapshot=scored, whose=None)


_Reaction = Callable[[RoutedLead, Heard[Any], Scene], Routed]
_REACTIONS: Final[dict[type[Event], _Reaction]] = {
    LeadQualified: _qualified,
    LeadSetAside: _set_aside,
    LeadCooled: _cooled,
    LeadReturned: _returned,
    LeadRecycled: _gone,
    LeadRecycleRefused: _refused,
    OwnerMissing: _missing_owner,
    ActivityRecorded: _acted,
    LeadUpdated: _updated,
    ConsentChanged: _consent,
    OutcomeReported: _outcome,
    LeadErased: _erased,
    LeadMerged: merged,
    LeadAbsorbed: absorbed,
    LeadWon: _ended_elsewhere,
    LeadClosed: _ended_elsewhere,
}
READS: Final = tuple(_REACTIONS)
