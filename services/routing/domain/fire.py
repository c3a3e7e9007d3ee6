"""What routing does when a clock runs out: remind, breach, reassign, escalate, and let a stalled lead go."""

from typing import Final

from msgspec.structs import replace

from services.routing.domain import handoff, part
from services.routing.domain.assign import again, announced, hand_on
from services.routing.domain.choose import anew, deputy_in_person
from services.routing.domain.clocks import progressed
from services.routing.domain.model import Clock, Do, RoutedLead, Rung
from services.routing.domain.place import Place
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.words import tell
from shared import baton
from shared.baton import Holder
from shared.contracts.routing import DeadlineBreached, DeadlineReminded
from shared.effects import Decision, FiredTimer, Say, nothing

_WHOSE: Final = {"accept": "rep", "touch": "rep", "handoff": "rep", "queue": "queue", "dispute": "dispute"}
LET_IT_BREACH: Final = "let its clock run out"


def fire(lead: RoutedLead, timer: FiredTimer, scene: Scene) -> Routed:
    """The decision on a due timer. It is moot unless the lead still waits for just this one."""
    if lead.waits.get(timer.purpose) != timer.due_at:
        return nothing(lead)
    return _stalled(lead, scene) if timer.purpose == "stalled" else _climb(lead, scene)


def _stalled(lead: RoutedLead, scene: Scene) -> Routed:
    if not lead.holding or lead.dispute is not None:
        return nothing(replace(lead, stalled_at=None))
    return part.stalled(lead, lead.progress_at or scene.now, scene)


def _climb(lead: RoutedLead, scene: Scene) -> Routed:
    """Do what is due. After a sleep several rungs may be: the last that still makes sense is taken."""
    clock = lead.clock
    assert clock is not None, "it waits for this clock"
    due = [rung for rung in clock.rungs if rung.at <= scene.now]
    lead = replace(lead, clock=replace(clock, rungs=clock.rungs[len(due) :]))
    acts = [rung for rung in due if rung.do not in ("remind", "breach")]
    # A queue is late when it could not be given out in time, also if nobody was there to try.
    breached = any(rung.do == "breach" for rung in due) or any(rung.do == "give out" for rung in acts[:-1])
    if not breached and not acts:
        return _reminded(lead, clock, scene)
    decision = _breached(lead, clock, scene, acts[-1].do if acts else None) if breached else Decision(lead)
    return decision if not acts else decision.then(_act(decision.state, clock, acts[-1], scene))


def _act(lead: RoutedLead, clock: Clock, rung: Rung, scene: Scene) -> Routed:
    match rung.do:
        case "reassign":
            return _reassigned(lead, scene)
        case "escalate":
            return _queue_escalated(lead, scene) if clock.name == "queue" else _escalated(lead, rung, scene)
        case "give out":
            return _given_out_or_breached(lead, clock, scene)
        case "lapse":
            assert lead.handoff is not None, "its clock runs"
            return handoff.refused(lead, lead.handoff.to, "no answer in time", scene)
        case _:
            note = "the arbiter did not rule in time"
            return hand_on(progressed(lead, scene), deputy_in_person(lead, scene, note), "escalated", scene)


def _reminded(lead: RoutedLead, clock: Clock, scene: Scene) -> Routed:
    who = _answers(lead)
    event = DeadlineReminded(deadline=clock.deadline, owner=who, told=who)
    return Decision(lead, (Say(event), *tell(who, "reminded", lead, scene)))


def _breached(lead: RoutedLead, clock: Clock, scene: Scene, follows: Do | None) -> Routed:
    who = _late(lead, clock, scene)
    event = DeadlineBreached(
        deadline=clock.deadline,
        owner=who,
        late_by_s=int((scene.now - clock.due_at).total_seconds()),
        spent={_WHOSE[clock.name]: int((scene.now - clock.started_at).total_seconds())},
        what_follows=follows or "",
        told=who,
    )
    return Decision(lead, (Say(event), *tell(who, "breached", lead, scene)))


def _late(lead: RoutedLead, clock: Clock, scene: Scene) -> str:
    """Who has let the clock run out."""
    if clock.name == "dispute":
        return scene.agreement.parties.arbiter.person
    return lead.handoff.to if lead.handoff is not None else _answers(lead)


def _reassigned(lead: RoutedLead, scene: Scene) -> Routed:
    let_go = replace(lead, declined={**lead.declined, _answers(lead): LET_IT_BREACH})
    return again(let_go, "reassigned", scene, counts=True)


def _escalated(lead: RoutedLead, rung: Rung, scene: Scene) -> Routed:
    team = scene.team_of(lead)
    to = {None: team.lead, "lead": team.lead, "deputy": scene.first_available(team.deputy)}
    person = to.get(rung.to, rung.to or team.lead)
    if person == _answers(lead):
        return nothing(lead)
    note = f"nobody in {team.name} took it in time"
    place = Place(Holder("rep", person, person), team.name, note=note, fallback=True)
    return hand_on(replace(lead, series_at=None), place, "escalated", scene)


def _queue_escalated(lead: RoutedLead, scene: Scene) -> Routed:
    """It stays in the queue, and is given out like before; the team's lead answers for it from now on."""
    team = scene.team_of(lead)
    if _answers(lead) == team.lead:
        return nothing(lead)
    custody, handover = baton.hand_on(lead.custody, Holder("queue", team.name, team.lead))
    moved = replace(lead, custody=custody, why="escalated", clock=None)
    decision = announced(moved, handover, "escalated", scene)
    return (
        decision
        if not lead.waiting
        else Decision(moved, (*decision.effects, *tell(team.lead, "escalated", moved, scene)))
    )


def _given_out_or_breached(lead: RoutedLead, clock: Clock, scene: Scene) -> Routed:
    decision = give_out(lead, scene)
    return decision if decision.effects else _breached(lead, clock, scene, None)


def give_out(lead: RoutedLead, scene: Scene) -> Routed:
    """A waiting lead goes to whoever can take it now; if nobody can, nothing happens."""
    if not lead.holding or not lead.waiting:
        return nothing(lead)
    place = anew(lead, scene)
    if not place.waiting:
        return hand_on(lead, place, "released", scene)
    if place.again_at is not None:
        scene.bench.look_again(scene.team_of(lead).name, place.again_at)
    return nothing(lead)


def _answers(lead: RoutedLead) -> str:
    holder = lead.custody.holder
    assert holder is not None, "a clock runs only for a lead that somebody holds"
    return holder.answers
